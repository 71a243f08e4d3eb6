"""Which Pods and which events belong to what is diagnosed: a hook, or a resource that does not get ready."""

from __future__ import annotations

import re

from steersman.kube.interface import Kubernetes, Object, ObjectRef

# How the names of what a controller makes are built from its own; an event outlives its object, so names are all there is.
_HASH, _RANDOM = r"[a-z0-9]{1,12}", r"[a-z0-9]{5}"
_CHILDREN = {
    "Deployment": (rf"ReplicaSet/{{name}}-{_HASH}", rf"Pod/{{name}}-{_HASH}-{_RANDOM}"),
    "StatefulSet": (r"Pod/{name}-\d+", r"PersistentVolumeClaim/\S+-{name}-\d+"),
    "CronJob": (rf"Job/{{name}}-{_HASH}", rf"Pod/{{name}}-{_HASH}-{_RANDOM}"),
}


def event_pattern(kind: str, name: str) -> re.Pattern[str]:
    """Matches the `Kind/name` of everything whose events are about the subject."""
    children = _CHILDREN.get(kind, (rf"Pod/{{name}}-{_RANDOM}",))
    own = rf"{re.escape(kind)}/{{name}}"
    claims = r"PersistentVolumeClaim/.*" if kind in ("Job", "Pod", "Deployment", "DaemonSet") else own
    return re.compile("|".join(each.replace("{name}", re.escape(name)) for each in (own, *children, claims)))


async def pods_of(kube: Kubernetes, obj: Object, namespace: str) -> list[Object]:
    """The Pods of a Pod, Job or workload, oldest first; [] for kinds that have none. Raises ApiErrors."""
    kind, name = str(obj.get("kind")), str(obj["metadata"]["name"])
    if kind == "Pod":
        return [await kube.get(ObjectRef("v1", "Pod", name, namespace))]
    labels = _selector(obj)
    if not labels:
        return []
    listed = await kube.list("v1", "Pod", namespace=namespace, label_selector=labels)
    return sorted(listed.items, key=lambda pod: str(pod["metadata"].get("creationTimestamp")))


def _selector(obj: Object) -> str:
    if obj.get("kind") == "Job":
        return f"job-name={obj['metadata']['name']}"
    selector = (obj.get("spec") or {}).get("selector")
    wanted = selector.get("matchLabels") if isinstance(selector, dict) else None
    if obj.get("kind") not in ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet") or not isinstance(wanted, dict):
        return ""
    return ",".join(f"{key}={value}" for key, value in wanted.items())
