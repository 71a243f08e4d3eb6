"""What controllers that own Pods share: finding, judging, making and ranking them."""

from __future__ import annotations

import copy
import hashlib
import json
from datetime import UTC, datetime
from typing import Any

from steersman.cluster.controllers.controller import controller_of, owner_reference
from steersman.cluster.machinery import Json, Objects

_SAFE_DIGITS = str.maketrans("0123456789", "456789bcdf")


def seconds_since(stamp: str | None) -> float:
    """Age of an API time; 0 for none."""
    if not stamp:
        return 0.0
    then = datetime.strptime(stamp, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    return (datetime.now(UTC) - then).total_seconds()


def owned_pods(objects: Objects, owner: Json, labels: str | Json = "") -> list[Json]:
    """The Pods that `owner` manages, oldest first."""
    found = objects.list("pods", owner["metadata"]["namespace"], labels=labels)
    mine = [pod for pod in found if (controller_of(pod) or {}).get("uid") == owner["metadata"]["uid"]]
    return sorted(mine, key=lambda pod: (pod["metadata"]["creationTimestamp"], int(pod["metadata"]["resourceVersion"])))


def phase(pod: Json) -> str:
    return str((pod.get("status") or {}).get("phase", "Pending"))


def is_terminating(pod: Json) -> bool:
    return bool(pod["metadata"].get("deletionTimestamp"))


def is_finished(pod: Json) -> bool:
    return phase(pod) in ("Succeeded", "Failed")


def is_active(pod: Json) -> bool:
    return not is_finished(pod) and not is_terminating(pod)


def ready_since(pod: Json) -> str | None:
    """When the Pod became ready; None while it is not."""
    for condition in (pod.get("status") or {}).get("conditions") or ():
        if condition["type"] == "Ready" and condition["status"] == "True":
            return str(condition.get("lastTransitionTime") or "")
    return None


def is_ready(pod: Json) -> bool:
    return ready_since(pod) is not None


def available_in(pod: Json, minimum: float) -> float | None:
    """0 where the Pod is available (ready for `minimum` seconds), else in how many seconds; None while it is not ready."""
    since = ready_since(pod)
    if since is None:
        return None
    return max(minimum - seconds_since(since), 0.0) if minimum else 0.0


def from_template(owner: Json, template: Json, *, name: str = "") -> Json:
    """A new Pod of that template; without `name`, the API generates one after the owner's."""
    given = template.get("metadata") or {}
    metadata: Json = {"name": name} if name else {"generateName": owner["metadata"]["name"] + "-"}
    metadata["namespace"] = owner["metadata"]["namespace"]
    for field in ("labels", "annotations", "finalizers"):
        if given.get(field):
            metadata[field] = copy.deepcopy(given[field])
    metadata["ownerReferences"] = [owner_reference(owner)]
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": copy.deepcopy(template["spec"])}


def template_hash(template: Json, extra: str = "") -> str:
    """A short name-safe digest of a Pod template, spelled as Kubernetes spells its own: a 32-bit number's decimal digits, each as
    the letter that `SafeEncodeString` has for it. (The number is ours: Kubernetes hashes Go's memory layout.)"""
    plain = json.dumps(without_hash(template), sort_keys=True, separators=(",", ":")) + extra
    number = int.from_bytes(hashlib.sha256(plain.encode()).digest()[:4], "big")
    return str(number).translate(_SAFE_DIGITS)


def without_hash(template: Json) -> Json:
    bare = copy.deepcopy(template)
    labels: Any = (bare.get("metadata") or {}).get("labels")
    if labels:
        labels.pop("pod-template-hash", None)
    return bare


def deletion_rank(pod: Json) -> tuple[int, int, int, float]:
    """Pods that a scale-down takes first come first: unassigned, pending, not ready, youngest."""
    order = {"Pending": 0, "Unknown": 1, "Running": 2}
    age = seconds_since(pod["metadata"]["creationTimestamp"])
    return (1 if pod["spec"].get("nodeName") else 0, order.get(phase(pod), 2), 1 if is_ready(pod) else 0, age)


def set_condition(
    conditions: list[Json], kind: str, status: bool | str, reason: str, message: str, **times: str
) -> list[Json]:
    """`conditions` with that one set; `lastTransitionTime` (if among `times`) moves only when the status changes."""
    word = status if isinstance(status, str) else "True" if status else "False"
    made: Json = {"type": kind, "status": word, **times, "reason": reason, "message": message}
    out, placed = [], False
    for each in conditions:
        if each["type"] != kind:
            out.append(each)
            continue
        if each["status"] == word and "lastTransitionTime" in each:
            made["lastTransitionTime"] = each["lastTransitionTime"]
        same = all(each.get(field) == made[field] for field in ("status", "reason", "message"))
        out.append(each if same else made)
        placed = True
    return out if placed else [*out, made]
