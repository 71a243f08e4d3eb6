"""Go's nil slices and maps that carry a type: they print like empty ones, but are `null` in JSON and YAML."""

from __future__ import annotations

from steersman.lazy import TYPE_CHECKING
from steersman.template.values import StringMap, StringSlice

if TYPE_CHECKING:
    from typing import Any


class NilSlice(list["Any"]):
    """([]interface {})(nil)"""

    __slots__ = ()
    go_type = "[]interface {}"
    go_kind = "slice"


class NilStringSlice(StringSlice):
    """([]string)(nil)"""

    __slots__ = ()


class NilStringMap(StringMap):
    """(map[string]string)(nil)"""

    __slots__ = ()


class NilMap(dict[str, "Any"]):
    """(map[string]interface {})(nil): reading finds nothing, writing fails."""

    __slots__ = ()
    go_type = "map[string]interface {}"
    go_kind = "map"


_NIL_TYPES = (type(None), NilSlice, NilStringSlice, NilStringMap, NilMap)


def is_nil(value: object) -> bool:
    """Whether `value` is nil, with or without a type."""
    return isinstance(value, _NIL_TYPES)
