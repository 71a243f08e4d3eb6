"""What differs between two objects, or between two sets of manifests: as a list of changes, or as a text diff of their YAML.

Secrets never show their values, only whether they changed. Pure: no colour, no terminal.
"""

from __future__ import annotations

import base64
import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from typing import Any

from steersman.record import record

from . import yaml

Object = Mapping[str, Any]

SERVER_METADATA = ("creationTimestamp", "generation", "managedFields", "resourceVersion", "selfLink", "uid")
_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_PLAIN_KEY = re.compile(r"[A-Za-z0-9_-]+")

MASKED, MASKED_OLD, MASKED_NEW = "<masked>", "<masked: old value>", "<masked: new value>"


class ChangeKind(StrEnum):
    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    REORDERED = "reordered"


@record(frozen=True, slots=True)
class Change:
    """One difference. `path` reads like `spec.containers[web].env[0].value`: items of a list that have names are told
    by them, the others by their place. `old` and `new` are None on the side where there is nothing; of a reordered list
    they hold the names in order."""

    path: str
    kind: ChangeKind
    old: Any = None
    new: Any = None


@record(frozen=True, slots=True)
class Identity:
    """What makes two manifests the same object. The version of an API group does not: objects move between versions."""

    group: str
    kind: str
    namespace: str
    name: str

    @classmethod
    def of(cls, obj: Object) -> Identity:
        metadata = obj.get("metadata") or {}
        group = str(obj.get("apiVersion") or "").rpartition("/")[0]
        return cls(
            group, str(obj.get("kind") or ""), str(metadata.get("namespace") or ""), str(metadata.get("name") or "")
        )

    def __str__(self) -> str:
        return "/".join(part for part in (self.kind, self.namespace, self.name) if part)


@record(frozen=True, slots=True)
class ObjectDiff:
    """One object that was added, removed or changed; `changes` is empty unless it was changed."""

    identity: Identity
    kind: ChangeKind
    old: Object | None
    new: Object | None
    changes: tuple[Change, ...] = ()


def diff_objects(old: Object, new: Object, *, ignore_server_fields: bool = False) -> list[Change]:
    """The changes from one object to another, in the order of their paths' keys.

    `ignore_server_fields` leaves out what the API server sets: status, and managedFields, uid and the like in metadata.
    """
    return list(_changes(*_comparable(old, new, ignore_server_fields), ""))


def diff_sets(old: Iterable[Object], new: Iterable[Object], *, ignore_server_fields: bool = False) -> list[ObjectDiff]:
    """What became of each object: first those of `old` in their order, then the added ones. The unchanged are left out."""
    before = {Identity.of(obj): obj for obj in old}
    after = {Identity.of(obj): obj for obj in new}
    found: list[ObjectDiff] = []
    for identity, obj in before.items():
        if identity not in after:
            found.append(ObjectDiff(identity, ChangeKind.REMOVED, _comparable(obj, {}, ignore_server_fields)[0], None))
            continue
        one, other = _comparable(obj, after[identity], ignore_server_fields)
        changes = tuple(_changes(one, other, ""))
        if changes:
            found.append(ObjectDiff(identity, ChangeKind.CHANGED, one, other, changes))
    for identity, obj in after.items():
        if identity not in before:
            found.append(ObjectDiff(identity, ChangeKind.ADDED, None, _comparable({}, obj, ignore_server_fields)[1]))
    return found


def text_diff(old: Object | None, new: Object | None, *, context: int = 3, ignore_server_fields: bool = False) -> str:
    """A unified diff of two objects' YAML, "" if they are the same; None stands for an object that is not there."""
    one, other = _comparable(old or {}, new or {}, ignore_server_fields)
    lines = difflib.unified_diff(
        _lines(one if old is not None else None),
        _lines(other if new is not None else None),
        str(Identity.of(old)) if old is not None else "/dev/null",
        str(Identity.of(new)) if new is not None else "/dev/null",
        n=context,
    )
    return "".join(lines)


def masked(obj: Object) -> Object:
    """The object fit to be shown: of a Secret without its values."""
    return _comparable(obj, obj, False)[1]


def _lines(obj: Object | None) -> list[str]:
    return yaml.dump(obj).splitlines(keepends=True) if obj is not None else []


def _comparable(old: Object, new: Object, ignore_server_fields: bool) -> tuple[Object, Object]:
    if ignore_server_fields:
        old, new = _without_server_fields(old), _without_server_fields(new)
    if _is_secret(old) or _is_secret(new):
        return _mask_secrets(old, new)
    if _is_list(old) or _is_list(new):
        return _mask_lists(old, new)
    return old, new


def _without_server_fields(obj: Object) -> Object:
    slim = {key: value for key, value in obj.items() if key != "status"}
    metadata = slim.get("metadata")
    if isinstance(metadata, Mapping):
        slim["metadata"] = {key: value for key, value in metadata.items() if key not in SERVER_METADATA}
    return slim


# --- masking ------------------------------------------------------------------------------------------------------


def _is_secret(obj: Object) -> bool:
    return obj.get("kind") == "Secret" and obj.get("apiVersion") in ("v1", None)


def _is_list(obj: Object) -> bool:
    return isinstance(obj.get("items"), list) and str(obj.get("kind") or "").endswith("List")


def _mask_secrets(old: Object, new: Object) -> tuple[Object, Object]:
    before, after = _secret_data(old), _secret_data(new)
    return _with_masks(old, before, after, MASKED_OLD), _with_masks(new, after, before, MASKED_NEW)


def _secret_data(obj: Object) -> dict[str, Any]:
    """The values as the API server keeps them: stringData has become data."""
    data = dict(obj.get("data") or {}) if isinstance(obj.get("data") or {}, Mapping) else {}
    texts = obj.get("stringData")
    if isinstance(texts, Mapping):
        for key, text in texts.items():
            data[key] = base64.b64encode(str(text).encode("utf-8", "surrogateescape")).decode()
    return data


def _with_masks(obj: Object, data: dict[str, Any], others: dict[str, Any], changed: str) -> Object:
    shown = {key: value for key, value in obj.items() if key not in ("data", "stringData")}
    if data:
        shown["data"] = {
            key: changed if key in others and others[key] != value else MASKED for key, value in data.items()
        }
    metadata = shown.get("metadata")
    if isinstance(metadata, Mapping) and _LAST_APPLIED in (metadata.get("annotations") or {}):
        shown["metadata"] = {**metadata, "annotations": {**metadata["annotations"], _LAST_APPLIED: MASKED}}
    return shown


def _mask_lists(old: Object, new: Object) -> tuple[Object, Object]:
    before = {Identity.of(item): item for item in old.get("items") or [] if isinstance(item, Mapping)}
    after = {Identity.of(item): item for item in new.get("items") or [] if isinstance(item, Mapping)}
    one, other = dict(old), dict(new)
    if "items" in old:
        one["items"] = [_comparable(item, after.get(identity, {}), False)[0] for identity, item in before.items()]
    if "items" in new:
        other["items"] = [_comparable(before.get(identity, {}), item, False)[1] for identity, item in after.items()]
    return one, other


# --- comparing ----------------------------------------------------------------------------------------------------


def _changes(old: Any, new: Any, path: str) -> Iterator[Change]:
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in sorted(old.keys() | new.keys()):
            inner = _join(path, key)
            if key not in new:
                yield Change(inner, ChangeKind.REMOVED, old[key])
            elif key not in old:
                yield Change(inner, ChangeKind.ADDED, None, new[key])
            else:
                yield from _changes(old[key], new[key], inner)
    elif isinstance(old, list) and isinstance(new, list):
        yield from _list_changes(old, new, path)
    elif type(old) is not type(new) and (isinstance(old, bool) or isinstance(new, bool)):
        yield Change(path, ChangeKind.CHANGED, old, new)  # to Python, true equals 1
    elif old != new:
        yield Change(path, ChangeKind.CHANGED, old, new)


def _list_changes(old: list[Any], new: list[Any], path: str) -> Iterator[Change]:
    before, after = _by_name(old), _by_name(new)
    if before is None or after is None:
        for place in range(max(len(old), len(new))):
            inner = f"{path}[{place}]"
            if place >= len(new):
                yield Change(inner, ChangeKind.REMOVED, old[place])
            elif place >= len(old):
                yield Change(inner, ChangeKind.ADDED, None, new[place])
            else:
                yield from _changes(old[place], new[place], inner)
        return
    for name in [*before, *(name for name in after if name not in before)]:
        inner = f"{path}[{name}]"
        if name not in after:
            yield Change(inner, ChangeKind.REMOVED, before[name])
        elif name not in before:
            yield Change(inner, ChangeKind.ADDED, None, after[name])
        else:
            yield from _changes(before[name], after[name], inner)
    stayed = [name for name in before if name in after]
    if stayed != [name for name in after if name in before]:
        yield Change(path, ChangeKind.REORDERED, list(before), list(after))


def _by_name(items: list[Any]) -> dict[str, Any] | None:
    """The items by their `name`, where each is a mapping with one of its own."""
    named = {item["name"]: item for item in items if isinstance(item, Mapping) and isinstance(item.get("name"), str)}
    return named if len(named) == len(items) else None


def _join(path: str, key: str) -> str:
    if not _PLAIN_KEY.fullmatch(key):
        return f'{path}["{key}"]'
    return f"{path}.{key}" if path else key
