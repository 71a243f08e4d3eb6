"""Moments as the text of RFC 3339, without `datetime`, whose import takes longer than what a command does with a few of them."""

from __future__ import annotations

from time import gmtime

_MONTHS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_DAYS_BEFORE_1970 = 719162  # since 0001-01-01


def utc(seconds: int) -> str:
    """Seconds since 1970 as `2026-11-27T04:05:06`, in UTC."""
    year, month, day, hour, minute, second, *_ = gmtime(seconds)
    return f"{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}"


def read(text: str) -> tuple[int, str] | None:
    """Whole seconds since 1970, and the fraction as it stands there (`.25`, or ""); None where the text is no RFC 3339 time."""
    numbers = (text[:4], text[5:7], text[8:10], text[11:13], text[14:16], text[17:19])
    fraction = text[19:-1] if text.endswith("Z") else text[19:-6]
    zone = text[19 + len(fraction) :]
    if text[4:19:3] != "--T::" or not all(map(_is_number, numbers)):
        return None
    if fraction and (fraction[0] != "." or not _is_number(fraction[1:])):
        return None
    year, month, day, hour, minute, second = map(int, numbers)
    offset = _offset(zone)
    if offset is None or not (year >= 1 and 1 <= month <= 12 and hour < 24 and minute < 60 and second < 60):
        return None
    leaps = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    if not 1 <= day <= _MONTHS[month - 1] + (leaps and month == 2):
        return None
    before = year - 1
    days = before * 365 + before // 4 - before // 100 + before // 400 + sum(_MONTHS[: month - 1]) + day - 1
    days += leaps and month > 2
    return (days - _DAYS_BEFORE_1970) * 86400 + hour * 3600 + minute * 60 + second - offset, fraction


def _offset(zone: str) -> int | None:
    """Seconds east of Greenwich."""
    if zone == "Z":
        return 0
    if len(zone) != 6 or zone[0] not in "+-" or zone[3] != ":" or not (_is_number(zone[1:3]) and _is_number(zone[4:])):
        return None
    seconds = int(zone[1:3]) * 3600 + int(zone[4:]) * 60
    return -seconds if zone[0] == "-" else seconds


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal()
