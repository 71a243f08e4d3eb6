"""Merging dicts: `merge` fills gaps, `mergeOverwrite` lets the later dict win.

The rules are mergo's (version 1.0): nested dicts are merged, lists are taken whole. An empty value (false, 0, "", an empty
list) counts as a gap that `merge` fills; nil never fills one, but overwrites. Where `merge` finds a struct, it descends into it
too, which mergo refuses if something of another type is to be merged in; Sprig then gives "".
"""

from __future__ import annotations

from steersman.lazy import TYPE_CHECKING
from steersman.template.functions.nil import NilMap
from steersman.template.functions.registry import FunctionError, function
from steersman.template.helm_types import returned
from steersman.template.values import GoObject, kind

if TYPE_CHECKING:
    from typing import Any

    Dict = dict[str, Any]

_ARGUMENTS = "map[string]interface {}, ...map[string]interface {}"


class _DifferentTypes(FunctionError):
    pass


@function("merge", _ARGUMENTS, "any")
def merge(target: Dict | None, *sources: Dict | None) -> Dict | str:
    try:
        return must_merge(target, *sources)
    except _DifferentTypes:
        return ""


@function("mustMerge", _ARGUMENTS, "any")
def must_merge(target: Dict | None, *sources: Dict | None) -> Dict:
    return _merge_all(target, sources, overwrite=False)


@function("mergeOverwrite", _ARGUMENTS, "any", "mustMergeOverwrite")
def merge_overwrite(target: Dict | None, *sources: Dict | None) -> Dict:
    return _merge_all(target, sources, overwrite=True)


def _merge_all(target: Dict | None, sources: tuple[Dict | None, ...], *, overwrite: bool) -> Dict:
    if target is None or isinstance(target, NilMap):
        target = {} if any(source is not None for source in sources) else NilMap()
    for source in sources:
        if source:
            _merge_into(target, source, overwrite)
    return returned(target)


def _merge_into(target: Dict, source: Dict, overwrite: bool) -> None:
    for key, value in source.items():
        current = dict.get(target, key)
        if value is None:
            if overwrite:
                target[key] = None
        elif isinstance(value, dict) and isinstance(current, dict):
            _merge_into(current, value, overwrite)
            if not current:
                target[key] = value
        elif overwrite or _is_gap(current):
            target[key] = value
        elif isinstance(current, GoObject):
            _check_struct(current, value)


def _check_struct(current: GoObject, value: object) -> None:
    """What mergo does with a struct in the target: nothing, or an error. Raises FunctionError."""
    found = kind(value)
    if kind(current) == "ptr":
        if found in ("map", "struct"):
            raise _DifferentTypes("src and dst must be of same type")
    elif found in ("map", "ptr") and _has_fields_to_set(current):
        raise FunctionError(f"reflect: call of reflect.Value.Field on {found} Value")


def _has_fields_to_set(value: GoObject) -> bool:
    return any(name[:1].isupper() for name in value.go_fields)


def _is_gap(value: object) -> bool:
    return not isinstance(value, GoObject) and not value
