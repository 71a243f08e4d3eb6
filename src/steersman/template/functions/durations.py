"""Helm's own duration functions: a duration, a text such as `1h30m`, or a number of seconds in; a number or duration out."""

from __future__ import annotations

from steersman.lazy import TYPE_CHECKING
from steersman.template.functions.conversion import read_float
from steersman.template.functions.duration import Duration, DurationError, from_seconds, parse_duration
from steersman.template.functions.registry import FunctionError, add, function
from steersman.template.functions.unicode import SPACE
from steersman.template.strconv import quote
from steersman.template.values import Int64, kind, type_name

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


def _as_duration(value: object) -> Duration:
    """Raises DurationError."""
    if isinstance(value, Duration):
        return value
    if isinstance(value, str):
        return _read(value)
    if value is None:
        raise DurationError("invalid duration")
    if kind(value).startswith(("int", "uint", "float")) and isinstance(value, (int, float)):
        return from_seconds(value)
    raise DurationError(f"unsupported duration type {type_name(value)}")


def _read(text: str) -> Duration:
    trimmed = text.strip(SPACE)
    if not trimmed:
        raise DurationError("empty duration")
    try:
        return parse_duration(trimmed)
    except DurationError:
        seconds = read_float(trimmed)
        if seconds is None:
            raise DurationError(f"could not parse duration {quote(text)}") from None
        return from_seconds(seconds)


@function("mustToDuration", "any", "time.Duration")
def must_to_duration(value: object) -> Duration:
    try:
        return _as_duration(value)
    except DurationError as error:
        raise FunctionError(str(error)) from error


def _in_unit(convert: Callable[[Duration], Any], otherwise: Any) -> Callable[[object], Any]:
    def function_(value: object) -> Any:
        try:
            return convert(_as_duration(value))
        except DurationError:
            return otherwise

    return function_


add("durationNanoseconds", _in_unit(Duration.nanoseconds, Int64(0)), "any", "int64")
add("durationMicroseconds", _in_unit(Duration.microseconds, Int64(0)), "any", "int64")
add("durationMilliseconds", _in_unit(Duration.milliseconds, Int64(0)), "any", "int64")
add("durationSeconds", _in_unit(Duration.seconds, 0.0), "any", "float64")
add("durationMinutes", _in_unit(Duration.minutes, 0.0), "any", "float64")
add("durationHours", _in_unit(Duration.hours, 0.0), "any", "float64")
add("durationDays", _in_unit(lambda duration: duration.hours() / 24.0, 0.0), "any", "float64")
add("durationWeeks", _in_unit(lambda duration: duration.hours() / 24.0 / 7.0, 0.0), "any", "float64")


@function("durationRoundTo", "any, any", "time.Duration")
def duration_round_to(value: object, unit: object) -> Duration:
    """Nearest multiple of `unit`; 0 if `value` is no duration, `value` if `unit` is none."""
    return _to_multiple(value, unit, Duration.round)


@function("durationTruncateTo", "any, any", "time.Duration")
def duration_truncate_to(value: object, unit: object) -> Duration:
    """Multiple of `unit` towards zero; 0 if `value` is no duration, `value` if `unit` is none."""
    return _to_multiple(value, unit, Duration.truncate)


def _to_multiple(value: object, unit: object, operation: Callable[[Duration, int], Duration]) -> Duration:
    try:
        duration = _as_duration(value)
    except DurationError:
        return Duration(0)
    try:
        return operation(duration, _as_duration(unit))
    except DurationError:
        return duration
