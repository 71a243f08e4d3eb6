"""TOML 1.1 as BurntSushi's decoder (version 1.6) reads it, which Helm's fromToml uses, with its error texts."""

from __future__ import annotations

import math
import re
from typing import Any

from steersman.template.functions import gotime
from steersman.template.functions.conversion import parse_int
from steersman.template.functions.time_reader import TimeError
from steersman.template.functions.timezone import Location, fixed, local
from steersman.template.functions.toml_writer import quoted_key
from steersman.template.strconv import quote, quote_rune
from steersman.template.values import Int64

Table = dict[str, Any]
Path = tuple[str, ...]

MAX_DEPTH = 400


class TomlSyntaxError(ValueError):
    """Text that is not TOML; the message is BurntSushi's, with the line and the last key."""


class TableSlice(list[Table]):
    """[]map[string]interface {}: an array of tables."""

    __slots__ = ()
    go_type = "[]map[string]interface {}"
    go_kind = "slice"


def loads(text: str) -> Table:
    """The document's table. Raises TomlSyntaxError."""
    return _Reader(text).read()


_BLANK = re.compile(r"[ \t]*")
_BARE = re.compile(r"[A-Za-z0-9_-]*")
_COMMENT = re.compile(r"#[^\n]*")
_ESCAPES = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r", "e": "\x1b", '"': '"', "\\": "\\"}
_UNICODE_ESCAPES = {"x": (2, "two"), "u": (4, "four"), "U": (8, "eight")}
_DATETIME = re.compile(r"[0-9]{1,}[-:][0-9\-:Tt .Zz+]*")
_NUMBER = re.compile(r"0x[0-9A-Fa-f_]+|0o[0-7_]+|0b[01_]+|[+-]?[0-9][0-9_]*(?:[.eE][0-9_.eE+-]*)?")
_FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\udc80-\udcff]|\r(?!\n)")


class _Reader:
    """Reads one document. `context` is the path of the table being filled, `key` what is being set in it."""

    def __init__(self, text: str) -> None:
        self.text = text.removeprefix("\ufeff")
        self.at = 0
        self.root: Table = {}
        self.context: Path = ()
        self.key = ""
        self.implicit: set[Path] = set()
        self.arrays: set[Path] = set()
        self.depth = 0
        found = _FORBIDDEN.search(self.text)
        # where reading will stop at the latest
        self.forbidden = found.start() if found else -1

    # --- errors ---------------------------------------------------------------------------------------------------

    def _error(self, message: str, *, line_before: bool = False) -> TomlSyntaxError:
        """The error for the line where reading stopped, or the line before."""
        position = self.at
        if 0 <= self.forbidden <= position:
            position = self.forbidden
            char = self.text[position]
            if char >= "\udc80":
                message = f"invalid UTF-8 byte: 0x{ord(char) - 0xDC00:02x}"
            else:
                message = f"TOML files cannot contain control characters: '0x{ord(char):02x}'"
        line = self.text.count("\n", 0, position) + 1
        if line_before or (position >= len(self.text) and self.text.endswith("\n")):
            line -= 1
        last = ".".join(map(quoted_key, self.context))
        if self.key:
            last = f"{last}.{self.key}" if last else self.key
        place = f"toml: line {line}" + (f" (last key {quote(last)})" if last else "")
        return TomlSyntaxError(f"{place}: {message}")

    def _shown(self) -> str:
        """The next character as errors quote it; U+0000 at the end."""
        return quote_rune(self.text[self.at : self.at + 1] or "\0")

    # --- characters -----------------------------------------------------------------------------------------------

    def _peek(self) -> str:
        if self.at == self.forbidden:
            raise self._error("")
        return self.text[self.at : self.at + 1]

    def _skip(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self.text, self.at)
        assert found is not None
        self.at = found.end()
        if 0 <= self.forbidden < self.at:
            raise self._error("")
        return found[0]

    def _skip_lines(self) -> None:
        """Blanks, line breaks and comments."""
        while True:
            self._skip(_BLANK)
            char = self._peek()
            if char == "#":
                self._skip(_COMMENT)
            elif char in ("\n", "\r") and char:
                self.at += 1
            else:
                return

    def _accept(self, text: str) -> bool:
        if self.text.startswith(text, self.at):
            self.at += len(text)
            return True
        return False

    # --- the document ---------------------------------------------------------------------------------------------

    def read(self) -> Table:
        nul = self.text.find("\0", 0, 6)
        if nul >= 0:
            raise TomlSyntaxError(
                "toml: line 1: files cannot contain NULL bytes; probably using UTF-16; TOML files must be UTF-8"
            )
        while True:
            self._skip_lines()
            char = self._peek()
            if not char:
                return self.root
            if char == "[":
                self._table_header()
            else:
                self._key_value(self.context)
                self.key = ""
            self._end_of_item()

    def _end_of_item(self) -> None:
        self._skip(_BLANK)
        char = self._peek()
        if char == "#":
            self._skip(_COMMENT)
        elif char in ("\n", "\r") and char:
            self.at += 1
        elif char:
            shown = self._shown()
            raise self._error(
                f"expected a top-level item to end with a newline, comment, or EOF, but got {shown} instead"
            )

    def _table_header(self) -> None:
        self.at += 1
        is_array = self._accept("[")
        path: list[str] = []
        while True:
            self._skip(_BLANK)
            char = self._peek()
            if char in ("]", ""):
                raise self._error("unexpected end of table name (table names cannot be empty)")
            if char == ".":
                raise self._error("unexpected table separator (table names cannot be empty)")
            path.append(self._name())
            self._skip(_BLANK)
            char = self._peek()
            if char == ".":
                self.at += 1
                continue
            if char != "]":
                raise self._error(f"expected '.' or ']' to end table name, but got {self._shown()} instead")
            self.at += 1
            break
        if is_array:
            if self._peek() != "]":
                raise self._error(f"expected end of table array name delimiter ']', but got {self._shown()} instead")
            self.at += 1
        self._open(tuple(path), is_array)

    def _name(self) -> str:
        """One part of a key: bare or quoted."""
        char = self._peek()
        if char == '"':
            self.at += 1
            return self._basic_string()
        if char == "'":
            self.at += 1
            return self._literal_string()
        return self._skip(_BARE)

    def _key_value(self, outer: Path) -> tuple[Path, Any]:
        """`key = value`, set below `outer`. Gives the key's parts and the value; the last key stays known to errors."""
        char = self._peek()
        if char in ("=", ""):
            raise self._error("unexpected '=': key name appears blank")
        if char == ".":
            raise self._error("unexpected '.': keys cannot start with a '.'")
        parts: list[str] = []
        while True:
            self._skip(_BLANK)
            char = self._peek()
            if char in ("=", "."):
                raise self._error(f"unexpected '{char}'")
            parts.append(self._name())
            self._skip(_BLANK)
            char = self._peek()
            if char == ".":
                self.at += 1
                continue
            if not char:
                raise self._error("unexpected EOF; expected key separator '='")
            if char != "=":
                raise self._error(f"expected '.' or '=', but got {self._shown()} instead")
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
                raise self._error(f"Key '{_shown_path(path[:depth])}' was already created as a hash.")
            table = inner
        self.context = path[:-1]
        name = path[-1]
        if is_array:
            tables = table.setdefault(name, TableSlice())
            if not isinstance(tables, TableSlice):
                raise self._error(f"Key '{_shown_path(path)}' was already created and cannot be used as an array.")
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
                raise self._error(f"Key '{_shown_path(self.context[:depth])}' has already been defined.")
        path = (*self.context, name)
        if name in table:
            if path not in self.implicit:
                raise self._error(f"Key '{_shown_path(path)}' has already been defined.")
            # tables that only a longer key implied may be defined once
            self.implicit.remove(path)
            if path not in self.arrays:
                return
        table[name] = value

    # --- values ---------------------------------------------------------------------------------------------------

    def _value(self) -> Any:
        self._skip(_BLANK)
        char = self._peek()
        if char and char in "0123456789+-":
            number = self._number_or_date()
            self._peek()  # a forbidden character right behind it is the number's fault
            return number
        if char == "[":
            return self._array()
        if char == "{":
            return self._inline_table()
        if char == '"':
            if self._accept('"""'):
                return self._multiline('"""')
            self.at += 1
            return self._basic_string()
        if char == "'":
            if self._accept("'''"):
                return self._multiline("'''")
            self.at += 1
            return self._literal_string()
        if char == ".":
            raise self._error("floats must start with a digit, not '.'")
        if char in ("i", "n") and char and (number := self._inf_or_nan()) is not None:
            return number
        if char.isalpha():
            return self._word()
        if not char:
            raise self._error("unexpected EOF; expected value")
        raise self._error(f"expected value but found {self._shown()} instead")

    def _inf_or_nan(self) -> float | None:
        """`inf` or `nan`. What only begins like one is read on from where BurntSushi's lexer stands then."""
        start = self.at
        self.at += 1
        if not (self._accept("n") and self._accept("f")) and not (self._accept("a") and self._accept("n")):
            self.at -= 1
            return None
        word = self.text[start : self.at]
        if word not in ("inf", "nan"):
            raise self._error(f"Invalid float value: {quote(word)}")
        return float(word)

    def _word(self) -> bool:
        start = self.at
        while self._peek().isalpha():
            self.at += 1
        word = self.text[start : self.at]
        if word not in ("true", "false"):
            raise self._error(f"expected value but found {quote(word)} instead")
        return word == "true"

    def _array(self) -> list[Any]:
        self._enter()
        self.arrays.add((*self.context, self.key))
        items: list[Any] = []
        while True:
            self._skip_lines()
            char = self._peek()
            if char == ",":
                raise self._error("unexpected comma")
            if char == "]":
                break
            items.append(self._value())
            self._skip_lines()
            char = self._peek()
            if char == ",":
                self.at += 1
            elif char != "]":
                shown = f"'{char}'" if char else "end of file"
                raise self._error(f"expected a comma (',') or array terminator (']'), but got {shown}")
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
            self._skip_lines()
            char = self._peek()
            if char == ",":
                raise self._error("unexpected comma")
            if char == "}":
                break
            parts, value = self._key_value(path)
            _put(table, parts, value)
            self._skip_lines()
            char = self._peek()
            if char == ",":
                self.at += 1
            elif char != "}":
                shown = f"'{char}'" if char else "end of file"
                raise self._error(f"expected a comma or an inline table terminator '}}', but got {shown} instead")
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
            self.implicit.add(path)
        self.key = ""

    def _enter(self) -> None:
        self.at += 1
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self._error("values are nested too deeply")

    def _leave(self) -> None:
        self.at += 1
        self.depth -= 1

    # --- numbers and dates ----------------------------------------------------------------------------------------

    def _number_or_date(self) -> Any:
        found = _DATETIME.match(self.text, self.at)
        if found is not None:
            self.at = found.end()
            return self._datetime(found[0].strip(" "))
        for special, value in (("inf", math.inf), ("nan", math.nan)):
            if self._accept("+" + special) or self._accept("-" + special):
                return math.copysign(value, -1 if self.text[self.at - 4] == "-" else 1)
        found = _NUMBER.match(self.text, self.at)
        if found is None:
            raise self._not_a_number()
        digits = found[0]
        following = self.text[found.end() : found.end() + 1]
        if digits.lstrip("+-") == "0" and following and following in "box":
            self.at = found.end() + 1
            if digits != "0":
                raise self._error(f"cannot use sign with non-decimal numbers: '{digits}{following}'")
            base = {"b": "a binary", "o": "an octal", "x": "a hexadecimal"}[following]
            raise self._error(f"not {base} number: '0{following}{self._peek()}'")
        self.at = found.end()
        if digits[:2] not in ("0x", "0o", "0b") and re.search("[.eE]", digits):
            return self._float(digits)
        return self._integer(digits)

    def _not_a_number(self) -> TomlSyntaxError:
        self.at += 1
        char = self._peek()
        if char == ".":
            return self._error("floats must start with a digit, not '.'")
        if char in ("i", "n") and char:
            return self._error(f"invalid float: '{self.text[self.at - 1 : self.at + 1]}'")
        return self._error(f"expected a digit but got {self._shown()}")

    def _integer(self, digits: str) -> Int64:
        if not _underscores_fit(digits):
            raise self._error(f"Invalid integer {quote(digits)}: underscores must be surrounded by digits")
        if re.match("0[0-9_]|[+-]0.", digits):
            raise self._error(f"Invalid integer {quote(digits)}: cannot have leading zeroes")
        number = parse_int(digits, 0)
        if number is None or not -(2**63) <= number < 2**63:
            raise self._error(f"{digits} is out of range for int64")
        return Int64(number)

    def _float(self, digits: str) -> float:
        parts = re.split("[.eE]", digits)
        if not all(_underscores_fit(part) for part in parts if part):
            raise self._error(f"Invalid float {quote(digits)}: underscores must be surrounded by digits")
        if re.match("0[0-9_]|[+-]0.", parts[0]):
            raise self._error(f"Invalid float {quote(digits)}: cannot have leading zeroes")
        if re.search(r"\.(?![0-9])", digits):
            raise self._error(f"Invalid float {quote(digits)}: '.' must be followed by one or more digits")
        try:
            number = float(digits.replace("_", ""))
        except ValueError:
            raise self._error(f"Invalid float value: {quote(digits)}") from None
        if math.isinf(number):
            raise self._error(f"{digits} is out of range for float64")
        return number

    def _datetime(self, text: str) -> gotime.Time:
        text = text.replace("z", "Z").replace("t", "T").replace(" ", "T")
        offset = local().at(gotime.now().seconds).offset
        for layout, zone in _LAYOUTS:
            location: Location = fixed(zone, offset) if zone else local()
            try:
                time = gotime.parse(layout, text, location)
            except TimeError:
                continue
            if not _lacks_zeros(text, layout):
                return time
            break
        raise self._error(f"invalid datetime: {quote(text)}")

    # --- strings --------------------------------------------------------------------------------------------------

    def _basic_string(self) -> str:
        pieces: list[str] = []
        while True:
            char = self._peek()
            if not char:
                raise self._error("unexpected EOF; expected '\"'")
            if char in "\r\n":
                raise self._error("strings cannot contain newlines")
            self.at += 1
            if char == '"':
                return "".join(pieces)
            pieces.append(self._escape() if char == "\\" else char)

    def _literal_string(self) -> str:
        start = self.at
        while (char := self._peek()) != "'":
            if not char:
                raise self._error('unexpected EOF; expected "\'"')
            if char in "\r\n":
                raise self._error("strings cannot contain newlines")
            self.at += 1
        self.at += 1
        return self.text[start : self.at - 1]

    def _multiline(self, quotes: str) -> str:
        """The text up to three quotes; one or two quotes may stand right before them."""
        pieces: list[str] = []
        if self._accept("\r\n") or self._accept("\n"):
            pass
        while True:
            char = self._peek()
            if not char:
                mark = f"'{quotes}'" if quotes[0] == '"' else f'"{quotes}"'
                raise self._error(f"unexpected EOF; expected {mark}")
            if char == quotes[0] and self.text.startswith(quotes, self.at):
                run = len(self.text[self.at :]) - len(self.text[self.at :].lstrip(char))
                if run > 5:
                    self.at += 6
                    raise self._error(f"unexpected '{char * 6}'" if char == '"' else f'unexpected "{char * 6}"')
                self.at += run
                return "".join(pieces) + char * (run - 3)
            self.at += 1
            if char == "\\" and quotes == '"""':
                folded = re.compile(r"[ \t]*\r?\n[ \t\r\n]*").match(self.text, self.at)
                if folded is None:
                    pieces.append(self._escape())
                else:
                    self.at = folded.end()
            else:
                pieces.append(char)

    def _escape(self) -> str:
        char = self._peek()
        if char in _ESCAPES and char:
            self.at += 1
            return _ESCAPES[char]
        if char in _UNICODE_ESCAPES and char:
            return self._unicode_escape(char)
        self.at += 1
        if char in (" ", "\t"):
            raise self._error(f"invalid escape: '\\{char}'")
        raise self._error(f"invalid escape in string '\\{char or chr(0)}'", line_before=not char)

    def _unicode_escape(self, letter: str) -> str:
        length, in_words = _UNICODE_ESCAPES[letter]
        start = self.at + 1
        self.at = start
        for _ in range(length):
            if not re.match("[0-9a-fA-F]", self._peek()):
                self.at += 1
                shown = quote(self._so_far(start))
                raise self._error(f"expected {in_words} hexadecimal digits after '\\{letter}', but got {shown} instead")
            self.at += 1
        code = int(self.text[start : self.at], 16)
        if code > 0x10FFFF or 0xD800 <= code < 0xE000:
            raise self._error(f"Escaped character '\\u{self.text[start : self.at]}' is not valid UTF-8.")
        return chr(code)

    def _so_far(self, at: int) -> str:
        """The string's content up to here, as the lexer holds it when it complains of an escape."""
        begin = max(self.text.rfind('"', 0, at), self.text.rfind("\n", 0, at)) + 1
        return self.text[begin : self.at]


_LAYOUTS = (
    ("2006-01-02T15:04:05.999999999Z07:00", ""),
    ("2006-01-02T15:04:05.999999999", "datetime-local"),
    ("2006-01-02", "date-local"),
    ("15:04:05.999999999", "time-local"),
    ("2006-01-02T15:04Z07:00", ""),
    ("2006-01-02T15:04", "datetime-local"),
    ("15:04", "time-local"),
)


def _lacks_zeros(text: str, layout: str) -> bool:
    """Go reads one digit where TOML wants two: then the signs between the digits stand in other places."""
    for at, char in enumerate(layout):
        if char in ".Z":
            return False
        if not char.isdigit() and text[at : at + 1] != char:
            return True
    return False


def _underscores_fit(digits: str) -> bool:
    return re.fullmatch(r"[+-]?(?:0[xob])?(?:[0-9A-Fa-f]+_)*[0-9A-Fa-f]+", digits) is not None


def _shown_path(path: Path) -> str:
    return ".".join(map(quoted_key, path))


def _put(table: Table, parts: Path, value: Any) -> None:
    for part in parts[:-1]:
        table = table.setdefault(part, {})
    table[parts[-1]] = value
