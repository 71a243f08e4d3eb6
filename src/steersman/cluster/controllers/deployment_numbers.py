"""The numbers that a roll-out goes by: how many Pods are wanted, how many may be too many or missing, which revision a set is."""

from __future__ import annotations

import math
from typing import Any

from steersman.cluster.machinery import Json

HASH = "pod-template-hash"
REVISION = "deployment.kubernetes.io/revision"


def whole(value: Any, total: int, *, up: bool) -> int:
    """An int-or-percent of `total`."""
    if isinstance(value, str) and value.endswith("%"):
        share = total * int(value[:-1]) / 100
        return math.ceil(share) if up else math.floor(share)
    return int(value)


def limits(deployment: Json) -> tuple[int, int]:
    """(maxSurge, maxUnavailable) in Pods; never both 0, or nothing could ever roll."""
    wanted = replicas_of(deployment)
    strategy = deployment["spec"].get("strategy") or {}
    if strategy.get("type") == "Recreate":
        return 0, wanted
    rolling = strategy.get("rollingUpdate") or {}
    surge = whole(rolling.get("maxSurge", "25%"), wanted, up=True)
    unavailable = whole(rolling.get("maxUnavailable", "25%"), wanted, up=False)
    return surge, (1 if surge == 0 and unavailable == 0 else unavailable)


def replicas_of(owner: Json) -> int:
    """The Pods that a Deployment or a ReplicaSet asks for."""
    value = owner["spec"].get("replicas")
    return 1 if value is None else int(value)


def count_of(owner: Json, field: str) -> int:
    """A number in its status; 0 where there is none."""
    return int((owner.get("status") or {}).get(field, 0))


def revision_of(owner: Json) -> int:
    """The revision that its annotation says; 0 where it says none."""
    text = (owner["metadata"].get("annotations") or {}).get(REVISION, "0")
    return int(text) if text.isdigit() else 0
