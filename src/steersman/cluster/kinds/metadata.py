"""What every object's metadata has to be."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from steersman.cluster.kinds import names
from steersman.cluster.status import Cause, bad_value, forbidden_field, required

Json = dict[str, Any]

ANNOTATIONS_LIMIT = 256 * 1024


def metadata_causes(meta: Json, old: Json | None, check_name: Callable[[str], str]) -> list[Cause]:
    """All that is wrong with `meta`, where `old` is the stored object's (None at creation)."""
    causes: list[Cause] = []
    name = meta.get("name", "")
    if not name:
        causes.append(required("metadata.name", "name or generateName is required"))
    elif wrong := check_name(name):
        causes.append(bad_value("metadata.name", name, wrong))
    for key, value in (meta.get("labels") or {}).items():
        if wrong := names.qualified(key):
            causes.append(bad_value("metadata.labels", key, wrong))
        if wrong := names.label_value(value):
            causes.append(bad_value("metadata.labels", value, wrong))
    total = 0
    for key, value in (meta.get("annotations") or {}).items():
        total += len(key) + len(value)
        if wrong := names.qualified(key.lower()):
            causes.append(bad_value("metadata.annotations", key, wrong))
    if total > ANNOTATIONS_LIMIT:
        text = f"may not be more than {ANNOTATIONS_LIMIT} bytes"
        causes.append(Cause("metadata.annotations", "Too long", f"Too long: {text}"))
    if old is not None:
        causes += _update_causes(meta, old)
    return causes


def _update_causes(meta: Json, old: Json) -> list[Cause]:
    causes: list[Cause] = []
    for key in ("name", "namespace"):
        if meta.get(key, "") != old.get(key, ""):
            causes.append(bad_value(f"metadata.{key}", meta.get(key, ""), "field is immutable"))
    if old.get("deletionTimestamp"):
        added = [item for item in meta.get("finalizers") or [] if item not in (old.get("finalizers") or [])]
        if added:
            shown = "[]string{" + ", ".join(f'"{item}"' for item in added) + "}"
            detail = f"no new finalizers can be added if the object is being deleted, found new finalizers {shown}"
            causes.append(forbidden_field("metadata.finalizers", detail))
    return causes
