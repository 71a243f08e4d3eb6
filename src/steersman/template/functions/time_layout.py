"""Go's time layouts: the moment `Mon Jan 2 15:04:05 MST 2006` written as a time shall be written or read.

Source: https://pkg.go.dev/time#Layout.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from steersman.lazy import pattern

DAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip

# In a layout these stand for something; all else is text. Earlier alternatives win where several match.
_ELEMENT = pattern(
    r"January|Jan(?![a-z])|Monday|Mon(?![a-z])|MST|0[1-6]|002|15|1|2006|_2(?!006)|__2|2|3|4|5|PM|pm"
    r"|[-Z](?:070000|07:00:00|0700|07:00|07)|[.,](?:0+|9+)(?![0-9])"
)


class Piece(NamedTuple):
    """An element of a layout with the text before it; the last piece may have no element."""

    text: str
    element: str


@lru_cache(maxsize=256)
def pieces(layout: str) -> tuple[Piece, ...]:
    """Part a layout into its elements."""
    parts: list[Piece] = []
    at = 0
    for found in _ELEMENT.finditer(layout):
        parts.append(Piece(layout[at : found.start()], found[0]))
        at = found.end()
    parts.append(Piece(layout[at:], ""))
    return tuple(parts)


class Clock(NamedTuple):
    """A moment as calendars and clocks of its zone show it. `weekday` counts from Sunday, `yearday` from 1."""

    year: int
    month: int
    day: int
    hour: int
    minute: int
    second: int
    nanosecond: int
    weekday: int
    yearday: int
    zone: str
    offset: int


def format_clock(clock: Clock, layout: str) -> str:
    """time.Time.Format."""
    written: list[str] = []
    for text, element in pieces(layout):
        written.append(text)
        if element:
            written.append(_write(clock, element))
    return "".join(written)


def _write(clock: Clock, element: str) -> str:
    simple = _SIMPLE.get(element)
    if simple is not None:
        return simple.format(c=clock, short_year=abs(clock.year) % 100, hour12=clock.hour % 12 or 12)
    if element == "2006":
        return f"{clock.year:04d}" if clock.year >= 0 else f"-{-clock.year:04d}"
    if element in ("January", "Jan"):
        return MONTHS[clock.month - 1][: None if element == "January" else 3]
    if element in ("Monday", "Mon"):
        return DAYS[clock.weekday][: None if element == "Monday" else 3]
    if element in ("PM", "pm"):
        mark = "PM" if clock.hour >= 12 else "AM"
        return mark if element == "PM" else mark.lower()
    if element == "MST":
        return clock.zone or _write_offset(clock.offset, "-0700")
    if element[0] in ".,":
        return _write_fraction(clock.nanosecond, element)
    return _write_offset(clock.offset, element)


_SIMPLE = {
    "06": "{short_year:02d}", "1": "{c.month}", "01": "{c.month:02d}",
    "2": "{c.day}", "_2": "{c.day:2d}", "02": "{c.day:02d}", "__2": "{c.yearday:3d}", "002": "{c.yearday:03d}",
    "15": "{c.hour:02d}", "3": "{hour12}", "03": "{hour12:02d}", "4": "{c.minute}", "04": "{c.minute:02d}",
    "5": "{c.second}", "05": "{c.second:02d}",
}  # fmt: skip


def _write_fraction(nanosecond: int, element: str) -> str:
    """`.000` with three digits always, `.999` with up to three, without zeros at the end, and no dot for none."""
    digits = f"{nanosecond:09d}"[: len(element) - 1].ljust(min(len(element) - 1, 9), "0")
    if element[1] == "9":
        digits = digits.rstrip("0")
    return element[0] + digits if digits else ""


def _write_offset(offset: int, element: str) -> str:
    if element[0] == "Z" and offset == 0:
        return "Z"
    # the sign is that of the whole minutes
    minutes = abs(offset) // 60
    sign = "-" if offset <= -60 else "+"
    colon = ":" if ":" in element else ""
    written = f"{sign}{minutes // 60:02d}"
    if len(element) > 3:
        written += f"{colon}{minutes % 60:02d}"
    if element.count("00") == 2:
        written += f"{colon}{abs(offset) % 60:02d}"
    return written
