"""time.Time for programs to read: MarshalText, MarshalJSON, MarshalBinary, and the Go syntax of `%#v`.

Source: https://pkg.go.dev/time#Time.MarshalBinary and the format of version 1 and 2 there.
"""

from __future__ import annotations

from steersman.lazy import TYPE_CHECKING
from steersman.template.failures import FunctionError
from steersman.template.functions.duration import quote
from steersman.template.functions.time_layout import MONTHS
from steersman.template.functions.timezone import UTC

if TYPE_CHECKING:
    from steersman.template.functions.gotime import Time

RFC3339 = "2006-01-02T15:04:05.999999999Z07:00"
_YEAR_1 = 62135596800
_YEAR_1885 = 59453308800
_HAS_MONOTONIC = 1 << 63


def strict_text(time: Time, caller: str) -> bytes:
    """RFC 3339. Raises FunctionError, in the name of `caller`, for what that format cannot hold."""
    clock = time.clock()
    if not 0 <= clock.year <= 9999:
        raise FunctionError(f"{caller}: year outside of range [0,9999]")
    if abs(clock.offset) // 3600 > 23:
        raise FunctionError(f"{caller}: timezone hour outside of range [0,23]")
    return time.format(RFC3339).encode()


def binary(time: Time, caller: str) -> bytes:
    """Version, seconds since the year 1, nanoseconds, offset in minutes (-1 for UTC). Raises FunctionError."""
    version, minutes, seconds = 1, -1, 0
    if time.location is not UTC:
        offset = time.clock().offset
        minutes, seconds = int(offset / 60), int(offset - int(offset / 60) * 60)
        version = 2 if seconds else 1
        if minutes == -1 or not -32768 <= minutes < 32768:
            raise FunctionError(f"{caller}: unexpected zone offset")
    data = bytes([version]) + (time.seconds + _YEAR_1).to_bytes(8, "big", signed=True)
    data += time.nanosecond.to_bytes(4, "big") + minutes.to_bytes(2, "big", signed=True)
    return data + (seconds.to_bytes(1, "big", signed=True) if version == 2 else b"")


def go_syntax(time: Time) -> str:
    """`time.Date(2006, time.January, 2, 15, 4, 5, 0, time.UTC)`"""
    c = time.clock()
    zone = f"time.Location({quote(time.location.name)})"
    if time.location is UTC:
        zone = "time.UTC"
    elif time.location.is_local:
        zone = "time.Local"
    return (
        f"time.Date({c.year}, time.{MONTHS[c.month - 1]}, {c.day}, "
        f"{c.hour}, {c.minute}, {c.second}, {c.nanosecond}, {zone})"
    )


def words(time: Time) -> tuple[int, int]:
    """The numbers that Go keeps a time in: `wall` and `ext`."""
    if time.monotonic is None:
        return time.nanosecond, time.seconds + _YEAR_1
    return _HAS_MONOTONIC | (time.seconds + _YEAR_1 - _YEAR_1885) << 30 | time.nanosecond, time.monotonic
