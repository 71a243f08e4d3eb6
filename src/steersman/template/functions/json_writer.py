"""JSON as Go's encoding/json writes it: keys sorted, shortest numbers, `<`, `>` and `&` escaped unless raw."""

from __future__ import annotations

import math
from binascii import b2a_base64

from steersman.lazy import TYPE_CHECKING
from steersman.template.functions.nil import is_nil
from steersman.template.functions.unicode import runes
from steersman.template.strconv import format_float
from steersman.template.values import GoMethods, GoObject, type_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

try:
    from _json import encode_basestring  # without the rest of json, which starts slowly
except ImportError:  # an interpreter without CPython's own module
    from json.encoder import encode_basestring

_LINE_SEPARATORS = {0x2028: "\\u2028", 0x2029: "\\u2029"}
_HTML = _LINE_SEPARATORS | {ord("<"): "\\u003c", ord(">"): "\\u003e", ord("&"): "\\u0026"}

# Go looks for cycles from level 1,001 on and names the type that it finds there. What is 280 levels deep here is taken for a
# cycle: 720 levels less, so that in a cycle of 1, 2, 3, 4, 5, 6, 8, 9 or 10 values the same one is found.
_MAX_DEPTH = 279


class JsonError(ValueError):
    """A value that JSON has no form for; the message is encoding/json's."""


def dumps(value: object, *, indent: str = "", html: bool = True) -> str:
    """`value` as JSON: on one line, or over several with `indent` a level. Raises JsonError."""
    pieces: list[str] = []
    _Writer(pieces, indent).write(value, 0)
    return "".join(pieces).translate(_HTML if html else _LINE_SEPARATORS)


def go_float(number: float) -> str:
    """A float64 as encoding/json writes it: an exponent only below 1e-6 and from 1e21 on. Raises JsonError."""
    if number.is_integer() and abs(number) < 2**53:
        return "-0" if number == 0 and math.copysign(1, number) < 0 else str(int(number))
    if not math.isfinite(number):
        raise JsonError(f"json: unsupported value: {format_float(number)}")
    if 1e-6 <= abs(number) < 1e21:
        return format_float(number, "f")
    return format_float(number, "e").replace("e-0", "e-")


def plain(value: object) -> Any:
    """`value` as JSON would carry it over: structs as dicts, bytes as base64, typed nils as None. Raises JsonError.

    Numbers stay what they are.
    """
    return _plain(value, 0)


def _plain(value: object, depth: int) -> Any:
    if depth > _MAX_DEPTH:
        raise _cycle(value)
    if is_nil(value):
        return None
    if isinstance(value, GoMethods):
        return _plain(_carried(value), depth + 1)
    if isinstance(value, dict):
        return {key: _plain(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item, depth + 1) for item in value]
    if isinstance(value, bytes):
        return b2a_base64(value, newline=False).decode("ascii")
    if isinstance(value, float) and not math.isfinite(value):
        raise JsonError(f"json: unsupported value: {format_float(value)}")
    return value


def _carried(value: GoMethods) -> Any:
    """What stands for a Go value in JSON: its own choice (`go_json`), or a struct's exported fields."""
    own = getattr(value, "go_json", None)
    if own is not None:
        return own()
    if isinstance(value, GoObject):
        names: Mapping[str, str] = getattr(value, "go_json_names", {})
        return {names.get(field, field): getattr(value, attribute) for field, attribute in value.go_fields.items()}
    if isinstance(value, dict):
        return dict(value)
    if isinstance(value, list):
        return list(value)
    if isinstance(value, int):
        return int(value)
    raise JsonError(f"json: unsupported type: {type_name(value)}")


def _cycle(value: object) -> JsonError:
    return JsonError(f"json: unsupported value: encountered a cycle via {type_name(value)}")


class _Writer:
    """Collects the pieces of one document."""

    def __init__(self, pieces: list[str], indent: str) -> None:
        self._put = pieces.append
        self._indent = indent
        self._colon = ": " if indent else ":"

    def write(self, value: object, depth: int) -> None:
        kind = type(value)
        if kind is str:
            self._put(_string(value))  # type: ignore[arg-type]
        elif value is None:
            self._put("null")
        elif kind is bool:
            self._put("true" if value else "false")
        elif kind is float:
            self._put(go_float(value))  # type: ignore[arg-type]
        elif depth > _MAX_DEPTH:
            raise _cycle(value)
        elif isinstance(value, GoObject) and not hasattr(value, "go_json"):
            self._object(_carried(value).items(), depth)
        elif isinstance(value, GoMethods):
            self.write(_carried(value), depth)
        elif is_nil(value):
            self._put("null")
        elif isinstance(value, dict):
            self._object(sorted(value.items(), key=_key), depth)
        elif isinstance(value, list):
            self._array(value, depth)
        elif isinstance(value, bytes):
            self._put('"' + b2a_base64(value, newline=False).decode("ascii") + '"')
        elif isinstance(value, int):
            self._put(str(int(value)))
        else:
            raise JsonError(f"json: unsupported type: {type_name(value)}")

    def _object(self, pairs: Iterable[tuple[str, object]], depth: int) -> None:
        put, separator = self._put, "{"
        for key, value in pairs:
            put(separator)
            self._line(depth + 1)
            put(_string(key))
            put(self._colon)
            self.write(value, depth + 1)
            separator = ","
        self._close(separator, "{}", depth)

    def _array(self, values: list[Any], depth: int) -> None:
        put, separator = self._put, "["
        for value in values:
            put(separator)
            self._line(depth + 1)
            self.write(value, depth + 1)
            separator = ","
        self._close(separator, "[]", depth)

    def _line(self, depth: int) -> None:
        if self._indent:
            self._put("\n" + self._indent * depth)

    def _close(self, separator: str, brackets: str, depth: int) -> None:
        if separator == ",":
            self._line(depth)
            self._put(brackets[1])
        else:
            self._put(brackets)


def _key(pair: tuple[str, object]) -> str:
    return pair[0]


def _string(text: str) -> str:
    return encode_basestring(text if text.isascii() else runes(text))
