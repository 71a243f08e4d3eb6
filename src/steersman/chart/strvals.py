"""The little language of `--set`, `--set-string`, `--set-file`, `--set-json` and `--set-literal`.

    name=value,outer.inner=value,list[2].name=value,list={a,b},escaped\\,comma=value,deleted=null

Source: the behaviour of helm 4.3.1, its oddities included; the tests compare with it.
"""

from __future__ import annotations

import json
import re

from steersman.errors import ValuesError
from steersman.lazy import TYPE_CHECKING
from steersman.template.strconv import quote, quote_rune
from steersman.template.values import Int64, type_name

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, NoReturn

    Reader = Callable[[str], Any]

MAX_INDEX = 65536
MAX_NESTING = 30

_INTEGER = re.compile(r"[-+]?[0-9]+")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?P<fraction>\.[0-9]+)?(?P<exponent>[eE][-+]?[0-9]+)?")
_BLANK = frozenset("\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B))))
_TYPED: dict[str, Any] = {"true": True, "false": False, "null": None, "0": Int64(0)}


def parse_set(text: str, into: dict[str, Any], *, string: bool = False) -> None:
    """Set what a `--set` argument says in `into`, or with `string` a `--set-string` argument.

    Whole numbers become Int64, `true`, `false` and `null` (a deletion) are typed, all else is text; with `string`
    everything is. Raises ValuesError with Helm's words; `into` may then hold a part of it.
    """
    _Parser(text, _as_text if string else _typed).parse(into)


def parse_file(text: str, into: dict[str, Any], reader: Reader) -> None:
    """Set what a `--set-file` argument says: `reader` gives the content of each named file. Raises what it raises."""
    _Parser(text, reader).parse(into)


def parse_json(text: str, into: dict[str, Any]) -> None:
    """Set what a `--set-json` argument of the form `key=JSON,…` says; no value means null. Raises ValuesError."""
    _JsonParser(text, _as_text).parse(into)


def parse_json_object(text: str) -> dict[str, Any]:
    """The value of a `--set-json` argument that is one JSON object. Raises ValuesError."""
    text = text.strip("".join(_BLANK))
    value, end = _decode(text, 0)
    if text[end:].strip(" \t\r\n"):
        raise ValuesError("invalid character after top-level value")
    found: dict[str, Any] = value
    return found


def parse_literal(text: str, into: dict[str, Any]) -> None:
    """Set the one key of a `--set-literal` argument to all that follows its `=`. Raises ValuesError."""
    _LiteralParser(text, _as_text).parse(into)


class _EndOfText(Exception):
    """The text is over. Where this reaches the top, the argument was fine."""


class _Parser:
    key_stops = frozenset("=[,.")

    def __init__(self, text: str, reader: Reader) -> None:
        self.text = text
        self.at = 0
        self.reader = reader

    def parse(self, into: dict[str, Any]) -> None:
        try:
            while True:
                self.key(into, 0)
        except _EndOfText:
            pass

    def key(self, data: dict[str, Any], level: int) -> None:
        """Read a key and what it is set to. Raises _EndOfText where there is no key, or no value after `=`."""
        name, stop = self.until(self.key_stops)
        if stop == "=":
            try:
                _set(data, name, self.value())
            except _EndOfText:
                _set(data, name, "")
                raise
        elif stop == "[":
            index = self.index()
            items = _existing(data.get(name, []), list)
            _set(data, name, items)
            self.item(items, index, level)
        elif stop == ".":
            if level == MAX_NESTING:
                raise ValuesError(
                    f"value name nested level is greater than maximum supported nested level of {MAX_NESTING}"
                )
            inner = _existing(data.get(name, {}), dict)
            try:
                self.key(inner, level + 1)
            except _EndOfText:
                if inner:
                    _set(data, name, inner)
                raise
            if not inner:
                raise ValuesError(f"key map {quote(name)} has no value")
            _set(data, name, inner)
        elif stop == ",":
            raise ValuesError(f"key {quote(name)} has no value (cannot end with ,)")
        elif name:
            raise ValuesError(f"key {quote(name)} has no value")
        else:
            raise _EndOfText

    def item(self, items: list[Any], index: int, level: int) -> None:
        """Read what follows `[index]`."""
        if index < 0:
            raise ValuesError(f"negative {index} index not allowed")
        name, stop = self.until(frozenset("[.="))
        if name:
            runes = " ".join(quote_rune(rune) for rune in name)
            raise ValuesError(f"unexpected data at end of array index: [{runes}]")
        if stop == "=":
            try:
                value = self.value()
            except _EndOfText:
                value = ""
            _set_index(items, index, value)
        elif stop == "[":
            nested = self.index()
            present = items[index] if index < len(items) else None
            inner = [] if present is None else _existing(present, list)
            self.item(inner, nested, level)
            _set_index(items, index, inner)
        elif stop == ".":
            fields: dict[str, Any] = {}
            if index < len(items):
                if not isinstance(items[index], dict):
                    items[index] = {}
                fields = items[index]
            self.key(fields, level)
            _set_index(items, index, fields)
        else:
            raise _EndOfText

    def value(self) -> Any:
        """Read the value after `=`: a list in braces or the text up to a comma. Raises _EndOfText where nothing follows."""
        if self.at == len(self.text):
            raise _EndOfText
        if self.text[self.at] != "{":
            return self.reader(self.until(frozenset(","))[0])
        self.at += 1
        items = []
        while True:
            text, stop = self.until(frozenset(",}"))
            if not stop:
                raise ValuesError("list must terminate with '}'")
            if stop == "}":
                break
            items.append(self.reader(text))
        if self.text.startswith(",", self.at):
            self.at += 1
        items.append(self.reader(text))
        return items

    def index(self) -> int:
        text, stop = self.until(frozenset("]"))
        if not stop:
            raise _EndOfText
        number = _atoi(text)
        if number is None:
            problem = "value out of range" if _INTEGER.fullmatch(text) else "invalid syntax"
            raise ValuesError(f"error parsing index: strconv.Atoi: parsing {quote(text)}: {problem}")
        return number

    def until(self, stops: frozenset[str]) -> tuple[str, str]:
        """The text up to the next of `stops`, backslashes resolved, and which one it was: "" at the end of the text."""
        text = self.text
        found: list[str] = []
        while self.at < len(text):
            char = text[self.at]
            self.at += 1
            if char in stops:
                return "".join(found), char
            if char == "\\":
                char = text[self.at : self.at + 1]
                self.at += 1
            found.append(char)
        self.at = len(text)
        return "".join(found), ""


class _JsonParser(_Parser):
    def value(self) -> Any:
        if self.blank():
            return None
        value, self.at = _decode(self.text, self.at)
        self.blank()
        return value

    def blank(self) -> bool:
        """Skip blanks and one comma; whether the value was over with them."""
        while self.at < len(self.text):
            char = self.text[self.at]
            if char not in _BLANK and char != ",":
                return False
            self.at += 1
            if char == ",":
                return True
        return True


class _LiteralParser(_Parser):
    key_stops = frozenset("=[.")

    def value(self) -> str:
        rest = self.text[self.at :]
        self.at = len(self.text)
        return rest

    def until(self, stops: frozenset[str]) -> tuple[str, str]:
        for at in range(self.at, len(self.text)):
            if self.text[at] in stops:
                found = self.text[self.at : at]
                self.at = at + 1
                return found, self.text[at]
        return self.value(), ""


def _decode(text: str, at: int) -> tuple[Any, int]:
    """The JSON value at a place and where it ends, as Go's decoder reads it: every number is a float."""
    decoder = json.JSONDecoder(parse_int=_json_float, parse_float=_json_float, parse_constant=_no_constant)
    try:
        value, end = decoder.raw_decode(text, at)
    except RecursionError:
        raise ValuesError("exceeded max depth") from None
    except ValueError as error:
        raise ValuesError(str(error)) from None
    number = _NUMBER.match(text, at)
    if number is not None and not number["exponent"]:
        after = text[end : end + 1]
        # Python leaves what is no digit to its caller; to Go the number has begun to go wrong.
        if after in ("e", "E") or (after == "." and not number["fraction"]):
            raise ValuesError("invalid character in numeric literal")
    return _without_surrogates(value), end


def _set(data: dict[str, Any], name: str, value: Any) -> None:
    if name:  # Helm quietly passes over an empty name
        data[name] = value


def _set_index(items: list[Any], index: int, value: Any) -> None:
    if index > MAX_INDEX:
        raise ValuesError(f"index of {index} is greater than maximum supported index of {MAX_INDEX}")
    items.extend([None] * (index + 1 - len(items)))
    items[index] = value


def _existing(value: Any, kind: type) -> Any:
    if isinstance(value, kind):
        return value
    had = "nil" if value is None else type_name(value)
    raise ValuesError(
        f"unable to parse key: interface conversion: interface {{}} is {had}, not {type_name(kind())}",
        hint="a value set earlier, in a values file or by an option, is of another kind",
    )


def _as_text(text: str) -> str:
    return text


def _typed(text: str) -> Any:
    folded = text.casefold()
    if folded in _TYPED:
        return _TYPED[folded]
    if text and text[0] != "0":
        number = _atoi(text)
        if number is not None:
            return Int64(number)
    return text


def _atoi(text: str) -> int | None:
    if not _INTEGER.fullmatch(text):
        return None
    number = int(text)
    return number if -(1 << 63) <= number < 1 << 63 else None


def _json_float(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise ValueError(f"json: cannot unmarshal number {text} into Go value of type float64")
    return number


def _no_constant(text: str) -> NoReturn:
    raise ValueError(f"invalid JSON: {text}")


def _without_surrogates(value: Any) -> Any:
    """Go's decoder puts U+FFFD for half of a surrogate pair."""
    if isinstance(value, str):
        return "".join("\ufffd" if "\ud800" <= char <= "\udfff" else char for char in value)
    if isinstance(value, list):
        return [_without_surrogates(item) for item in value]
    if isinstance(value, dict):
        return {_without_surrogates(key): _without_surrogates(item) for key, item in value.items()}
    return value
