"""The Priority admission plugin: a Pod's priority is that of its class, which has to exist."""

from __future__ import annotations

from steersman.cluster import status
from steersman.cluster.machinery import Json, Objects
from steersman.cluster.resources import Resource

_SYSTEM = {"system-cluster-critical": 2_000_000_000, "system-node-critical": 2_000_001_000}
_CLASSES = "priorityclasses.scheduling.k8s.io"


class PodPriorities:
    """An admission hook (`objects.admission`)."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects

    def __call__(self, operation: str, resource: Resource, new: Json, old: Json | None) -> None:
        if operation != "CREATE" or resource.storage != "pods":
            return
        spec: Json = new["spec"]
        name = spec.get("priorityClassName", "")
        found = self._objects.find(_CLASSES, name) if name else self._default()
        if found is None:
            if name in _SYSTEM:
                spec["priority"] = _SYSTEM[name]
            elif name:
                metadata = new["metadata"]
                subject = metadata.get("name") or metadata.get("generateName", "")
                raise status.forbidden(resource, subject, f"no PriorityClass with name {name} was found")
            return
        spec["priorityClassName"] = found["metadata"]["name"]
        spec["priority"] = found.get("value", 0)
        spec["preemptionPolicy"] = found.get("preemptionPolicy", "PreemptLowerPriority")

    def _default(self) -> Json | None:
        """The class for Pods that name none."""
        for each in self._objects.list(_CLASSES):
            if each.get("globalDefault"):
                return each
        return None
