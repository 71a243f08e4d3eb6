"""ResourceQuotas and LimitRanges: known resources, and bounds that fit each other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from steersman.cluster.kinds import checks
from steersman.cluster.kinds.container_rules import resource_name_problems
from steersman.cluster.schema import quantity
from steersman.cluster.status import Cause, bad_value, forbidden_field

Json = dict[str, Any]

_COUNTED = ("pods", "services", "replicationcontrollers", "resourcequotas", "secrets", "configmaps",
            "persistentvolumeclaims", "services.nodeports", "services.loadbalancers")  # fmt: skip
_QUOTA = ("cpu", "memory", "ephemeral-storage", "requests.cpu", "requests.memory", "requests.storage",
          "requests.ephemeral-storage", "limits.cpu", "limits.memory", "limits.ephemeral-storage", *_COUNTED)  # fmt: skip
_SCOPES = ("Terminating", "NotTerminating", "BestEffort", "NotBestEffort", "PriorityClass", "CrossNamespacePodAffinity",
           "VolumeAttributesClass")  # fmt: skip
_LIMIT_TYPES = ("Pod", "Container", "PersistentVolumeClaim")


def quota_causes(quota: Json) -> list[Cause]:
    causes: list[Cause] = []
    spec = quota.get("spec") or {}
    for name, text in (spec.get("hard") or {}).items():
        at = f"spec.hard[{name}]"
        causes += [bad_value(at, name, wrong) for wrong in resource_name_problems(name, "quota", _QUOTA)]
        if quantity.value(text) < 0:
            causes.append(bad_value(at, text, checks.NOT_NEGATIVE))
        if (name in _COUNTED or name.startswith("count/")) and quantity.value(text) % 1:
            causes.append(bad_value(at, text, "must be an integer"))
    scopes = spec.get("scopes") or []
    if any(scope not in _SCOPES for scope in scopes):
        causes.append(bad_value("spec.scopes", scopes, "unsupported scope"))
    return causes


def limit_causes(limits: Json) -> list[Cause]:
    items = (limits.get("spec") or {}).get("limits") or ()
    return [cause for index, item in enumerate(items) for cause in _item(item, f"spec.limits[{index}]")]


def _item(item: Json, path: str) -> Iterator[Cause]:
    kind = item.get("type", "")
    if kind not in _LIMIT_TYPES and "/" not in kind:
        yield bad_value(f"{path}.type", kind, "must be a standard limit type or fully qualified")
    if kind == "Pod":
        for key in ("default", "defaultRequest"):
            if item.get(key):
                yield forbidden_field(f"{path}.{key}", "may not be specified when `type` is 'Pod'")
    low, asked, usual, high = (item.get(key) or {} for key in ("min", "defaultRequest", "default", "max"))
    for name in {**low, **asked, **usual, **high}:
        yield from _order(name, path, low, asked, usual, high)


def _order(name: str, path: str, low: Json, asked: Json, usual: Json, high: Json) -> Iterator[Cause]:
    """min ≤ defaultRequest ≤ default ≤ max, as far as they are given."""
    pairs = (
        ("min", "min value", low, "max value", high),
        ("defaultRequest", "default request value", asked, "max value", high),
        ("default", "default value", usual, "max value", high),
        ("defaultRequest", "default request value", asked, "default limit value", usual),
    )
    for key, what, smaller, other, larger in pairs:
        if name in smaller and name in larger and quantity.value(smaller[name]) > quantity.value(larger[name]):
            detail = f"{what} {smaller[name]} is greater than {other} {larger[name]}"
            yield bad_value(f"{path}.{key}[{name}]", smaller[name], detail)
    for key, what, larger in (("defaultRequest", "default request value", asked), ("default", "default value", usual)):
        if name in low and name in larger and quantity.value(low[name]) > quantity.value(larger[name]):
            detail = f"min value {low[name]} is greater than {what} {larger[name]}"
            yield bad_value(f"{path}.{key}[{name}]", larger[name], detail)
