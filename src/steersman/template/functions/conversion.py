"""Conversion between numbers and text by the rules of spf13/cast 1.7, which sprig's numbers go through."""

from __future__ import annotations

import math

from steersman.lazy import TYPE_CHECKING, pattern, remembering
from steersman.template.functions.registry import function
from steersman.template.gofmt import default_format
from steersman.template.values import Int64, SizedInt, wrap_int

if TYPE_CHECKING:
    import re

INT64_MIN, INT64_MAX = -(2**63), 2**63 - 1

_ZEROS = pattern(r"\.0+\Z")
_DECIMAL = pattern("[+-]?[0-9]+")
_OCTAL = pattern("[+-]?[0-7]+")
_OLD_OCTAL = pattern("[+-]?0[0-7_]+")


@function("int", "any", "int")
def to_int(value: object) -> int:
    """The value as an int: a float is cut, text is read with Go's prefixes; 0 for what is no number."""
    if type(value) is int:
        return value
    if isinstance(value, float):
        return _cut(value)
    if isinstance(value, str):
        return _read_integer(value)
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, SizedInt):
        return wrap_int(int(value))
    return _calendar_number(value)


@function("int64", "any", "int64")
def to_int64(value: object) -> Int64:
    return Int64(to_int(value))


@function("float64", "any", "float64")
def to_float64(value: object) -> float:
    if type(value) is float:
        return value
    if isinstance(value, str):
        return read_float(value) or 0.0
    if type(value) is int or isinstance(value, (bool, SizedInt)):
        return float(value)
    return float(_calendar_number(value))


def _calendar_number(value: object) -> int:
    """cast takes time.Month and time.Weekday for numbers, and no other named type, time.Duration neither."""
    return int(value) if isinstance(value, int) and getattr(value, "cast_to_int", False) else 0


def _cut(number: float) -> int:
    """Go's conversion of a float: what does not fit becomes the lowest integer, as amd64 does it."""
    if math.isnan(number) or not -(2.0**63) <= number < 2.0**63:
        return INT64_MIN
    return int(number)


# --- reading text --------------------------------------------------------------------------------------------------


def _read_integer(text: str) -> int:
    """cast's reading: zeros behind a decimal point do not matter; 0 for what cannot be read or does not fit."""
    if text.isascii() and text.isdigit() and text[0] != "0" and len(text) < 19:
        return int(text)
    text = _ZEROS.sub("", text) if text.endswith("0") else text
    number = parse_int(text, 0)
    return number if number is not None and INT64_MIN <= number <= INT64_MAX else 0


def parse_int(text: str, base: int) -> int | None:
    """strconv.ParseInt without a size: base 0 reads the prefixes 0x, 0o, 0b and 0, and `_` between digits. None if malformed."""
    if not text.isascii() or (base and "_" in text):
        return None
    found = _integer_pattern(base).fullmatch(text)
    if found is None or len(text) > 4000:
        return None
    if base == 0 and _OLD_OCTAL.fullmatch(text):
        base = 8
    try:
        return int(text, base)
    except ValueError:
        return None


@remembering
def _integer_pattern(base: int) -> re.Pattern[str]:
    import re

    if base == 0:
        return re.compile(
            "[+-]?(?:0[xX](?:_?[0-9a-fA-F])+|0[oO](?:_?[0-7])+|0[bB](?:_?[01])+|0(?:_?[0-7])*|[1-9](?:_?[0-9])*)"
        )
    return re.compile("[+-]?[0-9a-zA-Z]+")


_FLOAT = pattern(
    r"(?ai)[+-]?(?:(?P<word>inf|infinity)|(?P<nan>nan)"
    r"|(?P<hex>0x_?(?:[0-9a-f](?:_?[0-9a-f])*\.?(?:[0-9a-f](?:_?[0-9a-f])*)?|\.[0-9a-f](?:_?[0-9a-f])*)p[+-]?[0-9](?:_?[0-9])*)"
    r"|(?:[0-9](?:_?[0-9])*\.?(?:[0-9](?:_?[0-9])*)?|\.[0-9](?:_?[0-9])*)(?:e[+-]?[0-9](?:_?[0-9])*)?)"
)


def read_float(text: str) -> float | None:
    """strconv.ParseFloat for 64 bits; None if the text is malformed or the number too large."""
    found = _FLOAT.fullmatch(text)
    if found is None:
        return None
    if found["nan"] and text[0] in "+-":
        return None
    digits = text.replace("_", "")
    try:
        number = float.fromhex(digits) if found["hex"] else float(digits)
    except OverflowError:
        return None
    return None if math.isinf(number) and not found["word"] else number


# --- functions of their own ----------------------------------------------------------------------------------------


@function("atoi", "string", "int")
def atoi(text: str) -> int:
    """Decimal digits with an optional sign; 0 for what is none, the nearest int for what does not fit."""
    if not _DECIMAL.fullmatch(text):
        return 0
    if len(text) > 20 + text.count("0"):
        return INT64_MIN if text[0] == "-" else INT64_MAX
    return max(INT64_MIN, min(INT64_MAX, int(text)))


@function("toDecimal", "any", "int64")
def to_decimal(value: object) -> Int64:
    """Octal digits as a number; 0 for what is none or does not fit."""
    text = default_format(value)
    if not _OCTAL.fullmatch(text):
        return Int64(0)
    number = int(text, 8)
    return Int64(number if INT64_MIN <= number <= INT64_MAX else 0)
