"""JSON as Go's encoding/json reads it: numbers as float64, a later key wins, errors in Go's words.

Python's own reader does the work where it agrees. Text that it finds fault with, and the few things in which it is more
generous or less careful than Go, are left to `_Reader`.
"""

from __future__ import annotations

import json
import math
import re

from steersman.lazy import TYPE_CHECKING, pattern
from steersman.template.functions.unicode import REPLACEMENT, runes
from steersman.template.strconv import quote, quote_rune
from steersman.template.values import from_utf8, utf8

if TYPE_CHECKING:
    from typing import Any


class JsonSyntaxError(ValueError):
    """Text that is not JSON."""


class JsonRangeError(ValueError):
    """A number that no float64 holds. Go goes on reading: `value` is all that was read, with 0 in its place."""

    def __init__(self, message: str, value: Any) -> None:
        super().__init__(message)
        self.value = value


_SURROGATE_ESCAPE = pattern(r"\\u[dD][89a-fA-F]")


def loads(text: str) -> Any:
    """The value that `text` holds. Raises JsonSyntaxError or JsonRangeError."""
    text = runes(text)
    if _SURROGATE_ESCAPE.search(text) is None:
        try:
            return json.loads(text, parse_float=_number, parse_int=_number, parse_constant=_reject)
        except (ValueError, RecursionError):
            pass
    try:
        return _Reader(text).read()
    except RecursionError:
        raise JsonSyntaxError("exceeded max depth") from None


def _number(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise ValueError(digits)
    return number


def _reject(word: str) -> Any:
    raise ValueError(word)


_BLANKS = pattern(r"[ \t\r\n]*")
_PLAIN_TEXT = pattern(r'[^"\\\x00-\x1f]*')
_ESCAPES = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_LITERALS: dict[str, tuple[str, Any]] = {"t": ("true", True), "f": ("false", False), "n": ("null", None)}
_END = JsonSyntaxError("unexpected end of JSON input")


class _Reader:
    """Reads slowly, in order to say what Go says. `path` names the members and elements that are open."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.path: list[str] = []
        self.in_object: list[bool] = []
        self.range_error = ""

    def read(self) -> Any:
        value = self._value()
        if self._peek():
            raise self._unexpected("after top-level value")
        if self.range_error:
            raise JsonRangeError(self.range_error, value)
        return value

    def _peek(self) -> str:
        """The next character that is no blank; empty at the end."""
        found = _BLANKS.match(self.text, self.at)
        assert found is not None
        self.at = found.end()
        return self.text[self.at : self.at + 1]

    def _unexpected(self, where: str) -> JsonSyntaxError:
        char = self.text[self.at : self.at + 1]
        return JsonSyntaxError(f"invalid character {quote_rune(char)} {where}") if char else _END

    def _value(self) -> Any:
        char = self._peek()
        if char == "{":
            return self._object()
        if char == "[":
            return self._array()
        if char == '"':
            return self._string()
        if char in _LITERALS and char:
            return self._literal(*_LITERALS[char])
        if char and char in "-0123456789":
            return self._number()
        raise self._unexpected("looking for beginning of value")

    def _enter(self, is_object: bool) -> None:
        self.at += 1
        self.in_object.append(is_object)
        self.path.append("")

    def _leave(self) -> None:
        self.at += 1
        self.in_object.pop()
        self.path.pop()

    def _object(self) -> dict[str, Any]:
        self._enter(True)
        members: dict[str, Any] = {}
        char = self._peek()
        while char != "}" or members:
            if char != '"':
                raise self._unexpected("looking for beginning of object key string")
            key = self._string()
            if self._peek() != ":":
                raise self._unexpected("after object key")
            self.at += 1
            self.path[-1] = key
            members[key] = self._value()
            char = self._peek()
            if char == "}":
                break
            if char != ",":
                raise self._unexpected("after object key:value pair")
            self.at += 1
            char = self._peek()
        self._leave()
        return members

    def _array(self) -> list[Any]:
        self._enter(False)
        items: list[Any] = []
        if self._peek() != "]":
            while True:
                self.path[-1] = str(len(items))
                items.append(self._value())
                char = self._peek()
                if char == "]":
                    break
                if char != ",":
                    raise self._unexpected("after array element")
                self.at += 1
        self._leave()
        return items

    def _literal(self, word: str, value: Any) -> Any:
        for wanted in word:
            if self.text[self.at : self.at + 1] != wanted:
                raise self._unexpected(f"in literal {word} (expecting '{wanted}')")
            self.at += 1
        return value

    def _number(self) -> float:
        start = self.at
        if self.text[self.at] == "-":
            self.at += 1
        if self.text[self.at : self.at + 1] == "0":
            self.at += 1
        else:
            self._digits()
        if self.text[self.at : self.at + 1] == ".":
            self.at += 1
            self._digits()
        if self.text[self.at : self.at + 1] in ("e", "E"):
            self.at += 1
            if self.text[self.at : self.at + 1] in ("+", "-"):
                self.at += 1
            self._digits()
        digits = self.text[start : self.at]
        number = float(digits)
        if math.isinf(number):
            self.range_error = self.range_error or self._out_of_range(digits)
            return 0.0
        return number

    def _digits(self) -> None:
        start = self.at
        while self.text[self.at : self.at + 1] and self.text[self.at] in "0123456789":
            self.at += 1
        if self.at == start:
            raise self._unexpected("in numeric literal")

    def _out_of_range(self, digits: str) -> str:
        if not self.path:
            place = "Go value"
        else:
            pointer = "".join("." + part.replace("~", "~0").replace("/", "~1") for part in self.path)
            place = f"Go struct field {pointer}" if self.in_object[-1] else pointer
        return f"json: cannot unmarshal number {digits} into {place} of type float64"

    # --- strings --------------------------------------------------------------------------------------------------

    def _string(self) -> str:
        self.at += 1
        pieces: list[str] = []
        while True:
            found = _PLAIN_TEXT.match(self.text, self.at)
            assert found is not None
            pieces.append(found[0])
            self.at = found.end()
            char = self.text[self.at : self.at + 1]
            if char == '"':
                self.at += 1
                return "".join(pieces)
            if char != "\\":
                raise self._unexpected("in string")
            pieces.append(self._escape())

    def _escape(self) -> str:
        char = self.text[self.at + 1 : self.at + 2]
        if char == "u":
            code = self._unicode_escape()
            if 0xD800 <= code < 0xDC00 and self.text[self.at : self.at + 2] == "\\u":
                before_low = self.at
                low = self._unicode_escape()
                if 0xDC00 <= low < 0xE000:
                    return chr(0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00))
                self.at = before_low
            return REPLACEMENT if 0xD800 <= code < 0xE000 else chr(code)
        if not char:
            raise _END
        if char not in _ESCAPES:
            raise _bad_escape(from_utf8(utf8(self.text[self.at : self.at + 2])[:2]))
        self.at += 2
        return _ESCAPES[char]

    def _unicode_escape(self) -> int:
        digits = self.text[self.at + 2 : self.at + 6]
        if re.fullmatch("[0-9a-fA-F]{4}", digits):
            self.at += 6
            return int(digits, 16)
        if len(digits) < 4 and re.fullmatch("[0-9a-fA-F]*", digits):
            raise _END
        raise _bad_escape(from_utf8(utf8(self.text[self.at : self.at + 6])[:6]))


def _bad_escape(escape: str) -> JsonSyntaxError:
    unclear = any(char in "` " or not char.isprintable() for char in escape)
    return JsonSyntaxError(f"invalid escape sequence {quote(escape) if unclear else f'`{escape}`'} in string")
