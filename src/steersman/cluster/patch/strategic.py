"""Kubernetes' strategic merge patch: a merge patch that knows which lists merge, and by which key.

Directives: `$patch: replace|delete|merge`, `$retainKeys`, `$deleteFromPrimitiveList/FIELD`, `$setElementOrder/FIELD`.
Semantics and the order of merged lists follow apimachinery's `strategicpatch`.
"""

from __future__ import annotations

import copy
from typing import Any

from steersman.cluster.patch.json_patch import same
from steersman.cluster.schema.model import ANY, Node
from steersman.cluster.status import bad_request
from steersman.errors import ApiError

Json = dict[str, Any]
Items = list[Any]

PATCH = "$patch"
RETAIN = "$retainKeys"
DELETE_FROM = "$deleteFromPrimitiveList/"
ORDER = "$setElementOrder/"


def strategic_merge_patch(node: Node, target: Json, patch: Any) -> Json:
    """`target` with `patch` applied, as a new object. Raises Invalid (400) for a patch that contradicts itself."""
    if not isinstance(patch, dict):
        raise bad_request(
            "error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}"
        )
    return _merge_map(node, copy.deepcopy(target), copy.deepcopy(patch))


def _field(node: Node, name: str) -> Node:
    return node.field(name) or ANY


def _merge_map(node: Node, target: Json, patch: Json) -> Json:
    directive = patch.pop(PATCH, None)
    if directive == "replace":
        cleaned: Json = _clean(patch)
        return cleaned
    if directive == "delete":
        return {}
    if directive not in (None, "merge"):
        raise bad_request(f'unknown patch type "{directive}" found in the map')
    _retain(target, patch)
    for key in [key for key in patch if key.startswith(ORDER)]:
        _ordered_list(node, target, patch, key)
    for key, value in patch.items():
        if key.startswith(DELETE_FROM):
            name = key.removeprefix(DELETE_FROM)
            if isinstance(target.get(name), list):
                target[name] = [item for item in target[name] if not _contains(value, item)]
        elif value is None:
            target.pop(key, None)
        elif isinstance(value, dict) and isinstance(target.get(key), dict):
            target[key] = _merge_map(_field(node, key), target[key], value)
        elif isinstance(value, list) and isinstance(target.get(key), list):
            target[key] = _merge_list(_field(node, key), target[key], value)
        else:
            target[key] = _clean(value)
    return target


def _retain(target: Json, patch: Json) -> None:
    keep = patch.pop(RETAIN, None)
    if keep is None:
        return
    if not isinstance(keep, list):
        raise bad_request(f"{RETAIN} is not a list")
    for key in list(target):
        if key not in keep:
            del target[key]
    for key, value in patch.items():
        if value is not None and not key.startswith("$") and key not in keep:
            raise bad_request("the patch has a field that is not in its $retainKeys list: " + key)


def _clean(value: Any) -> Any:
    """What a patch adds where nothing was: without directives and nulls."""
    if isinstance(value, dict):
        if value.get(PATCH) == "delete":
            return {}
        return {
            key: _clean(item)
            for key, item in value.items()
            if item is not None and not key.startswith((PATCH, RETAIN, DELETE_FROM, ORDER))
        }
    if isinstance(value, list):
        return [
            _clean(item)
            for item in value
            if not (isinstance(item, dict) and (item.get(PATCH) == "delete" or list(item) == [PATCH]))
        ]
    return value


def _ordered_list(node: Node, target: Json, patch: Json, directive: str) -> None:
    """Merge one list and put it in the order that `$setElementOrder/NAME` gives."""
    name = directive.removeprefix(ORDER)
    order = patch.pop(directive)
    changes = patch.get(name)
    if not isinstance(order, list) or (changes is not None and not isinstance(changes, list)):
        return
    field = _field(node, name)
    _check_order(field, changes or [], order)
    original: Items = target.get(name) or []
    if changes is None and name not in target:
        return
    merged = original if changes is None else _merge_list(field, original, changes) if original else _clean(changes)
    patch.pop(name, None)
    target[name] = _normalize(field, merged, order, original)


def _check_order(node: Node, patch: Items, order: Items) -> None:
    """The items of the patch have to stand in the order that the directive gives."""
    wanted = iter(order)
    for item in patch:
        if isinstance(item, dict) and item.get(PATCH) == "delete":
            continue
        if not any(_same_item(node, item, found) for found in wanted):
            message = f"The order in patch list:\n{patch}\n doesn't match {ORDER.rstrip('/')} list:\n{order}\n"
            raise ApiError(message, code=500, reason="InternalError")


def _same_item(node: Node, left: Any, right: Any) -> bool:
    return _same_key(left, right, node.merge_key) if node.merge_key else same(left, right)


def _merge_list(node: Node, original: Items, patch: Items) -> Items:
    if "merge" not in node.strategies:
        replaced: Items = _clean(patch)
        return replaced
    if not node.merge_key:
        merged: Items = []
        for item in [*original, *patch]:
            if not _contains(merged, item):
                merged.append(item)
        return _normalize(node, merged, patch, original)
    key = node.merge_key
    if not all(isinstance(item, dict) for item in [*original, *patch]):
        raise bad_request("invalid list of a strategic merge patch: all items have to be objects")
    original, patch = _special_items(original, patch, key)
    merged = list(original)
    for item in patch:
        if key not in item:
            raise bad_request(f"map: {item} does not contain declared merge key: {key}")
        position = next((index for index, found in enumerate(merged) if _same_key(found, item, key)), None)
        if position is None:
            merged.append(_clean(item))
        else:
            merged[position] = _merge_map(node.element or ANY, merged[position], item)
    return _normalize(node, merged, patch, original)


def _special_items(original: Items, patch: Items, key: str) -> tuple[Items, Items]:
    """Carry out the `$patch` directives among the items; the rest of the patch is returned."""
    if any(item.get(PATCH) == "replace" for item in patch):
        return [], [item for item in patch if PATCH not in item]
    rest: Items = []
    for item in patch:
        directive = item.get(PATCH)
        if directive == "delete":
            if key not in item:
                raise bad_request(f"delete patch type with no merge key defined: {item}")
            original = [found for found in original if not _same_key(found, item, key)]
        else:
            rest.append({name: value for name, value in item.items() if name != PATCH})
    return original, rest


def _same_key(left: Json, right: Json, key: str) -> bool:
    return key in left and key in right and same(left[key], right[key])


def _contains(items: Items, wanted: Any) -> bool:
    return any(same(item, wanted) for item in items)


def _normalize(node: Node, merged: Items, patch_order: Items, server_order: Items) -> Items:
    """The patch's items in the patch's order, the others in the server's, woven by what the server had before what."""

    def index(items: Items, wanted: Any) -> int:
        return next((position for position, item in enumerate(items) if _same_item(node, item, wanted)), -1)

    ours = [item for item in merged if index(patch_order, item) >= 0]
    theirs = [item for item in merged if index(patch_order, item) < 0]
    ours.sort(key=lambda item: index(patch_order, item))
    theirs.sort(key=lambda item: index(server_order, item) if index(server_order, item) >= 0 else len(server_order))
    out: Items = []
    while ours and theirs:
        left, right = index(server_order, theirs[0]), index(server_order, ours[0])
        out.append((theirs if 0 <= left < right else ours).pop(0))
    return out + theirs + ours
