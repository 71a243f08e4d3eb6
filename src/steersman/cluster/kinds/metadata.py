"""What every object's metadata has to be."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from steersman.cluster.kinds import checks, names
from steersman.cluster.status import Cause, bad_value, forbidden_field, required

Json = dict[str, Any]

_STANDARD_FINALIZERS = ("kubernetes", "orphan", "foregroundDeletion")
ANNOTATIONS_LIMIT = 256 * 1024


def metadata_causes(meta: Json, old: Json | None, check_name: Callable[[str], str]) -> list[Cause]:
    """All that is wrong with `meta`, where `old` is the stored object's (None at creation)."""
    causes: list[Cause] = []
    name, prefix = meta.get("name", ""), meta.get("generateName", "")
    if prefix and (wrong := check_name(prefix[:-1] + "a" if prefix.endswith("-") else prefix)):
        causes.append(bad_value("metadata.generateName", prefix, wrong))
    if not name:
        causes.append(required("metadata.name", "name or generateName is required"))
    elif wrong := check_name(name):
        causes.append(bad_value("metadata.name", name, wrong))
    causes += checks.labels(meta.get("labels") or {}, "metadata.labels")
    total = 0
    for key, value in (meta.get("annotations") or {}).items():
        total += len(key) + len(value)
        causes += [bad_value("metadata.annotations", key, wrong) for wrong in names.qualified_problems(key.lower())]
    if total > ANNOTATIONS_LIMIT:
        text = f"may not be more than {ANNOTATIONS_LIMIT} bytes"
        causes.append(Cause("metadata.annotations", "Too long", f"Too long: {text}"))
    causes += _owners(meta.get("ownerReferences") or [])
    causes += _finalizers(meta.get("finalizers") or [])
    if old is not None:
        causes += _update_causes(meta, old)
    return causes


def _owners(owners: list[Json]) -> list[Cause]:
    causes: list[Cause] = []
    path = "metadata.ownerReferences"
    for owner in owners:
        if (owner.get("apiVersion"), owner.get("kind")) == ("v1", "Event"):
            causes.append(bad_value(path, owner, "/v1, Kind=Event is disallowed from being an owner"))
        if not owner.get("apiVersion"):
            causes.append(bad_value(f"{path}.apiVersion", "", "version must not be empty"))
        for key in ("kind", "name", "uid"):
            if not owner.get(key):
                causes.append(bad_value(f"{path}.{key}", "", "must not be empty"))
    if len(controllers := [owner for owner in owners if owner.get("controller")]) > 1:
        detail = 'Only one reference can have Controller set to true. Found "true" in references for {} and {}'
        shown = detail.format(*(owner.get("name", "") for owner in controllers[:2]))
        causes.append(bad_value(path, owners, shown))
    return causes


def _finalizers(finalizers: list[str]) -> list[Cause]:
    causes: list[Cause] = []
    for index, name in enumerate(finalizers):
        causes += [bad_value("metadata.finalizers", name, wrong) for wrong in names.qualified_problems(name)]
        if "/" not in name and name not in _STANDARD_FINALIZERS:
            detail = "name is neither a standard finalizer name nor is it fully qualified"
            causes.append(bad_value(f"metadata.finalizers[{index}]", name, detail))
    return causes


def _update_causes(meta: Json, old: Json) -> list[Cause]:
    causes: list[Cause] = []
    for key in ("name", "namespace", "uid"):
        if meta.get(key, "") != old.get(key, ""):
            causes.append(bad_value(f"metadata.{key}", meta.get(key, ""), "field is immutable"))
    if old.get("deletionTimestamp"):
        added = [item for item in meta.get("finalizers") or [] if item not in (old.get("finalizers") or [])]
        if added:
            shown = "[]string{" + ", ".join(f'"{item}"' for item in added) + "}"
            detail = f"no new finalizers can be added if the object is being deleted, found new finalizers {shown}"
            causes.append(forbidden_field("metadata.finalizers", detail))
    return causes
