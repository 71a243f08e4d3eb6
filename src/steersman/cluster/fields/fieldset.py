"""Sets of field paths, kept in the very form in which managedFields shows them (FieldsV1).

A set is a trie: `{"f:data": {".": {}, "f:k": {}}}` holds `.data` and `.data.k`. An inner node is a member when it has the key
`.` or nothing below it. The root itself is never a member, so `{}` is the empty set there.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

FieldSet = dict[str, Any]


def node(member: bool, children: FieldSet) -> FieldSet:
    """One inner node; never call it for what is neither a member nor has children."""
    return {".": {}, **children} if member and children else children


def is_member(inner: FieldSet) -> bool:
    return not inner or "." in inner


def children(inner: FieldSet) -> FieldSet:
    return {key: value for key, value in inner.items() if key != "."} if "." in inner else inner


def union(left: FieldSet, right: FieldSet) -> FieldSet:
    if not left or not right:
        return left or right
    out = dict(left)
    for key, other in right.items():
        own = out.get(key)
        if own is None:
            out[key] = other
        elif own is not other:
            out[key] = node(is_member(own) or is_member(other), union(children(own), children(other)))
    return out


def difference(left: FieldSet, right: FieldSet) -> FieldSet:
    if not right:
        return left
    out: FieldSet = {}
    for key, own in left.items():
        other = right.get(key)
        if other is None:
            out[key] = own
            continue
        member = is_member(own) and not is_member(other)
        below = difference(children(own), children(other))
        if member or below:
            out[key] = node(member, below)
    return out


def intersection(left: FieldSet, right: FieldSet) -> FieldSet:
    out: FieldSet = {}
    for key, own in left.items():
        other = right.get(key)
        if other is None:
            continue
        member = is_member(own) and is_member(other)
        below = intersection(children(own), children(other))
        if member or below:
            out[key] = node(member, below)
    return out


def paths(found: FieldSet, prefix: str = "") -> Iterator[str]:
    """Every member as messages write it: `.spec.containers[name="c"].image`."""
    for key in sorted(found):
        if key == ".":
            continue
        path = prefix + _element(key)
        inner = found[key]
        if is_member(inner):
            yield path
        yield from paths(children(inner), path)


def _element(key: str) -> str:
    kind, _, rest = key.partition(":")
    if kind == "f":
        return f".{rest}"
    if kind == "k":
        keys = json.loads(rest)
        return "[" + ",".join(f"{name}={json.dumps(keys[name])}" for name in sorted(keys)) + "]"
    if kind == "v":
        return f"[={rest}]"
    return f"[{rest}]"
