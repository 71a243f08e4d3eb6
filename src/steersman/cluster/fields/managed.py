"""managedFields: recording who wrote a field, and server-side apply with its conflicts.

Follows apimachinery's `managedfields` and structured-merge-diff's `merge.Updater`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from steersman.cluster.fields import fieldset
from steersman.cluster.fields.fieldset import FieldSet
from steersman.cluster.fields.typed import (
    Comparison,
    TypedError,
    check_unique,
    compare,
    merge,
    remove,
    to_set,
    with_named_fields,
)
from steersman.cluster.schema.decode import new_object
from steersman.cluster.schema.model import Node
from steersman.cluster.status import apply_conflict

Json = dict[str, Any]

_BEFORE = "before-first-apply"  # who owns what was there when nobody was known to own anything
# Nobody owns these: the server sets them, or they name the object.
_META = ("name", "namespace", "creationTimestamp", "selfLink", "uid", "clusterName", "generation", "managedFields",
         "resourceVersion")  # fmt: skip
_UNOWNED: FieldSet = {
    "f:apiVersion": {},
    "f:kind": {},
    "f:metadata": {".": {}, **{f"f:{key}": {} for key in _META}},
}


@dataclass(frozen=True, slots=True)
class Writer:
    """Who writes, through which version and subresource, when (RFC 3339)."""

    manager: str
    api_version: str
    subresource: str
    time: str


def _identity(entry: Json) -> tuple[str, ...]:
    version = "" if entry["operation"] == "Apply" else entry.get("apiVersion", "")
    return entry.get("manager", ""), entry["operation"], version, entry.get("subresource", "")


def _order(entry: Json) -> tuple[str, ...]:
    time, manager = entry.get("time", ""), entry.get("manager", "")
    return entry["operation"], time, manager, entry.get("apiVersion", ""), entry.get("subresource", "")


def _entry(writer: Writer, operation: str, fields: FieldSet) -> Json:
    entry: Json = {
        "manager": writer.manager,
        "operation": operation,
        "apiVersion": writer.api_version,
        "time": writer.time,
        "fieldsType": "FieldsV1",
        "fieldsV1": fields,
    }
    if writer.subresource:
        entry["subresource"] = writer.subresource
    return entry


def without(obj: Json) -> Json:
    """The object without its managedFields."""
    meta = {key: value for key, value in obj.get("metadata", {}).items() if key != "managedFields"}
    return {**obj, "metadata": meta}


def _owned(fields: FieldSet, ignored: FieldSet) -> FieldSet:
    fields = fieldset.difference(fields, _UNOWNED)
    return {key: value for key, value in fields.items() if key not in ignored}


def _take_away(entries: list[Json], comparison: Comparison) -> list[Json]:
    """What has changed is no longer anybody's but the writer's; a manager without fields is forgotten."""
    changed = fieldset.union(comparison.modified, comparison.added)
    out: list[Json] = []
    for entry in entries:
        fields = entry.get("fieldsV1", {})
        left = fieldset.difference(fieldset.difference(fields, changed), comparison.removed)
        if left:
            out.append(entry if left == fields else {**entry, "fieldsV1": left})
    return out


def record_update(found: Node, live: Json, new: Json, writer: Writer, ignored: FieldSet) -> list[Json]:
    """The managedFields of `new`, which replaces `live` ({} at creation); `ignored` are top-level fields that the write
    cannot change (`f:status` of a kind with a status subresource)."""
    entries: list[Json] = new.get("metadata", {}).get("managedFields") or live.get("metadata", {}).get(
        "managedFields", []
    )
    if entries == [{}]:  # how a client forgets all owners
        entries = []
    if not entries and live.get("metadata", {}).get("uid"):
        return []  # once forgotten, owners are noted again from the next apply on
    try:
        difference = compare(found, without(live), without(new))
    except TypedError:
        return entries
    taken = _owned(fieldset.union(difference.modified, difference.added), ignored)
    entries = _take_away(entries, difference)
    if taken:
        made = _entry(writer, "Update", taken)
        mine = [entry for entry in entries if _identity(entry) == _identity(made)]
        for entry in mine:
            made["fieldsV1"] = fieldset.union(entry["fieldsV1"], made["fieldsV1"])
        entries = [entry for entry in entries if entry not in mine] + [made]
    return sorted(entries, key=_order)


def apply(
    found: Node, live: Json, config: Json, writer: Writer, *, force: bool, ignored: FieldSet
) -> tuple[Json, list[Json]]:
    """Server-side apply: the merged object (without managedFields) and its managedFields.

    Raises Conflict where another manager owns what `config` changes and `force` is not set, TypedError where `config`
    cannot be taken apart.
    """
    entries: list[Json] = live.get("metadata", {}).get("managedFields", [])
    live, config = without(live), without(config)
    if not entries and live.get("metadata", {}).get("uid"):
        before = Writer(_BEFORE, writer.api_version, "", writer.time)
        there = compare(found, new_object(found), live)
        entries = [_entry(before, "Update", _owned(fieldset.union(there.modified, there.added), ignored))]
    check_unique(found, config)
    made = _entry(writer, "Apply", _owned(to_set(found, config), ignored))
    last = next((entry for entry in entries if _identity(entry) == _identity(made)), None)
    others = [entry for entry in entries if entry is not last]
    merged: Json = merge(found, live, config)
    if last is not None:
        merged = _prune(found, merged, last["fieldsV1"], made["fieldsV1"], others)
    difference = compare(found, live, merged)
    conflicts = _conflicts(others, difference)
    if conflicts and not force:
        raise apply_conflict(conflicts)
    unchanged = not (difference.added or difference.modified or difference.removed)
    if unchanged and last is not None and {**last, "time": ""} == {**made, "time": ""}:
        return merged, entries
    entries = _take_away(others, difference)
    if made["fieldsV1"]:
        entries.append(made)
    return merged, sorted(entries, key=_order)


def _prune(found: Node, merged: Json, last: FieldSet, new: FieldSet, others: list[Json]) -> Json:
    """Remove what the manager applied before, does not apply any more, and nobody else owns."""
    if not fieldset.difference(last, new):
        return merged
    owned = new
    for entry in others:
        owned = fieldset.union(owned, entry.get("fieldsV1", {}))
    last_named = with_named_fields(found, last)
    everything = with_named_fields(found, to_set(found, merged))
    pruned = remove(found, merged, last_named) or {}
    kept = fieldset.union(with_named_fields(found, to_set(found, pruned)), with_named_fields(found, owned))
    pruned = remove(found, merged, fieldset.difference(everything, kept)) or {}
    left = with_named_fields(found, to_set(found, pruned))
    dropped = fieldset.intersection(fieldset.difference(everything, left), last_named)
    result: Json = remove(found, merged, dropped) or {}
    return result


def _conflicts(others: list[Json], difference: Comparison) -> list[tuple[str, str]]:
    changed = fieldset.union(difference.modified, difference.added)
    out: list[tuple[str, str]] = []
    for entry in sorted(others, key=lambda entry: entry.get("manager", "")):
        lost = fieldset.intersection(entry.get("fieldsV1", {}), changed)
        out += [(_shown(entry), path) for path in fieldset.paths(lost)]
    return out


def _shown(entry: Json) -> str:
    text = f'"{entry.get("manager", "")}"'
    if entry.get("subresource"):
        text += f' with subresource "{entry["subresource"]}"'
    if entry["operation"] == "Update":
        text += f" using {entry.get('apiVersion', '')}"
    return text
