"""The RuntimeClass admission plugin: the class has to exist; what it costs and where it runs goes into the Pod."""

from __future__ import annotations

from steersman.cluster import status
from steersman.cluster.machinery import Json, Objects
from steersman.cluster.resources import Resource

_CLASSES = "runtimeclasses.node.k8s.io"


class PodRuntimeClasses:
    """An admission hook (`objects.admission`)."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects

    def __call__(self, operation: str, resource: Resource, new: Json, old: Json | None) -> None:
        if operation != "CREATE" or resource.storage != "pods":
            return
        spec: Json = new["spec"]
        name, problem = spec.get("runtimeClassName"), ""
        found = self._objects.find(_CLASSES, name) if name else None
        overhead = ((found or {}).get("overhead") or {}).get("podFixed")
        if name and found is None:
            problem = f'pod rejected: RuntimeClass "{name}" not found'
        elif overhead is None and spec.get("overhead"):
            problem = "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead"
        elif overhead is not None and spec.get("overhead") not in (None, overhead):
            problem = "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead"
        elif found is not None:
            problem = _schedule(spec, found.get("scheduling") or {})
        if problem:
            metadata = new["metadata"]
            raise status.forbidden(resource, metadata.get("name") or metadata.get("generateName", ""), problem)
        if overhead is not None:
            spec["overhead"] = overhead


def _schedule(spec: Json, scheduling: Json) -> str:
    """Puts the class's node selector and tolerations into the Pod; says where the two contradict each other."""
    selector: Json = spec.get("nodeSelector") or {}
    for key, value in (scheduling.get("nodeSelector") or {}).items():
        if selector.get(key, value) != value:
            return (
                f"conflict: runtimeClass.scheduling.nodeSelector[{key}] = {value}; "
                f"pod.spec.nodeSelector[{key}] = {selector[key]}"
            )
        spec["nodeSelector"] = selector = {**selector, key: value}
    tolerations = spec.get("tolerations") or []
    added = [each for each in scheduling.get("tolerations") or () if each not in tolerations]
    if added:
        spec["tolerations"] = [*tolerations, *added]
    return ""
