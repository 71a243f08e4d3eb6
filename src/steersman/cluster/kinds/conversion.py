"""Kinds that are served in more than one shape: autoscaling v1 and v2, events of two API groups.

Custom resources need nothing here: without a conversion webhook their versions only differ in the apiVersion.
"""

from __future__ import annotations

from typing import Any

from steersman.cluster.resources import Resource

Json = dict[str, Any]

# events.k8s.io/v1 → v1
EVENT_FIELDS = {
    "note": "message",
    "regarding": "involvedObject",
    "deprecatedSource": "source",
    "deprecatedFirstTimestamp": "firstTimestamp",
    "deprecatedLastTimestamp": "lastTimestamp",
    "deprecatedCount": "count",
    "reportingController": "reportingComponent",
}
_EVENT_FIELDS_BACK = {new: old for old, new in EVENT_FIELDS.items()}
_CPU = "targetCPUUtilizationPercentage"


def converts(resource: Resource) -> bool:
    """Whether objects of this resource have to be rewritten on their way in and out."""
    return resource.api_version in ("autoscaling/v1", "events.k8s.io/v1")


def to_storage(resource: Resource, obj: Json) -> Json:
    """An object as clients of `resource` write it, in the shape in which it is stored."""
    if resource.api_version == "events.k8s.io/v1":
        return {EVENT_FIELDS.get(key, key): value for key, value in obj.items()}
    if resource.api_version == "autoscaling/v1":
        spec = dict(obj.get("spec") or {})
        percent = spec.pop(_CPU, None)
        if percent is not None:
            target = {"type": "Utilization", "averageUtilization": percent}
            spec["metrics"] = [{"type": "Resource", "resource": {"name": "cpu", "target": target}}]
        return {**obj, "spec": spec}
    return obj


def from_storage(resource: Resource, obj: Json) -> Json:
    """The reverse; metrics that v1 cannot say are left out."""
    if resource.api_version == "events.k8s.io/v1":
        return {_EVENT_FIELDS_BACK.get(key, key): value for key, value in obj.items()}
    if resource.api_version == "autoscaling/v1":
        spec = dict(obj.get("spec") or {})
        for metric in spec.pop("metrics", ()):
            found = metric.get("resource") or {}
            if found.get("name") == "cpu" and "averageUtilization" in found.get("target", {}):
                spec[_CPU] = found["target"]["averageUtilization"]
        status = {
            key: value
            for key, value in (obj.get("status") or {}).items()
            if key not in ("conditions", "currentMetrics")
        }
        return {**obj, "spec": spec, "status": status}
    return obj
