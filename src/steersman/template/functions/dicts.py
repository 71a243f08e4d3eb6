"""Dicts: reading, changing, choosing. `set`, `unset` and `merge` change the dict they are given, as in Helm."""

from __future__ import annotations

from steersman.lazy import TYPE_CHECKING
from steersman.template.functions.nil import NilMap
from steersman.template.functions.registry import FunctionError, function
from steersman.template.functions.strings import to_string
from steersman.template.helm_types import returned
from steersman.template.values import StringSlice, type_name

if TYPE_CHECKING:
    from typing import Any

    Dict = dict[str, Any]

_DICT = "map[string]interface {}"


@function("dict", "...any", _DICT)
def new_dict(*pairs: object) -> Dict:
    """Keys and values in turn; a last key without a value gets an empty string."""
    keys = map(to_string, pairs[::2])
    values = [*pairs[1::2], *([""] if len(pairs) % 2 else [])]
    return dict(zip(keys, values, strict=True))


@function("get", f"{_DICT}, string", "any")
def get(mapping: Dict | None, key: str) -> Any:
    return mapping[key] if mapping is not None and key in mapping else ""


@function("set", f"{_DICT}, string, any", _DICT)
def set_(mapping: Dict | None, key: str, value: object) -> Dict:
    if mapping is None or isinstance(mapping, NilMap):
        raise FunctionError("assignment to entry in nil map")
    mapping[key] = value
    return returned(mapping)


@function("unset", f"{_DICT}, string", _DICT)
def unset(mapping: Dict | None, key: str) -> Dict:
    if mapping is None:
        return NilMap()
    mapping.pop(key, None)
    return returned(mapping)


@function("hasKey", f"{_DICT}, string", "bool")
def has_key(mapping: Dict | None, key: str) -> bool:
    return mapping is not None and key in mapping


@function("pluck", f"string, ...{_DICT}", "[]any")
def pluck(key: str, *mappings: Dict | None) -> list[Any]:
    return [mapping[key] for mapping in mappings if mapping is not None and key in mapping]


@function("dig", "...any", "any")
def dig(*path_default_and_dict: object) -> Any:
    """The value under a path of keys in nested dicts, or the default where one is missing."""
    if len(path_default_and_dict) < 3:
        raise FunctionError("dig needs at least three arguments")
    *keys, fallback, current = path_default_and_dict
    _assert_type(current, _DICT)
    for key in keys:
        _assert_type(key, "string")
    for depth, key in enumerate(keys):
        if depth:
            _assert_type(current, _DICT)
        assert isinstance(current, dict)
        if key not in current:
            return fallback
        current = current[key]
    return current


def _assert_type(value: object, wanted: str) -> None:
    """Go's type assertion: a named type such as Helm's Values is not the type it is made of."""
    if type_name(value) != wanted:
        found = "nil" if value is None else type_name(value)
        raise FunctionError(f"interface conversion: interface {{}} is {found}, not {wanted}")


# --- choosing ------------------------------------------------------------------------------------------------------


@function("keys", f"...{_DICT}", "[]string")
def keys(*mappings: Dict | None) -> list[str]:
    """The keys, dict by dict. Go gives them in random order; here each dict's are sorted."""
    return StringSlice(key for mapping in mappings if mapping for key in sorted(mapping))


@function("values", _DICT, "[]any")
def values(mapping: Dict | None) -> list[Any]:
    """The values in the order of their sorted keys (in Go: random)."""
    return [mapping[key] for key in sorted(mapping)] if mapping else []


@function("pick", f"{_DICT}, ...string", _DICT)
def pick(mapping: Dict | None, *wanted: str) -> Dict:
    return {key: mapping[key] for key in wanted if key in mapping} if mapping else {}


@function("omit", f"{_DICT}, ...string", _DICT)
def omit(mapping: Dict | None, *unwanted: str) -> Dict:
    return {key: value for key, value in mapping.items() if key not in unwanted} if mapping else {}


# --- copying -------------------------------------------------------------------------------------------------------


@function("deepCopy", "any", "any", "mustDeepCopy")
def deep_copy(value: object) -> Any:
    """A copy that shares no dict and no list with `value`. Raises FunctionError for nil, as copystructure panics there."""
    if value is None:
        raise FunctionError("reflect: call of reflect.Value.Type on zero Value")
    return _copy(value)


def _copy(value: object) -> Any:
    if isinstance(value, dict):
        return _alike(value, {key: _copy(item) for key, item in value.items()})
    if isinstance(value, list):
        return _alike(value, [_copy(item) for item in value])
    copied = getattr(value, "go_deep_copy", None)
    return value if copied is None else copied()


def _alike(original: Any, copied: Any) -> Any:
    return copied if type(original) in (dict, list) else type(original)(copied)
