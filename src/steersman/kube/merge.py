"""What to send so that a live object becomes what a new manifest says: two- and three-way merge patches.

`three_way_strategic` is what `kubectl apply` and Helm compute for Kubernetes' own kinds (format: Kubernetes' "strategic
merge patch", with `$patch`, `$setElementOrder`, `$retainKeys` and `$deleteFromPrimitiveList`); `two_way_merge` is the JSON merge
patch (RFC 7386) that Helm sends for custom resources. Pure functions; they never change their arguments.
"""

from __future__ import annotations

from steersman.kube.merge_keys import FieldMerge, MergeSchema
from steersman.lazy import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

Map = dict[str, "Any"]


def two_way_merge(old: Map, new: Map) -> Map:
    """The JSON merge patch that turns `old` into `new`; lists are replaced whole."""
    patch: Map = {key: None for key in old if key not in new}
    for key, value in new.items():
        if key not in old:
            patch[key] = value
        elif isinstance(value, dict) and isinstance(old[key], dict):
            if inner := two_way_merge(old[key], value):
                patch[key] = inner
        elif not same(value, old[key]):
            patch[key] = value
    return patch


def three_way_strategic(original: Map, modified: Map, current: Map, schema: MergeSchema) -> Map:
    """The strategic merge patch for `current`: set what `modified` says, delete what only `original` said.

    What others added to `current` stays. An empty result means that there is nothing to do.
    """
    patch: Map = {key: None for key in original if key not in modified and key in current}
    for key, value in modified.items():
        before, now, field = original.get(key), current.get(key), schema.field(key)
        if key not in current:
            patch[key] = value
        elif isinstance(value, dict) and isinstance(now, dict):
            inner = three_way_strategic(before if isinstance(before, dict) else {}, value, now, field.schema)
            if inner:
                if field.retains_keys:
                    inner["$retainKeys"] = sorted(value)
                patch[key] = inner
        elif isinstance(value, list) and isinstance(now, list) and field.merges:
            patch.update(_list(key, before if isinstance(before, list) else [], value, now, field))
        elif not same(value, now):
            patch[key] = value
    return patch


def _list(name: str, original: list[Any], modified: list[Any], current: list[Any], field: FieldMerge) -> Map:
    """The entries of the patch for one merging list."""
    if not field.merge_key:
        return _list_of_values(name, original, modified, current)
    key = field.merge_key
    if not (_is_keyed(modified, key) and _is_keyed(current, key)):
        # Two items with one key cannot be told apart by merging (say, a port served over TCP and UDP): replace the list.
        return {} if same(modified, current) else {name: [{"$patch": "replace"}, *modified]}
    before = {item[key]: item for item in original if isinstance(item, dict) and key in item}
    now = {item[key]: item for item in current}
    changes: list[Any] = []
    for item in modified:
        value = item[key]
        if value not in now:
            changes.append(item)
        elif inner := three_way_strategic(before.get(value, {}), item, now[value], field.schema):
            if field.retains_keys:
                inner["$retainKeys"] = sorted(item)
            changes.append({**inner, key: value})
    wanted = {item[key] for item in modified}
    changes += [{"$patch": "delete", key: value} for value in before if value not in wanted and value in now]
    order = [item[key] for item in modified]
    if not changes and order == [value for value in now if value in wanted]:
        return {}
    return {f"$setElementOrder/{name}": [{key: value} for value in order], **({name: changes} if changes else {})}


def _list_of_values(name: str, original: list[Any], modified: list[Any], current: list[Any]) -> Map:
    added = [value for value in modified if value not in current]
    removed = [value for value in original if value not in modified and value in current]
    if not added and not removed and modified == [value for value in current if value in modified]:
        return {}
    patch: Map = {f"$setElementOrder/{name}": modified}
    if added:
        patch[name] = added
    if removed:
        patch[f"$deleteFromPrimitiveList/{name}"] = removed
    return patch


def _is_keyed(items: list[Any], key: str) -> bool:
    values = [item.get(key) for item in items if isinstance(item, dict)]
    return len(values) == len(items) and None not in values and len(set(map(str, values))) == len(values)


def same(left: Any, right: Any) -> bool:
    """Equality of JSON values: 1 equals 1.0 but not true."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(value, right[key]) for key, value in left.items())
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    return bool(left == right)
