"""Numbers, dates and times of TOML, from the text that the reader cut out. Errors come without the line."""

from __future__ import annotations

import math
import re

from steersman.template.functions import gotime
from steersman.template.functions.conversion import parse_int
from steersman.template.functions.time_reader import TimeError
from steersman.template.functions.timezone import fixed, local
from steersman.template.strconv import quote
from steersman.template.values import Int64


class TomlValueError(ValueError):
    """A number or date that is none; the message is BurntSushi's."""


def read_integer(digits: str) -> Int64:
    if not _underscores_fit(digits):
        raise TomlValueError(f"Invalid integer {quote(digits)}: underscores must be surrounded by digits")
    if re.match("0[0-9_]|[+-]0.", digits):
        raise TomlValueError(f"Invalid integer {quote(digits)}: cannot have leading zeroes")
    number = parse_int(digits, 0)
    if number is None or not -(2**63) <= number < 2**63:
        raise TomlValueError(f"{digits} is out of range for int64")
    return Int64(number)


def read_float(digits: str) -> float:
    parts = re.split("[.eE]", digits)
    if not all(_underscores_fit(part) for part in parts if part):
        raise TomlValueError(f"Invalid float {quote(digits)}: underscores must be surrounded by digits")
    if re.match("0[0-9_]|[+-]0.", parts[0]):
        raise TomlValueError(f"Invalid float {quote(digits)}: cannot have leading zeroes")
    if re.search(r"\.(?![0-9])", digits):
        raise TomlValueError(f"Invalid float {quote(digits)}: '.' must be followed by one or more digits")
    try:
        number = float(digits.replace("_", ""))
    except ValueError:
        raise TomlValueError(f"Invalid float value: {quote(digits)}") from None
    if math.isinf(number):
        raise TomlValueError(f"{digits} is out of range for float64")
    return number


def read_datetime(text: str) -> gotime.Time:
    text = text.replace("z", "Z").replace("t", "T").replace(" ", "T")
    offset = local().at(gotime.now().seconds).offset
    for layout, zone in _LAYOUTS:
        location = fixed(zone, offset) if zone else local()
        try:
            time = gotime.parse(layout, text, location)
        except TimeError:
            continue
        if not _lacks_zeros(text, layout):
            return time
        break
    raise TomlValueError(f"invalid datetime: {quote(text)}")


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
