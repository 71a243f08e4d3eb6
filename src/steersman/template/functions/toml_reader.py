"""TOML 1.1 as BurntSushi's decoder (version 1.6) reads it, which Helm's fromToml uses, with its error texts."""

from __future__ import annotations

import math
import re

from steersman.lazy import TYPE_CHECKING, pattern
from steersman.template.functions.toml_numbers import TomlValueError, read_datetime, read_float, read_integer
from steersman.template.functions.toml_scanner import Path, Scanner, TomlSyntaxError
from steersman.template.functions.toml_writer import quoted_key
from steersman.template.strconv import quote

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Table = dict[str, Any]

MAX_DEPTH = 400


class TableSlice(list["Table"]):
    """[]map[string]interface {}: an array of tables."""

    __slots__ = ()
    go_type = "[]map[string]interface {}"
    go_kind = "slice"


def loads(text: str) -> Table:
    """The document's table. Raises TomlSyntaxError."""
    return _Reader(text).read()


_BARE = pattern(r"[A-Za-z0-9_-]*")
_DATETIME = pattern(r"[0-9]{1,}[-:][0-9\-:Tt .Zz+]*")
_NUMBER = pattern(r"0x[0-9A-Fa-f_]+|0o[0-7_]+|0b[01_]+|[+-]?[0-9][0-9_]*(?:[.eE][0-9_.eE+-]*)?")


class _Reader(Scanner):
    """Reads one document."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.root: Table = {}
        self.implicit: set[Path] = set()
        self.arrays: set[Path] = set()
        self.depth = 0

    # --- the document ---------------------------------------------------------------------------------------------

    def read(self) -> Table:
        nul = self.text.find("\0", 0, 6)
        if nul >= 0:
            raise TomlSyntaxError(
                "toml: line 1: files cannot contain NULL bytes; probably using UTF-16; TOML files must be UTF-8"
            )
        while True:
            self.skip_lines()
            char = self.peek()
            if not char:
                return self.root
            if char == "[":
                self._table_header()
            else:
                self._key_value(self.context)
                self.key = ""
            self._end_of_item()

    def _end_of_item(self) -> None:
        if not self.end_of_line():
            shown = self.shown()
            raise self.error(
                f"expected a top-level item to end with a newline, comment, or EOF, but got {shown} instead"
            )

    def _table_header(self) -> None:
        self.at += 1
        is_array = self.accept("[")
        path: list[str] = []
        while True:
            self.skip_blanks()
            char = self.peek()
            if char in ("]", ""):
                raise self.error("unexpected end of table name (table names cannot be empty)")
            if char == ".":
                raise self.error("unexpected table separator (table names cannot be empty)")
            path.append(self._name())
            self.skip_blanks()
            char = self.peek()
            if char == ".":
                self.at += 1
                continue
            if char != "]":
                raise self._bad_header("'.' or ']' to end table name")
            self.at += 1
            break
        if is_array:
            if self.peek() != "]":
                raise self._bad_header("end of table array name delimiter ']'")
            self.at += 1
        self._open(tuple(path), is_array)

    def _bad_header(self, wanted: str) -> TomlSyntaxError:
        """The complaint about the next character, which Go has taken by then: a line break counts for the line."""
        complaint = f"expected {wanted}, but got {self.shown()} instead"
        return self.error(complaint, lines=int(self.peek() == "\n"))

    def _name(self) -> str:
        """One part of a key: bare or quoted."""
        char = self.peek()
        if char == '"':
            self.at += 1
            return self.basic_string()
        if char == "'":
            self.at += 1
            return self.literal_string()
        return self.skip(_BARE)

    def _key_value(self, outer: Path) -> tuple[Path, Any]:
        """`key = value`, set below `outer`. Gives the key's parts and the value; the last key stays known to errors."""
        char = self.peek()
        if char in ("=", ""):
            raise self.error("unexpected '=': key name appears blank")
        if char == ".":
            raise self.error("unexpected '.': keys cannot start with a '.'")
        parts: list[str] = []
        while True:
            self.skip_blanks()
            char = self.peek()
            if char in ("=", "."):
                raise self.error(f"unexpected '{char}'")
            parts.append(self._name())
            self.skip_blanks()
            char = self.peek()
            if char == ".":
                self.at += 1
                continue
            if not char:
                raise self.error("unexpected EOF; expected key separator '='")
            if char != "=":
                raise self.error(f"expected '.' or '=', but got {self.shown()} instead")
            self.at += 1
            break
        self.key = parts[-1]
        for depth in range(1, len(parts)):
            path = (*outer, *parts[:depth])
            self.implicit.add(path)
            self._open(path, is_array=False)
        value = self._value()
        self._set(parts[-1], value)
        self.context, self.key = outer, parts[-1]
        return tuple(parts), value

    # --- tables ---------------------------------------------------------------------------------------------------

    def _open(self, path: Path, is_array: bool) -> None:
        """Make `path` the context: a new table there, or a new element of an array of tables."""
        table = self.root
        for depth, name in enumerate(path[:-1], start=1):
            if name not in table:
                self.implicit.add(path[:depth])
                table[name] = {}
            inner = table[name]
            if isinstance(inner, TableSlice):
                inner = inner[-1]
            if not isinstance(inner, dict):
                raise self.error(f"Key '{_shown_path(path[:depth])}' was already created as a hash.")
            table = inner
        self.context = path[:-1]
        name = path[-1]
        if is_array:
            tables = table.setdefault(name, TableSlice())
            if not isinstance(tables, TableSlice):
                raise self.error(f"Key '{_shown_path(path)}' was already created and cannot be used as an array.")
            tables.append({})
        else:
            self._set(name, {})
        self.context = path

    def _set(self, name: str, value: Any) -> None:
        table: Any = self.root
        for depth, part in enumerate(self.context, start=1):
            table = table[part]
            if isinstance(table, TableSlice):
                table = table[-1]
            if not isinstance(table, dict):
                raise self.error(f"Key '{_shown_path(self.context[:depth])}' has already been defined.")
        path = (*self.context, name)
        if name in table:
            if path not in self.implicit:
                raise self.error(f"Key '{_shown_path(path)}' has already been defined.")
            # tables that only a longer key implied may be defined once
            self.implicit.remove(path)
            if path not in self.arrays:
                return
        table[name] = value

    # --- values ---------------------------------------------------------------------------------------------------

    def _value(self) -> Any:
        self.skip_blanks()
        char = self.peek()
        if char and char in "0123456789+-":
            number = self._number_or_date()
            self.peek()  # a forbidden character right behind it is the number's fault
            return number
        if char == "[":
            return self._array()
        if char == "{":
            return self._inline_table()
        if char == '"':
            if self.accept('"""'):
                return self.multiline_string('"""')
            self.at += 1
            return self.basic_string()
        if char == "'":
            if self.accept("'''"):
                return self.multiline_string("'''")
            self.at += 1
            return self.literal_string()
        if char == ".":
            raise self.error("floats must start with a digit, not '.'")
        if char in ("i", "n") and char and (number := self._inf_or_nan()) is not None:
            return number
        if char.isalpha():
            return self._word()
        if not char:
            raise self.error("unexpected EOF; expected value")
        raise self.error(f"expected value but found {self.shown()} instead")

    def _inf_or_nan(self) -> float | None:
        """`inf` or `nan`. What only begins like one is read on from where BurntSushi's lexer stands then."""
        start = self.at
        self.at += 1
        if not (self.accept("n") and self.accept("f")) and not (self.accept("a") and self.accept("n")):
            self.at -= 1
            return None
        word = self.text[start : self.at]
        if word not in ("inf", "nan"):
            raise self.error(f"Invalid float value: {quote(word)}")
        return float(word)

    def _word(self) -> bool:
        start = self.at
        while self.peek().isalpha():
            self.at += 1
        word = self.text[start : self.at]
        if word not in ("true", "false"):
            raise self.error(f"expected value but found {quote(word)} instead")
        return word == "true"

    def _array(self) -> list[Any]:
        self._enter()
        self.arrays.add((*self.context, self.key))
        items: list[Any] = []
        while True:
            self.skip_lines()
            char = self.peek()
            if char == ",":
                raise self.error("unexpected comma")
            if char == "]":
                break
            items.append(self._value())
            self.skip_lines()
            char = self.peek()
            if char == ",":
                self.at += 1
            elif char != "]":
                shown = f"'{char}'" if char else "end of file"
                raise self.error(f"expected a comma (',') or array terminator (']'), but got {shown}")
        self._leave()
        return items

    def _inline_table(self) -> Table:
        self._enter()
        outer, key = self.context, self.key
        path = (*outer, key)
        self.implicit.add(path)
        self._open_inline(path)
        table: Table = {}
        while True:
            self.skip_lines()
            char = self.peek()
            if char == ",":
                raise self.error("unexpected comma")
            if char == "}":
                break
            parts, value = self._key_value(path)
            _put(table, parts, value)
            self.skip_lines()
            char = self.peek()
            if char == ",":
                self.at += 1
            elif char != "}":
                shown = f"'{char}'" if char else "end of file"
                raise self.error(f"expected a comma or an inline table terminator '}}', but got {shown} instead")
        self._leave()
        self.context, self.key = outer, key
        return table

    def _open_inline(self, path: Path) -> None:
        """An inline table is first built in the document, so that keys given twice are found."""
        table: Any = self.root
        for part in path[:-1]:
            table = table[part]
            if isinstance(table, TableSlice):
                table = table[-1]
        if path in self.arrays and isinstance(table, dict):
            # an element of an array: each has its keys for itself
            table[path[-1]] = {}
            self.context = path
            self.implicit = {each for each in self.implicit if each[: len(path)] != path or each == path}
        else:
            self._open(path, is_array=False)
        self.key = ""

    def _enter(self) -> None:
        self.at += 1
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self.error("values are nested too deeply")

    def _leave(self) -> None:
        self.at += 1
        self.depth -= 1

    # --- numbers and dates ----------------------------------------------------------------------------------------

    def _number_or_date(self) -> Any:
        found = _DATETIME.match(self.text, self.at)
        if found is not None:
            self.at = found.end()
            return self._placed(read_datetime, found[0].strip(" "))
        for special, value in (("inf", math.inf), ("nan", math.nan)):
            if self.accept("+" + special) or self.accept("-" + special):
                return math.copysign(value, -1 if self.text[self.at - 4] == "-" else 1)
        found = _NUMBER.match(self.text, self.at)
        if found is None:
            raise self._not_a_number()
        digits = found[0]
        following = self.text[found.end() : found.end() + 1]
        if digits.lstrip("+-") == "0" and following and following in "box":
            self.at = found.end() + 1
            if digits != "0":
                raise self.error(f"cannot use sign with non-decimal numbers: '{digits}{following}'")
            base = {"b": "a binary", "o": "an octal", "x": "a hexadecimal"}[following]
            raise self.error(f"not {base} number: '0{following}{self.peek()}'")
        self.at = found.end()
        if digits[:2] not in ("0x", "0o", "0b") and re.search("[.eE]", digits):
            return self._placed(read_float, digits)
        return self._placed(read_integer, digits)

    def _placed(self, read: Callable[[str], Any], text: str) -> Any:
        """What `read` makes of a number or date; its errors with their place."""
        try:
            return read(text)
        except TomlValueError as error:
            raise self.error(str(error)) from None

    def _not_a_number(self) -> TomlSyntaxError:
        self.at += 1
        char = self.peek()
        if char == ".":
            return self.error("floats must start with a digit, not '.'")
        if char in ("i", "n") and char:
            return self.error(f"invalid float: '{self.text[self.at - 1 : self.at + 1]}'")
        return self.error(f"expected a digit but got {self.shown()}")


def _shown_path(path: Path) -> str:
    return ".".join(map(quoted_key, path))


def _put(table: Table, parts: Path, value: Any) -> None:
    for part in parts[:-1]:
        table = table.setdefault(part, {})
    table[parts[-1]] = value
