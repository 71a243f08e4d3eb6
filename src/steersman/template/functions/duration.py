"""Go's time.Duration: nanoseconds, their text (`1h2m3.5s`) and its reading."""

from __future__ import annotations

import math

from steersman.lazy import TYPE_CHECKING, pattern
from steersman.template.strconv import format_float
from steersman.template.values import GoMethods, Int64, Method, method, named_integers, wrap_int

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import ClassVar

NANOSECOND = 1
MICROSECOND = 1000 * NANOSECOND
MILLISECOND = 1000 * MICROSECOND
SECOND = 1000 * MILLISECOND
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE

_MAX, _MIN = 2**63 - 1, -(2**63)
_UNITS = {"ns": NANOSECOND, "us": MICROSECOND, "µs": MICROSECOND, "μs": MICROSECOND, "ms": MILLISECOND}
_UNITS |= {"s": SECOND, "m": MINUTE, "h": HOUR}


class Duration(int, GoMethods):
    """time.Duration: an int64 of nanoseconds that prints as text."""

    go_type = "time.Duration"
    go_kind = "int64"
    go_methods: ClassVar[Mapping[str, Method]] = {
        "Hours": method("hours", "", "float64"),
        "Minutes": method("minutes", "", "float64"),
        "Seconds": method("seconds", "", "float64"),
        "Milliseconds": method("milliseconds", "", "int64"),
        "Microseconds": method("microseconds", "", "int64"),
        "Nanoseconds": method("nanoseconds", "", "int64"),
        "Round": method("round", "time.Duration", "time.Duration"),
        "Truncate": method("truncate", "time.Duration", "time.Duration"),
        "Abs": method("absolute", "", "time.Duration"),
        "String": method("go_string", "", "string"),
    }

    def go_string(self) -> str:
        """`1h0m0.5s`; below a second `1.5ms`; `0s`."""
        nanoseconds = abs(self)
        sign = "-" if self < 0 else ""
        if nanoseconds == 0:
            return "0s"
        if nanoseconds < SECOND:
            for unit, size in (("ns", NANOSECOND), ("µs", MICROSECOND), ("ms", MILLISECOND)):
                if nanoseconds < size * 1000:
                    return f"{sign}{_decimal(nanoseconds, size)}{unit}"
        minutes, rest = divmod(nanoseconds, MINUTE)
        hours, minutes_left = divmod(minutes, 60)
        text = _decimal(rest, SECOND) + "s"
        if minutes:
            text = f"{minutes_left}m{text}"
        return f"{sign}{hours}h{text}" if hours else sign + text

    def hours(self) -> float:
        return self._in(HOUR)

    def minutes(self) -> float:
        return self._in(MINUTE)

    def seconds(self) -> float:
        return self._in(SECOND)

    def _in(self, unit: int) -> float:
        whole = abs(self) // unit
        part = abs(self) % unit
        return math.copysign(whole + part / unit, self)

    def milliseconds(self) -> Int64:
        return self._whole(MILLISECOND)

    def microseconds(self) -> Int64:
        return self._whole(MICROSECOND)

    def nanoseconds(self) -> Int64:
        return Int64(self)

    def _whole(self, unit: int) -> Int64:
        count = abs(self) // unit
        return Int64(-count if self < 0 else count)

    def truncate(self, unit: int) -> Duration:
        """Cut towards zero to a multiple of `unit`."""
        return self if unit <= 0 else Duration(self - int(math.copysign(abs(self) % unit, self)))

    def round(self, unit: int) -> Duration:
        """To the nearest multiple of `unit`, halves away from zero; what does not fit becomes the extreme."""
        if unit <= 0:
            return self
        rest = abs(self) % unit
        rounded = abs(self) - rest if rest * 2 < unit else abs(self) - rest + unit
        return Duration(max(_MIN, min(_MAX, -rounded if self < 0 else rounded)))

    def absolute(self) -> Duration:
        return Duration(min(_MAX, abs(self)))


named_integers[Duration.go_type] = Duration


def _decimal(nanoseconds: int, unit: int) -> str:
    """`nanoseconds` in `unit`s, with as many decimals as needed."""
    whole, rest = divmod(nanoseconds, unit)
    digits = str(rest).rjust(len(str(unit)) - 1, "0").rstrip("0") if rest else ""
    return f"{whole}.{digits}" if digits else str(whole)


class DurationError(ValueError):
    """Text that is no duration; the message is Go's."""


_PART = pattern(r"([0-9]*)(?:(\.)([0-9]*))?([^.0-9]*)")


def parse_duration(text: str) -> Duration:
    """time.ParseDuration: `-1.5h30m`. Raises DurationError."""
    total = 0
    negative = text.startswith("-")
    rest = text[1:] if text[:1] in ("+", "-") else text
    if rest == "0":
        return Duration(0)
    if not rest:
        raise DurationError(f"time: invalid duration {quote(text)}")
    at = 0
    while at < len(rest):
        found = _PART.match(rest, at)
        assert found is not None
        whole, _, fraction, unit = found.groups()
        if (not whole and not fraction) or len(whole) > 40 or int(whole or "0") > 2**63:
            raise DurationError(f"time: invalid duration {quote(text)}")
        if not unit:
            raise DurationError(f"time: missing unit in duration {quote(text)}")
        size = _UNITS.get(unit)
        if size is None:
            raise DurationError(f"time: unknown unit {quote(unit)} in duration {quote(text)}")
        total += int(whole or "0") * size
        if fraction:
            # as Go: in floating point, with as many digits as an int64 takes
            digits = fraction[:18]
            total += int(int(digits) * (size / 10.0 ** len(digits)))
        if total > 2**63:
            raise DurationError(f"time: invalid duration {quote(text)}")
        at = found.end()
    if not negative and total > _MAX:
        raise DurationError(f"time: invalid duration {quote(text)}")
    return Duration(-total if negative else total)


def from_seconds(seconds: float) -> Duration:
    """Seconds as Helm's duration functions take them. Raises DurationError."""
    if isinstance(seconds, int):
        if abs(seconds) > _MAX // SECOND:
            raise DurationError(f"duration seconds overflow: {int(seconds)}")
        return Duration(wrap_int(seconds * SECOND))
    if not math.isfinite(seconds):
        raise DurationError(f"invalid duration seconds: {format_float(seconds)}")
    if abs(seconds) > 2.0**63 / SECOND:
        raise DurationError(f"duration seconds overflow: {format_float(seconds)}")
    nanoseconds = seconds * SECOND
    return Duration(max(_MIN, min(_MAX, int(nanoseconds))))


def quote(text: str) -> str:
    """Package time's own quoting: bytes that are not printable ASCII as `\\xNN`."""
    return '"' + "".join(map(_quoted, text)) + '"'


def _quoted(char: str) -> str:
    if char in '"\\':
        return "\\" + char
    if " " <= char < "\x80":
        return char
    return "".join(f"\\x{byte:02x}" for byte in char.encode("utf-8", "surrogateescape"))
