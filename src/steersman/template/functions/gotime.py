"""Go's time.Time: a moment to the nanosecond and the zone in which to show it."""

from __future__ import annotations

import time as clock_of_python

from steersman.lazy import TYPE_CHECKING
from steersman.record import record
from steersman.template.failures import FunctionError
from steersman.template.functions import time_encoding
from steersman.template.functions.duration import Duration
from steersman.template.functions.time_layout import DAYS, MONTHS, Clock, format_clock
from steersman.template.functions.time_reader import read_time
from steersman.template.functions.timezone import UTC, Location, fixed, load, local
from steersman.template.values import (
    GoMethods,
    GoObject,
    Int64,
    Method,
    NilPointer,
    Uint64,
    method,
    uncallable,
    utf8,
    wrap_int,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import ClassVar

_SECONDS_A_DAY = 86400
# Days from 0000-03-01, where the calendar's cycle of 400 years begins, to 1970-01-01.
_DAYS_TO_1970 = 719468
_STARTED = clock_of_python.monotonic_ns()


class Month(int, GoMethods):
    """time.Month"""

    go_type = "time.Month"
    go_kind = "int"
    go_methods: ClassVar[Mapping[str, Method]] = {"String": method("go_string", "", "string")}
    cast_to_int = True

    def go_string(self) -> str:
        return MONTHS[self - 1] if 1 <= self <= 12 else f"%!Month({int(self)})"


class Weekday(int, GoMethods):
    """time.Weekday: 0 is Sunday."""

    go_type = "time.Weekday"
    go_kind = "int"
    go_methods: ClassVar[Mapping[str, Method]] = {"String": method("go_string", "", "string")}
    cast_to_int = True

    def go_string(self) -> str:
        return DAYS[self] if 0 <= self < 7 else f"%!Weekday({int(self)})"


@record(frozen=True, eq=False)
class Time(GoObject):
    """`seconds` since 1970 UTC (negative before) and `nanosecond`; `monotonic`, in nanoseconds, only of what `now` gave."""

    seconds: int
    nanosecond: int = 0
    location: Location = UTC
    monotonic: int | None = None

    go_type = "time.Time"
    go_methods: ClassVar[Mapping[str, Method]] = {
        "Format": method("format", "string", "string"),
        "AppendFormat": method("append_format", "[]uint8, string", "[]uint8"),
        "GoString": method("go_syntax", "", "string"),
        "MarshalText": method("marshal_text", "", "[]uint8"),
        "MarshalJSON": method("marshal_json", "", "[]uint8"),
        "MarshalBinary": method("marshal_binary", "", "[]uint8"),
        "GobEncode": method("marshal_binary", "", "[]uint8"),
        "AppendText": method("append_text", "[]uint8", "[]uint8"),
        "AppendBinary": method("append_binary", "[]uint8", "[]uint8"),
        "String": method("go_string", "", "string"),
        "Year": method("year", "", "int"),
        "Month": method("month", "", "time.Month"),
        "Day": method("day", "", "int"),
        "Hour": method("hour", "", "int"),
        "Minute": method("minute", "", "int"),
        "Second": method("second", "", "int"),
        "Nanosecond": method("nanosecond_of", "", "int"),
        "Weekday": method("weekday", "", "time.Weekday"),
        "YearDay": method("yearday", "", "int"),
        "Unix": method("unix", "", "int64"),
        "UnixMilli": method("unix_milli", "", "int64"),
        "UnixMicro": method("unix_micro", "", "int64"),
        "UnixNano": method("unix_nano", "", "int64"),
        "Date": uncallable("int", "time.Month", "int"),
        "Clock": uncallable("int", "int", "int"),
        "ISOWeek": uncallable("int", "int"),
        "Zone": uncallable("string", "int"),
        "ZoneBounds": uncallable("time.Time", "time.Time"),
        "IsDST": method("is_summer_time", "", "bool"),
        "Location": method("location_of", "", "*time.Location"),
        "In": method("in_location", "*time.Location", "time.Time"),
        "UTC": method("utc", "", "time.Time"),
        "Local": method("local", "", "time.Time"),
        "Add": method("add", "time.Duration", "time.Time"),
        "AddDate": method("add_date", "int, int, int", "time.Time"),
        "Sub": method("sub", "time.Time", "time.Duration"),
        "Before": method("before", "time.Time", "bool"),
        "After": method("after", "time.Time", "bool"),
        "Equal": method("equal", "time.Time", "bool"),
        "Compare": method("compare", "time.Time", "int"),
        "IsZero": method("is_zero", "", "bool"),
        "Round": method("round", "time.Duration", "time.Time"),
        "Truncate": method("truncate", "time.Duration", "time.Time"),
    }

    go_private_fields: ClassVar[Mapping[str, str]] = {"wall": "wall", "ext": "ext", "loc": "loc"}

    # --- showing --------------------------------------------------------------------------------------------------

    def clock(self) -> Clock:
        """What calendar and clock show in the time's zone."""
        zone, offset, _ = self.location.at(self.seconds)
        days, in_day = divmod(self.seconds + offset, _SECONDS_A_DAY)
        year, month, day = _civil(days)
        hour, minute, second = in_day // 3600, in_day // 60 % 60, in_day % 60
        yearday = days - _days(year, 1, 1) + 1
        weekday = (days + 4) % 7  # 1970-01-01 was a Thursday
        return Clock(year, month, day, hour, minute, second, self.nanosecond, weekday, yearday, zone, offset)

    def format(self, layout: str) -> str:
        return format_clock(self.clock(), layout)

    def go_string(self) -> str:
        text = self.format("2006-01-02 15:04:05.999999999 -0700 MST")
        if self.monotonic is not None:
            seconds, nanoseconds = divmod(abs(self.monotonic), 1_000_000_000)
            text += f" m={'-' if self.monotonic < 0 else '+'}{seconds}.{nanoseconds:09d}"
        return text

    def go_json(self) -> str:
        """Raises JsonError."""
        from steersman.template.functions.json_writer import JsonError

        try:
            return self.marshal_json().decode().strip('"')
        except FunctionError as error:
            said = str(error).removeprefix("Time.MarshalJSON: ")
            raise JsonError(f"json: error calling MarshalJSON for type *time.Time: {said}") from error

    def go_syntax(self) -> str:
        return time_encoding.go_syntax(self)

    def append_format(self, start: bytes | None, layout: str) -> bytes:
        return (start or b"") + utf8(self.format(layout))

    def marshal_text(self) -> bytes:
        return time_encoding.strict_text(self, "Time.MarshalText")

    def append_text(self, start: bytes | None) -> bytes:
        return (start or b"") + time_encoding.strict_text(self, "Time.AppendText")

    def marshal_json(self) -> bytes:
        return b'"' + time_encoding.strict_text(self, "Time.MarshalJSON") + b'"'

    def marshal_binary(self) -> bytes:
        return time_encoding.binary(self, "Time.MarshalBinary")

    def append_binary(self, start: bytes | None) -> bytes:
        return (start or b"") + time_encoding.binary(self, "Time.AppendBinary")

    # as Go keeps a time, which printf's verbs for numbers show

    @property
    def wall(self) -> Uint64:
        return Uint64(time_encoding.words(self)[0])

    @property
    def ext(self) -> Int64:
        return Int64(time_encoding.words(self)[1])

    @property
    def loc(self) -> GoObject:
        return NilPointer("*time.Location") if self.location is UTC else self.location

    def year(self) -> int:
        return self.clock().year

    def month(self) -> Month:
        return Month(self.clock().month)

    def day(self) -> int:
        return self.clock().day

    def hour(self) -> int:
        return self.clock().hour

    def minute(self) -> int:
        return self.clock().minute

    def second(self) -> int:
        return self.clock().second

    def nanosecond_of(self) -> int:
        return self.nanosecond

    def weekday(self) -> Weekday:
        return Weekday(self.clock().weekday)

    def yearday(self) -> int:
        return self.clock().yearday

    def unix(self) -> Int64:
        return Int64(self.seconds)

    def unix_milli(self) -> Int64:
        return Int64(wrap_int(self._nanoseconds() // 1_000_000))

    def unix_micro(self) -> Int64:
        return Int64(wrap_int(self._nanoseconds() // 1000))

    def unix_nano(self) -> Int64:
        return Int64(wrap_int(self._nanoseconds()))

    def _nanoseconds(self) -> int:
        return self.seconds * 1_000_000_000 + self.nanosecond

    # --- other moments, other zones -------------------------------------------------------------------------------

    def in_zone(self, location: Location) -> Time:
        return Time(self.seconds, self.nanosecond, location, self.monotonic)

    def location_of(self) -> Location:
        return self.location

    def in_location(self, location: Location | None) -> Time:
        """Raises FunctionError: Go panics where there is no location."""
        if location is None:
            raise FunctionError("time: missing Location in call to Time.In")
        return self.in_zone(location)

    def is_summer_time(self) -> bool:
        return self.location.at(self.seconds).is_summer_time

    def utc(self) -> Time:
        return self.in_zone(UTC)

    def local(self) -> Time:
        return self.in_zone(local())

    def add(self, duration: int) -> Time:
        total = self._nanoseconds() + int(duration)
        monotonic = None if self.monotonic is None else self.monotonic + int(duration)
        return Time(total // 1_000_000_000, total % 1_000_000_000, self.location, monotonic)

    def add_date(self, years: int, months: int, days: int) -> Time:
        c = self.clock()
        return at_clock(
            c.year + years, c.month + months, c.day + days, c.hour, c.minute, c.second, c.nanosecond, self.location
        )

    def sub(self, other: Time) -> Duration:
        difference = self._nanoseconds() - other._nanoseconds()
        return Duration(max(-(2**63), min(2**63 - 1, difference)))

    def before(self, other: Time) -> bool:
        return self._nanoseconds() < other._nanoseconds()

    def after(self, other: Time) -> bool:
        return self._nanoseconds() > other._nanoseconds()

    def equal(self, other: Time) -> bool:
        return self._nanoseconds() == other._nanoseconds()

    def compare(self, other: Time) -> int:
        return self.after(other) - self.before(other)

    def is_zero(self) -> bool:
        return self._nanoseconds() == ZERO._nanoseconds()

    def truncate(self, unit: int) -> Time:
        return self._stripped() if unit <= 0 else self._stripped().add(-(self._since_zero() % unit))

    def round(self, unit: int) -> Time:
        if unit <= 0:
            return self._stripped()
        rest = self._since_zero() % unit
        return self._stripped().add(-rest if rest * 2 < unit else unit - rest)

    def _stripped(self) -> Time:
        return Time(self.seconds, self.nanosecond, self.location)

    def _since_zero(self) -> int:
        return self._nanoseconds() - ZERO._nanoseconds()

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Time)
            and (self.seconds, self.nanosecond) == (other.seconds, other.nanosecond)
            and self.location == other.location
        )

    def __hash__(self) -> int:
        return hash((self.seconds, self.nanosecond))


# Go's zero time, 0001-01-01 00:00:00 UTC.
ZERO = Time(-62135596800)


def now() -> Time:
    nanoseconds = clock_of_python.time_ns()
    monotonic = clock_of_python.monotonic_ns() - _STARTED
    return Time(nanoseconds // 1_000_000_000, nanoseconds % 1_000_000_000, local(), monotonic)


def at_clock(
    year: int, month: int, day: int, hour: int, minute: int, second: int, nanosecond: int, location: Location
) -> Time:
    """time.Date: the moment when the clocks of `location` show this; a month 13 is the next year's January, and so on."""
    year += (month - 1) // 12
    month = (month - 1) % 12 + 1
    wall = ((_days(year, month, 1) + day - 1) * 24 + hour) * 3600 + minute * 60 + second
    return Time(location.moment_of(wall), nanosecond, location)


def parse(layout: str, text: str, location: Location) -> Time:
    """time.ParseInLocation. Raises TimeError."""
    reading = read_time(layout, text)
    r = reading
    assert r.month is not None
    assert r.day is not None
    at = (r.year, r.month, r.day, r.hour, r.minute, r.second, r.nanosecond)
    if reading.utc:
        return at_clock(*at, UTC)
    if reading.offset is not None:
        in_utc = at_clock(*at, UTC)
        moment = Time(in_utc.seconds - reading.offset, in_utc.nanosecond, location)
        here = location.at(moment.seconds)
        if here.offset == reading.offset and reading.zone in (None, here.abbreviation):
            return moment
        return moment.in_zone(fixed(reading.zone or "", reading.offset))
    if reading.zone is not None:
        return _with_abbreviation(at_clock(*at, UTC), reading.zone, location)
    return at_clock(*at, location)


def _with_abbreviation(wall: Time, zone: str, location: Location) -> Time:
    """The time of clocks in the zone of that abbreviation, if it is one of `location`'s; else a zone made up for it."""
    for probe in (wall.seconds, wall.seconds - 182 * _SECONDS_A_DAY, wall.seconds + 182 * _SECONDS_A_DAY):
        here = location.at(probe)
        if here.abbreviation == zone:
            return Time(wall.seconds - here.offset, wall.nanosecond, location)
    offset = int(zone[3:]) * 3600 if zone.startswith("GMT") and len(zone) > 3 else 0
    # as Go has it, the clock is taken for UTC even where the abbreviation tells an offset
    return Time(wall.seconds, wall.nanosecond, fixed(zone, offset))


def load_location(name: str) -> Location:
    """The zone of that name; UTC for an unknown one, as sprig has it."""
    return load(name) or UTC


def _days(year: int, month: int, day: int) -> int:
    """Days from 1970-01-01 to a date of the (proleptic) Gregorian calendar. `day` may be beyond the month's end."""
    year -= month <= 2
    era = year // 400
    year_of_era = year - era * 400
    day_of_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    return era * 146097 + year_of_era * 365 + year_of_era // 4 - year_of_era // 100 + day_of_year - _DAYS_TO_1970


def _civil(days: int) -> tuple[int, int, int]:
    """Year, month and day of that many days after 1970-01-01."""
    days += _DAYS_TO_1970
    era, day_of_era = divmod(days, 146097)
    year_of_era = (day_of_era - day_of_era // 1460 + day_of_era // 36524 - day_of_era // 146096) // 365
    year = year_of_era + era * 400
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    month_from_march = (5 * day_of_year + 2) // 153
    day = day_of_year - (153 * month_from_march + 2) // 5 + 1
    month = (month_from_march + 2) % 12 + 1
    return year + (month <= 2), month, day
