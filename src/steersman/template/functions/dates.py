"""Dates: now, date, toDate, dateModify, ago and their kin, with Go's layouts and zones."""

from __future__ import annotations

from steersman.template.functions.conversion import parse_int
from steersman.template.functions.duration import SECOND, Duration, DurationError, parse_duration
from steersman.template.functions.gotime import ZERO, Time, load_location, now, parse
from steersman.template.functions.registry import FunctionError, add, function
from steersman.template.functions.time_reader import TimeError
from steersman.template.functions.timezone import local
from steersman.template.values import Int32, Int64, wrap_int

_DATE = "2006-01-02"

add("now", now, "", "time.Time")


def _moment(date: object) -> Time:
    """A time as it is, an int, int32 or int64 as seconds since 1970; anything else is now."""
    if isinstance(date, Time):
        return date
    if type(date) in (int, Int32, Int64):
        return Time(int(date), 0, local())  # type: ignore[call-overload]
    return now()


@function("date", "string, any", "string")
def date_(layout: str, date: object) -> str:
    return date_in_zone(layout, date, "Local")


@function("dateInZone", "string, any, string", "string", "date_in_zone")
def date_in_zone(layout: str, date: object, zone: str) -> str:
    return _moment(date).in_zone(load_location(zone)).format(layout)


@function("htmlDate", "any", "string")
def html_date(date: object) -> str:
    return date_in_zone(_DATE, date, "Local")


@function("htmlDateInZone", "any, string", "string")
def html_date_in_zone(date: object, zone: str) -> str:
    return date_in_zone(_DATE, date, zone)


@function("unixEpoch", "time.Time", "string")
def unix_epoch(date: Time) -> str:
    return str(date.seconds)


# --- changing ------------------------------------------------------------------------------------------------------


@function("dateModify", "string, time.Time", "time.Time", "date_modify")
def date_modify(change: str, date: Time) -> Time:
    """`date` moved by a duration such as `-1.5h`; unmoved by what is none."""
    try:
        return date.add(parse_duration(change))
    except DurationError:
        return date


@function("mustDateModify", "string, time.Time", "time.Time", "must_date_modify")
def must_date_modify(change: str, date: Time) -> Time:
    try:
        return date.add(parse_duration(change))
    except DurationError as error:
        raise FunctionError(str(error)) from error


# --- reading -------------------------------------------------------------------------------------------------------


@function("toDate", "string, string", "time.Time")
def to_date(layout: str, text: str) -> Time:
    """The time that `text` says; Go's zero time for what does not fit the layout."""
    try:
        return parse(layout, text, local())
    except TimeError:
        return ZERO


@function("mustToDate", "string, string", "time.Time")
def must_to_date(layout: str, text: str) -> Time:
    try:
        return parse(layout, text, local())
    except TimeError as error:
        raise FunctionError(str(error)) from error


# --- spans of time -------------------------------------------------------------------------------------------------


@function("ago", "any", "string")
def ago(date: object) -> str:
    """How long ago, to the second. Unlike elsewhere, an int32 counts as no date here."""
    past = now() if type(date) is Int32 else _moment(date)
    return now().sub(past).round(SECOND).go_string()


@function("duration", "any", "string")
def duration(seconds: object) -> str:
    """A number of seconds, an int64 or digits, as a duration."""
    count = 0
    if isinstance(seconds, str):
        count = max(-(2**63), min(2**63 - 1, parse_int(seconds, 10) or 0))
    elif type(seconds) is Int64:
        count = int(seconds)
    return Duration(wrap_int(count * SECOND)).go_string()


_ROUND_UNITS = (("y", 365 * 24 * 3600), ("mo", 30 * 24 * 3600), ("d", 24 * 3600), ("h", 3600), ("m", 60), ("s", 1))


@function("durationRound", "any", "string")
def duration_round(span: object) -> str:
    """The largest unit of which there is more than one, cut to a whole number: `3mo`, `2h`; `0s` for the rest."""
    size = 0
    if isinstance(span, str):
        try:
            size = int(parse_duration(span))
        except DurationError:
            size = 0
    elif type(span) is Int64:
        size = int(span)
    elif isinstance(span, Time):
        size = int(now().sub(span))
    for unit, seconds in _ROUND_UNITS:
        if abs(size) > seconds * SECOND:
            return f"{abs(size) // (seconds * SECOND)}{unit}"
    return "0s"
