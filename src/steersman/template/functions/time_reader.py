"""Reading times by a layout, as Go's time.Parse does.

The result is not a time yet but what the text says: see `Reading`. Source: https://pkg.go.dev/time#Parse.
"""

from __future__ import annotations

import re

from steersman.lazy import TYPE_CHECKING, pattern
from steersman.record import record
from steersman.template.functions.duration import quote
from steersman.template.functions.time_layout import DAYS, MONTHS, pieces
from steersman.template.values import from_utf8, utf8

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import NoReturn


class TimeError(ValueError):
    """Text that does not fit its layout; the message is Go's."""


@record(slots=True)
class Reading:
    """What a text says. `offset` and `zone` are None where it says nothing of a zone; `utc` where it says UTC."""

    year: int = 0
    month: int | None = None
    day: int | None = None
    yearday: int | None = None
    hour: int = 0
    minute: int = 0
    second: int = 0
    nanosecond: int = 0
    half: str = ""
    offset: int | None = None
    zone: str | None = None
    utc: bool = False


class _Mismatch(Exception):
    """The rest of the text does not begin as the layout's element asks."""


class _OutOfRange(Exception):
    """A number that no such field has; the argument names the field."""


def read_time(layout: str, text: str) -> Reading:
    """Raises TimeError."""
    reading = Reading()
    rest = text
    all_pieces = pieces(layout)
    for number, (literal, element) in enumerate(all_pieces):
        try:
            rest = _skip(rest, literal)
        except _Mismatch as mismatch:
            _fail(layout, text, literal, mismatch.args[0])
        if not element:
            if rest:
                raise TimeError(f"parsing time {quote(text)}: extra text: {quote(rest)}")
            break
        following = all_pieces[number + 1]
        fraction_follows = not following.text and following.element[:1] in (".", ",")
        try:
            rest = _read(reading, element, rest, fraction_follows)
        except _OutOfRange as field:
            raise TimeError(f"parsing time {quote(text)}: {field} out of range") from None
        except _Mismatch:
            _fail(layout, text, element, rest)
    _check_date(reading, text)
    return reading


def _fail(layout: str, text: str, wanted: str, found: str) -> NoReturn:
    raise TimeError(
        f"parsing time {quote(text)} as {quote(layout)}: cannot parse {quote(found)} as {quote(wanted)}"
    ) from None


def _skip(rest: str, literal: str) -> str:
    """Take `literal` off the front; one blank stands for any number of them. Raises _Mismatch with what is left."""
    while literal:
        if literal[0] == " ":
            if rest and rest[0] != " ":
                raise _Mismatch(rest)
            literal, rest = literal.lstrip(" "), rest.lstrip(" ")
        elif rest[:1] != literal[0]:
            raise _Mismatch(_without_common_bytes(rest, literal))
        else:
            literal, rest = literal[1:], rest[1:]
    return rest


def _without_common_bytes(rest: str, literal: str) -> str:
    """Go compares bytes: the first ones of two different letters may be the same."""
    found, wanted = utf8(rest), utf8(literal)
    same = next((at for at, pair in enumerate(zip(found, wanted, strict=False)) if pair[0] != pair[1]), len(found))
    return from_utf8(found[same:])


# --- elements ------------------------------------------------------------------------------------------------------


def _read(reading: Reading, element: str, rest: str, fraction_follows: bool) -> str:
    if element in ("5", "05"):
        return _read_second(reading, element, rest, fraction_follows)
    if element[0] in ".,":
        return _read_fraction(reading, element, rest)
    if element[0] in "-Z":
        return _read_offset(reading, element, rest)
    return _READERS[element](reading, element, rest)


def _take(pattern: str, rest: str) -> tuple[str, str]:
    found = re.match(pattern, rest)
    if found is None:
        raise _Mismatch
    return found[0], rest[found.end() :]


def _take_number(element: str, rest: str) -> tuple[int, str]:
    """One or two digits; two where the element begins with a zero."""
    digits, rest = _take("[0-9]{2}" if element[0] == "0" else "[0-9]{1,2}", rest)
    return int(digits), rest


def _read_year(reading: Reading, element: str, rest: str) -> str:
    if element == "2006":
        if len(rest) < 4 or not rest[0].isdigit():
            raise _Mismatch
        digits, rest = _take("[0-9]{4}", rest)
        reading.year = int(digits)
    else:
        if len(rest) < 2:
            raise _Mismatch
        digits, rest = _take("[0-9]{2}|[+-][0-9]", rest)
        short = int(digits)
        reading.year = short + (1900 if short >= 69 else 2000)
    return rest


def _take_name(names: Sequence[str], rest: str) -> tuple[int, str]:
    for number, name in enumerate(names):
        if rest[: len(name)].lower() == name.lower():
            return number, rest[len(name) :]
    raise _Mismatch


def _read_month_name(reading: Reading, element: str, rest: str) -> str:
    names = MONTHS if element == "January" else [name[:3] for name in MONTHS]
    number, rest = _take_name(names, rest)
    reading.month = number + 1
    return rest


def _read_month(reading: Reading, element: str, rest: str) -> str:
    reading.month, rest = _take_number(element, rest)
    if not 1 <= reading.month <= 12:
        raise _OutOfRange("month")
    return rest


def _read_weekday(reading: Reading, element: str, rest: str) -> str:
    return _take_name(DAYS if element == "Monday" else [name[:3] for name in DAYS], rest)[1]


def _read_day(reading: Reading, element: str, rest: str) -> str:
    if element == "_2":
        rest = rest.removeprefix(" ")
    reading.day, rest = _take_number(element, rest)
    return rest


def _read_yearday(reading: Reading, element: str, rest: str) -> str:
    if element == "__2":
        rest = rest.removeprefix(" ").removeprefix(" ")
    digits, rest = _take("[0-9]{3}" if element == "002" else "[0-9]{1,3}", rest)
    reading.yearday = int(digits)
    return rest


def _read_hour(reading: Reading, element: str, rest: str) -> str:
    reading.hour, rest = _take_number("" if element == "15" else element, rest) if element != "15" else _take_hour(rest)
    if reading.hour > (23 if element == "15" else 12):
        raise _OutOfRange("hour")
    return rest


def _take_hour(rest: str) -> tuple[int, str]:
    digits, rest = _take("[0-9]{1,2}", rest)
    return int(digits), rest


def _read_minute(reading: Reading, element: str, rest: str) -> str:
    reading.minute, rest = _take_number(element, rest)
    if reading.minute > 59:
        raise _OutOfRange("minute")
    return rest


def _read_second(reading: Reading, element: str, rest: str, fraction_follows: bool) -> str:
    """Seconds; a fraction behind them is read even where the layout has none."""
    reading.second, rest = _take_number(element, rest)
    if reading.second > 59:
        raise _OutOfRange("second")
    found = None if fraction_follows else re.match(r"[.,]([0-9]+)", rest)
    if found is None:
        return rest
    reading.nanosecond = _nanoseconds(found[1])
    return rest[found.end() :]


def _read_fraction(reading: Reading, element: str, rest: str) -> str:
    if element[1] == "9":
        found = re.match(r"[.,]([0-9]+)", rest)
        if found is None:
            return rest
    else:
        found = re.match(rf"[.,]([0-9]{{{len(element) - 1}}})", rest)
        if found is None:
            raise _Mismatch
    reading.nanosecond = _nanoseconds(found[1])
    return rest[found.end() :]


def _nanoseconds(digits: str) -> int:
    return int(digits[:9].ljust(9, "0"))


def _read_half(reading: Reading, element: str, rest: str) -> str:
    half, rest = _take("PM|AM" if element == "PM" else "pm|am", rest)
    reading.half = half.lower()
    return rest


def _read_offset(reading: Reading, element: str, rest: str) -> str:
    if element[0] == "Z" and rest.startswith("Z"):
        reading.utc = True
        return rest[1:]
    shape = re.sub("0[70]", "([0-9]{2})", element[1:])
    found = re.match(f"([+-]){shape}", rest)
    if found is None:
        raise _Mismatch
    hour, minute, second = ([int(part) for part in found.groups()[1:]] + [0, 0])[:3]
    for number, limit, field in ((hour, 24, "hour"), (minute, 60, "minute"), (second, 60, "second")):
        if number > limit:
            raise _OutOfRange(f"time zone offset {field}")
    seconds = (hour * 60 + minute) * 60 + second
    reading.offset = -seconds if found[1] == "-" else seconds
    return rest[found.end() :]


# An abbreviation: three capital letters, four or five of which the last is a T, and a few of other shapes.
_ABBREVIATION = pattern(
    r"ChST|MeST|GMT(?:[+-](?:0*(?:1?[0-9]|2[0-3]))(?![0-9]))?|[+-](?:0*(?:1?[0-9]|2[0-3]))(?![0-9])"
    r"|(?:[A-Z]{4}T|[A-Z]{3}T|WITA|[A-Z]{3})(?![A-Z])"
)


def _read_zone(reading: Reading, element: str, rest: str) -> str:
    if rest.startswith("UTC"):
        reading.utc = True
        return rest[3:]
    found = _ABBREVIATION.match(rest)
    if found is None:
        raise _Mismatch
    reading.zone = found[0]
    return rest[found.end() :]


_READERS: dict[str, Callable[[Reading, str, str], str]] = {
    **dict.fromkeys(("2006", "06"), _read_year),
    **dict.fromkeys(("January", "Jan"), _read_month_name),
    **dict.fromkeys(("1", "01"), _read_month),
    **dict.fromkeys(("Monday", "Mon"), _read_weekday),
    **dict.fromkeys(("2", "_2", "02"), _read_day),
    **dict.fromkeys(("__2", "002"), _read_yearday),
    **dict.fromkeys(("15", "3", "03"), _read_hour),
    **dict.fromkeys(("4", "04"), _read_minute),
    **dict.fromkeys(("PM", "pm"), _read_half),
    "MST": _read_zone,
}


# --- the date as a whole -------------------------------------------------------------------------------------------


def is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def days_in(month: int, year: int) -> int:
    return 29 if month == 2 and is_leap(year) else (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)[month - 1]


def _check_date(reading: Reading, text: str) -> None:
    """Settle 12-hour clocks and days of the year; check that the day exists."""
    if reading.half == "pm" and reading.hour < 12:
        reading.hour += 12
    elif reading.half == "am" and reading.hour == 12:
        reading.hour = 0
    if reading.yearday is not None:
        _settle_yearday(reading, text)
    month = reading.month or 1
    day = 1 if reading.day is None else reading.day
    if not 1 <= day <= days_in(month, reading.year):
        raise TimeError(f"parsing time {quote(text)}: day out of range")
    reading.month, reading.day = month, day


def _settle_yearday(reading: Reading, text: str) -> None:
    assert reading.yearday is not None
    month, day = 1, reading.yearday
    if not 1 <= day <= 365 + is_leap(reading.year):
        raise TimeError(f"parsing time {quote(text)}: day-of-year out of range")
    while day > days_in(month, reading.year):
        day -= days_in(month, reading.year)
        month += 1
    if reading.month not in (None, month):
        raise TimeError(f"parsing time {quote(text)}: day-of-year does not match month")
    if reading.day not in (None, day):
        raise TimeError(f"parsing time {quote(text)}: day-of-year does not match day")
    reading.month, reading.day = month, day
