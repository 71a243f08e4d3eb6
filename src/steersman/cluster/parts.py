"""The parts of an object: which of them a request may change, and what a change of them means."""

from __future__ import annotations

from typing import Any

from steersman.cluster.fields.fieldset import FieldSet
from steersman.cluster.kinds.pods import EPHEMERAL
from steersman.cluster.resources import Resource

Json = dict[str, Any]

# What only the server sets in an object's metadata.
SERVERS_OWN = ("uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "generation", "selfLink")


def untouched(resource: Resource, subresource: str) -> FieldSet:
    """The top-level fields that a write through this subresource cannot change."""
    if subresource == "status":
        return {"f:spec": {}, "f:metadata": {}} if resource.custom is not None else {"f:spec": {}}
    return {"f:status": {}} if "status" in resource.subresources else {}


def allowed_part(resource: Resource, new: Json, old: Json, subresource: str) -> Json:
    """What of `new` this request may change, the rest as it was."""
    if not subresource:
        if "status" in resource.subresources:
            carry("status", new, old)
        if "finalize" in resource.subresources:
            carry("spec", new, old)
        return new
    part = "spec" if subresource == "finalize" else "status"
    meta: Json = {**old["metadata"], "managedFields": new["metadata"].get("managedFields", [])}
    if subresource == EPHEMERAL:
        spec = dict(old["spec"])
        carry("ephemeralContainers", spec, new.get("spec") or {})
        return {**old, "spec": spec, "metadata": meta}
    if resource.custom is None:  # controllers of built-in kinds leave notes beside the status
        carry("annotations", meta, new["metadata"])
    return {**old, part: new.get(part, {}), "metadata": meta}


def carry(key: str, new: Json, old: Json) -> None:
    """Leave this key as it was."""
    if key in old:
        new[key] = old[key]
    else:
        new.pop(key, None)


def spec_changed(new: Json, old: Json, *, annotations: bool = False) -> bool:
    """Whether more than metadata and status differ; with `annotations`, those count as well."""
    if annotations and (new["metadata"].get("annotations") or {}) != (old["metadata"].get("annotations") or {}):
        return True
    ignored = ("metadata", "status", "kind", "apiVersion")
    left = {key: value for key, value in new.items() if key not in ignored}
    return left != {key: value for key, value in old.items() if key not in ignored}


def deletion_complete(obj: Json, resource: Resource) -> bool:
    """Whether nothing is waited for any more before an object that is being deleted goes."""
    meta = obj["metadata"]
    if not meta.get("deletionTimestamp") or meta.get("finalizers") or meta.get("deletionGracePeriodSeconds"):
        return False
    return resource.storage != "namespaces" or not obj.get("spec", {}).get("finalizers")
