"""TOML as BurntSushi's encoder (version 1.6) writes it, which Helm's toToml uses.

A table's plain keys come first, then its tables and arrays of tables, each sorted; nested tables are indented by two blanks.
nil members are left out, nil elements are an error.
"""

from __future__ import annotations

import math

from steersman.lazy import TYPE_CHECKING, pattern
from steersman.template.functions.duration import Duration
from steersman.template.functions.gotime import Time
from steersman.template.functions.nil import is_nil
from steersman.template.strconv import format_float
from steersman.template.values import GoMethods, GoObject, Uint8, kind, type_name

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

_BARE_KEY = pattern(r"[A-Za-z0-9_-]+")
_ESCAPES = {code: f"\\u{code:04x}" for code in (*range(0x20), 0x7F)} | {
    ord(char): "\\" + letter for char, letter in zip('"\\\b\t\n\f\r', '"\\btnfr', strict=True)
}
_RFC3339_NANO = "2006-01-02T15:04:05.999999999Z07:00"


class TomlError(ValueError):
    """A value that TOML has no form for; the message is BurntSushi's."""


def dumps(value: object) -> str:
    """`value`, a table or anything that can stand in one, as a TOML document. Raises TomlError."""
    writer = _Writer()
    try:
        writer.encode((), value)
    except RecursionError:
        raise TomlError("toml: value nests too deeply, or contains itself") from None
    return "".join(writer.pieces)


def quoted_key(key: str) -> str:
    """A key as TOML needs it: bare where it can be."""
    return key if _BARE_KEY.fullmatch(key) else f'"{key.translate(_ESCAPES)}"'


class _Writer:
    """Collects the pieces of one document; keys are paths from the top."""

    def __init__(self) -> None:
        self.pieces: list[str] = []

    def _newline(self) -> None:
        if self.pieces:
            self.pieces.append("\n")

    def encode(self, key: tuple[str, ...], value: object) -> None:
        if is_nil(value) and isinstance(value, dict):
            return
        if _is_array_of_tables(value):
            self._array_of_tables(key, value)  # type: ignore[arg-type]
        elif _is_table(value):
            self._table(key, value)
        else:
            self._key_value(key, value)

    def _key_value(self, key: tuple[str, ...], value: object) -> None:
        if not key:
            self._element(value)
            return
        self.pieces.append(f"{_indent(key)}{quoted_key(key[-1])} = ")
        self._element(value)
        self._newline()

    def _table(self, key: tuple[str, ...], value: object) -> None:
        if len(key) == 1:
            self._newline()
        if key:
            self.pieces.append(f"{_indent(key)}[{_path(key)}]")
            self._newline()
        self._members(key, value)

    def _array_of_tables(self, key: tuple[str, ...], tables: list[Any]) -> None:
        if not key:
            raise TomlError("toml: top-level values must be Go maps or structs")
        for table in tables:
            if is_nil(table):
                continue
            self._newline()
            self.pieces.append(f"{_indent(key)}[[{_path(key)}]]")
            self._newline()
            self._members(key, table)

    def _members(self, key: tuple[str, ...], table: object) -> None:
        for name, value in _in_order(table):
            if not is_nil(value):
                self.encode((*key, name), value)

    def _inline_table(self, table: object) -> None:
        self.pieces.append("{")
        members = _in_order(table)
        for number, (name, value) in enumerate(members, start=1):
            if is_nil(value):
                # a nil at the end leaves the comma before it standing
                continue
            self.pieces.append(f"{quoted_key(name)} = ")
            self._element(value)
            if number < len(members):
                self.pieces.append(", ")
        self.pieces.append("}")

    def _element(self, value: object) -> None:
        put = self.pieces.append
        if isinstance(value, Time):
            put(value.format(_RFC3339_NANO))
        elif isinstance(value, str):
            put(f'"{value.translate(_ESCAPES)}"')
        elif isinstance(value, Duration) or (isinstance(value, GoMethods) and hasattr(value, "go_json")):
            put(f'"{(value.go_string() or "").translate(_ESCAPES)}"')
        elif isinstance(value, bool):
            put("true" if value else "false")
        elif isinstance(value, int):
            put(str(int(value)))
        elif isinstance(value, float):
            put(_float(value))
        elif isinstance(value, bytes):
            self._element([Uint8(byte) for byte in value])
        elif isinstance(value, list):
            put("[")
            for number, item in enumerate(value):
                if number:
                    put(", ")
                self._element(item)
            put("]")
        elif isinstance(value, (dict, GoObject)):
            self._inline_table(value)
        else:
            raise TomlError(f"unexpected type: {type_name(value)}")


def _indent(key: tuple[str, ...]) -> str:
    return "  " * (len(key) - 1)


def _path(key: tuple[str, ...]) -> str:
    return ".".join(map(quoted_key, key))


def _is_table(value: object) -> bool:
    if isinstance(value, GoMethods) and hasattr(value, "go_json"):
        return False
    return isinstance(value, dict) or (isinstance(value, GoObject) and kind(value) in ("struct", "ptr"))


def _is_array_of_tables(value: object) -> bool:
    """Whether all elements are tables. Raises TomlError for a nil among the elements, of nested lists too."""
    if not isinstance(value, list) or not value:
        return False
    all_tables = True
    for item in value:
        if is_nil(item):
            raise TomlError("toml: cannot encode array with nil element")
        _is_array_of_tables(item)
        all_tables = all_tables and _is_table(item)
    return all_tables


def _in_order(table: object) -> list[tuple[str, Any]]:
    """The members: plain ones, then tables; a dict's sorted, a struct's as declared."""
    if isinstance(table, dict):
        members = sorted(table.items(), key=lambda pair: pair[0])
    else:
        assert isinstance(table, GoObject)
        fields: Mapping[str, str] = table.go_fields
        members = [(name, getattr(table, attribute)) for name, attribute in fields.items()]
    # asked of every member first, because a nil element anywhere fails before anything is written
    nested = [not is_nil(value) and (_is_array_of_tables(value) or _is_table(value)) for _, value in members]
    direct = [pair for pair, is_nested in zip(members, nested, strict=True) if not is_nested]
    return direct + [pair for pair, is_nested in zip(members, nested, strict=True) if is_nested]


def _float(number: float) -> str:
    if not math.isfinite(number):
        sign = "-" if math.copysign(1, number) < 0 else ""
        return sign + ("nan" if math.isnan(number) else "inf")
    text = format_float(number)
    return text if "." in text or "e" in text else text + ".0"
