"""Handing over a field manager's fields from client-side to server-side applying.

An object that Helm created or patched client-side has its fields under the manager `helm`, operation Update. Before Helm
applies it server-side for the first time, those fields become its Apply entry, else fields that the new manifest drops would
stay for ever. This is what client-go's csaupgrade does; behaviour pinned against helm 4.3.1.
"""

from __future__ import annotations

import copy

from steersman.kube.interface import Object
from steersman.lazy import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

Entry = dict[str, "Any"]


def hand_over_patch(live: Object, manager: str) -> list[dict[str, Any]] | None:
    """The JSON patch that moves `manager`'s Update entries into its Apply entry, or None where there are none to move.

    The patch carries the resourceVersion, so that it fails with Conflict if anything was written meanwhile.
    """
    entries: list[Entry] = live["metadata"].get("managedFields") or []
    handed_over = hand_over(entries, manager)
    if handed_over == entries:
        return None
    return [
        {"op": "replace", "path": "/metadata/managedFields", "value": handed_over},
        {"op": "replace", "path": "/metadata/resourceVersion", "value": live["metadata"]["resourceVersion"]},
    ]


def hand_over(entries: list[Entry], manager: str) -> list[Entry]:
    """The managedFields after the move; `entries` is left as it is."""
    updates = [entry for entry in entries if _is(entry, manager, "Update")]
    if not updates:
        return entries
    target = next((entry for entry in entries if _is(entry, manager, "Apply")), updates[0])
    merged = {**copy.deepcopy(target), "operation": "Apply"}
    for update in updates:
        if update is not target and update.get("apiVersion") == target.get("apiVersion"):
            merged["fieldsV1"] = _union(merged.get("fieldsV1") or {}, update.get("fieldsV1") or {})
    return [merged if entry is target else entry for entry in entries if entry is target or entry not in updates]


def _is(entry: Entry, manager: str, operation: str) -> bool:
    return entry.get("manager") == manager and entry.get("operation") == operation and not entry.get("subresource")


def _union(left: dict[str, Any], right: dict[str, Any]) -> dict[str, Any]:
    """Of two FieldsV1 trees (fields are keys, leaves are empty)."""
    return {**left, **{key: _union(left.get(key) or {}, value or {}) for key, value in right.items()}}
