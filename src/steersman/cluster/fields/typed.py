"""Objects seen through their types: their field sets, what differs between two, merging one into another, removing fields.

Objects are as `schema.decode` leaves them, so a boolean can never meet a number and Python's equality is JSON's.

Follows structured-merge-diff's `typed` package (toset, compare, merge, remove). Maps and lists of type `map` and `set` are taken
apart; atomic ones and scalars are leaves.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from steersman.cluster.fields.fieldset import FieldSet, children, is_member, node
from steersman.cluster.schema.model import Node

Json = dict[str, Any]

MISSING: Any = object()
ATOMIC = Node("any")
# What schemas leave open is taken apart by its own shape: maps by key, lists as a whole.
DEDUCED = Node("map")
DEDUCED.element = DEDUCED


class TypedError(Exception):
    """An object that its type cannot take apart, e.g. a list item without its key."""


def resolve(found: Node | None, value: Any) -> Node:
    """The node that says how to take `value` apart."""
    if found is None:
        return DEDUCED if isinstance(value, dict) else ATOMIC
    if found.shape == "any" and found.source is not None and isinstance(value, dict):
        return DEDUCED
    if found is DEDUCED and not isinstance(value, dict):
        return ATOMIC
    return found


def is_map(found: Node) -> bool:
    return found.shape in ("struct", "map") and not found.atomic


def is_associative(found: Node) -> bool:
    return found.shape == "list" and found.list_type != "atomic"


def _entry_type(found: Node, key: str, value: Any) -> Node:
    inner = found.field(key)
    if inner is None and found.struct is not None and found.struct.preserve_unknown:
        return resolve(None, value)
    return resolve(inner, value)


def _named(found: Node, key: str) -> bool:
    """A field of a struct, other than an entry of a map."""
    return found.struct is not None and key in found.struct.fields


def item_key(found: Node, item: Any) -> str:
    """The path element of one list item. Raises TypedError."""
    if found.list_type == "set":
        return "v:" + json.dumps(item, separators=(",", ":"), ensure_ascii=False)
    keys: Json = {}
    for key in sorted(found.keys):
        value = item.get(key) if isinstance(item, dict) else None
        if value is None:
            value = found.key_defaults.get(key)
        if value is None:
            raise TypedError(
                "element 0: associative list with keys has an element that omits key field "
                f'"{key}" (and doesn\'t have default value)'
            )
        keys[key] = value
    return "k:" + json.dumps(keys, separators=(",", ":"), ensure_ascii=False)


def to_set(found: Node, value: Any) -> FieldSet:
    """Every leaf of an object, and every list item and map entry. Raises TypedError."""
    return _to_set(found, value)[1]


def _to_set(found: Node, value: Any) -> tuple[bool, FieldSet]:
    if is_map(found):
        out: FieldSet = {}
        for key, item in (value or {}).items():
            inner = _entry_type(found, key, item)
            member, below = _to_set(inner, item)
            if item is None or item == {} or not _named(found, key):
                member = True
            if member or below:
                out[f"f:{key}"] = node(member, below)
        return False, out
    if is_associative(found):
        assert found.element is not None
        out = {}
        for item in value or ():
            out[item_key(found, item)] = node(True, _to_set(resolve(found.element, item), item)[1])
        return False, out
    return True, {}


def check_unique(found: Node, value: Any, path: str = "") -> None:
    """Raises TypedError where an associative list holds one key twice."""
    if is_map(found):
        for key, item in (value or {}).items():
            check_unique(_entry_type(found, key, item), item, f"{path}.{key}")
    elif is_associative(found):
        assert found.element is not None
        seen: set[str] = set()
        for item in value or ():
            key = item_key(found, item)
            if key in seen:
                shown = next(iter(_paths_of(key)))
                raise TypedError(f"{path}: duplicate entries for key {shown}")
            seen.add(key)
            check_unique(resolve(found.element, item), item, path)


def _paths_of(key: str) -> list[str]:
    from steersman.cluster.fields.fieldset import paths

    return list(paths({key: {}}))


@dataclass(slots=True)
class Comparison:
    """The paths that are only on the left, only on the right, or different."""

    removed: FieldSet = field(default_factory=dict)
    modified: FieldSet = field(default_factory=dict)
    added: FieldSet = field(default_factory=dict)


_Three = tuple[tuple[bool, FieldSet], tuple[bool, FieldSet], tuple[bool, FieldSet]]
_NOTHING = (False, FieldSet())


def compare(found: Node, left: Json, right: Json) -> Comparison:
    """Raises TypedError."""
    removed, modified, added = _compare(found, left, right)
    return Comparison(removed[1], modified[1], added[1])


def _compare(found: Node, left: Any, right: Any) -> _Three:
    if left is not MISSING and right is not MISSING and left == right:
        return _NOTHING, _NOTHING, _NOTHING
    pairs = _pairs(found, left, right)
    if pairs is None:
        return _leaf(left, right)
    parts: tuple[FieldSet, FieldSet, FieldSet] = ({}, {}, {})
    for key, inner, own, other in pairs:
        result = _leaf(own, other) if inner is None else _compare(inner, own, other)
        for part, (member, below) in zip(parts, result, strict=True):
            if member or below:
                part[key] = node(member, below)
    return (right is MISSING, parts[0]), (False, parts[1]), (left is MISSING, parts[2])


def _leaf(left: Any, right: Any) -> _Three:
    if left is MISSING:
        return _NOTHING, _NOTHING, (True, {})
    if right is MISSING:
        return (True, {}), _NOTHING, _NOTHING
    return _NOTHING, (left != right, {}), _NOTHING


def _pairs(found: Node, left: Any, right: Any) -> list[tuple[str, Node | None, Any, Any]] | None:
    """The parts of both sides side by side, or None where they are leaves; no node for items that come twice."""
    own, other = (None if side is MISSING else side for side in (left, right))
    if not own and not other:
        return None
    if is_map(found) and isinstance(own or {}, dict) and isinstance(other or {}, dict):
        out: list[tuple[str, Node | None, Any, Any]] = []
        for key in {**(own or {}), **(other or {})}:
            one, two = (own or {}).get(key, MISSING), (other or {}).get(key, MISSING)
            out.append((f"f:{key}", _entry_type(found, key, two if one is MISSING else one), one, two))
        return out
    if is_associative(found):
        assert found.element is not None
        mine, theirs = _grouped(found, own or []), _grouped(found, other or [])
        out = []
        for key in {**mine, **theirs}:
            one_group, two_group = mine.get(key, []), theirs.get(key, [])
            if len(one_group) > 1 or len(two_group) > 1:
                out.append((key, None, one_group or MISSING, two_group or MISSING))
                continue
            one, two = (one_group or [MISSING])[0], (two_group or [MISSING])[0]
            out.append((key, resolve(found.element, two if one is MISSING else one), one, two))
        return out
    return None


def _grouped(found: Node, items: list[Any]) -> dict[str, list[Any]]:
    out: dict[str, list[Any]] = {}
    for item in items:
        out.setdefault(item_key(found, item), []).append(item)
    return out


def merge(found: Node, live: Any, config: Any) -> Any:
    """`live` with all that `config` says; list items keep their order, new ones go where `config` has them."""
    if is_map(found) and isinstance(live, dict) and isinstance(config, dict):
        out = dict(live)
        for key, value in config.items():
            out[key] = merge(_entry_type(found, key, value), live[key], value) if key in live else value
        return out
    if is_associative(found) and isinstance(live, list) and isinstance(config, list):
        return _merge_lists(found, live, config)
    return config


def _merge_lists(found: Node, live: list[Any], config: list[Any]) -> list[Any]:
    """Items of both sides come in the order of `config`; what only `live` has stays between its neighbours."""
    assert found.element is not None
    own = [(item_key(found, item), item) for item in live]
    new = [(item_key(found, item), item) for item in config]
    in_own, in_new = dict(own), {key for key, _ in new}
    shared = [key for key, _ in new if key in in_own]
    done: set[str] = set()
    out: list[Any] = []

    def take(key: str, item: Any) -> None:
        out.append(merge(resolve(found.element, item), in_own[key], item) if key in in_own else item)
        done.add(key)
        if shared and shared[0] == key:
            shared.pop(0)

    first, second = 0, 0
    while first < len(own) or second < len(new):
        key = own[first][0] if first < len(own) else None
        if key is not None and second < len(new):
            if key == new[second][0]:
                take(*new[second])
                first, second = first + 1, second + 1
                continue
            if key in in_new and shared and shared[0] != key:
                first += 1  # it will come when its turn is in `config`
                continue
        if key is not None and key not in in_new:
            out.append(own[first][1])
            first += 1
            continue
        if key in done:
            first += 1
        if second < len(new):
            take(*new[second])
            second += 1
    return out


def remove(found: Node, value: Any, fields: FieldSet) -> Any:
    """`value` without the members of `fields`; what is left empty by that becomes None."""
    if not fields or not value:
        return value
    if is_map(found) and isinstance(value, dict):
        out: Json = {}
        for key, item in value.items():
            inner = fields.get(f"f:{key}")
            if inner is None:
                out[key] = item
            elif not is_member(inner):
                left = remove(_entry_type(found, key, item), item, children(inner))
                if left is not None:
                    out[key] = left
        return out or None
    if is_associative(found):
        assert found.element is not None
        kept: list[Any] = []
        for item in value:
            inner = fields.get(item_key(found, item))
            if inner is None:
                kept.append(item)
            elif not is_member(inner):
                kept.append(remove(resolve(found.element, item), item, children(inner)))
        return kept or None
    return value


def with_named_fields(found: Node, fields: FieldSet) -> FieldSet:
    """`fields` and every struct field on the way to one of them (EnsureNamedFieldsAreMembers)."""
    out: FieldSet = {}
    for key, inner in fields.items():
        if key == ".":
            continue
        name = key[2:]
        below = found.field(name) if key.startswith("f:") else found.element
        deeper = with_named_fields(below or DEDUCED, children(inner))
        out[key] = node(is_member(inner) or (key.startswith("f:") and _named(found, name)), deeper)
    return out
