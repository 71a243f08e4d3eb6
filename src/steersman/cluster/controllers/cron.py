"""Cron schedules: five fields or a macro, as robfig/cron reads them for Kubernetes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

_MACROS = {
    "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *", "@monthly": "0 0 1 * *", "@weekly": "0 0 * * 0", "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *", "@hourly": "0 * * * *",
}  # fmt: skip
_RANGES = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 6))
_MONTHS = {
    "jan": 1,
    "feb": 2,
    "mar": 3,
    "apr": 4,
    "may": 5,
    "jun": 6,
    "jul": 7,
    "aug": 8,
    "sep": 9,
    "oct": 10,
    "nov": 11,
    "dec": 12,
}
_DAYS = {"sun": 0, "mon": 1, "tue": 2, "wed": 3, "thu": 4, "fri": 5, "sat": 6}
_UNITS = {"h": 3600, "m": 60, "s": 1}


@dataclass(frozen=True, slots=True)
class Schedule:
    """When something happens: sets of minutes, hours, days, months and week days; or every so often."""

    fields: tuple[frozenset[int], ...]
    any_day: bool
    any_weekday: bool
    every: timedelta | None = None

    def next_after(self, moment: datetime, zone: str | None = None) -> datetime | None:
        """The next time after `moment` (aware); None where there is none within five years."""
        if self.every is not None:
            return moment.replace(microsecond=0) + self.every
        local = moment.astimezone(ZoneInfo(zone) if zone else UTC)
        at = local.replace(second=0, microsecond=0, tzinfo=None) + timedelta(minutes=1)
        end = at + timedelta(days=5 * 366)
        minutes, hours, _, months, _ = self.fields
        while at < end:
            if at.month not in months:
                at = (at.replace(day=1, hour=0, minute=0) + timedelta(days=32)).replace(day=1)
            elif not self._day_fits(at):
                at = at.replace(hour=0, minute=0) + timedelta(days=1)
            elif at.hour not in hours:
                at = at.replace(minute=0) + timedelta(hours=1)
            elif at.minute not in minutes:
                at += timedelta(minutes=1)
            else:
                return at.replace(tzinfo=local.tzinfo).astimezone(UTC)
        return None

    def _day_fits(self, at: datetime) -> bool:
        """With both days restricted either one is enough."""
        day, weekday = at.day in self.fields[2], (at.isoweekday() % 7) in self.fields[4]
        return day and weekday if self.any_day or self.any_weekday else day or weekday


def parse(text: str) -> Schedule:
    """Raises ValueError with robfig/cron's words."""
    text = text.strip()
    if text.startswith("@every "):
        return Schedule((), False, False, _duration(text[7:]))
    if text.startswith("@") and text not in _MACROS:
        raise ValueError(f"unrecognized descriptor: {text}")
    parts = _MACROS.get(text, text).split()
    if len(parts) != 5:
        raise ValueError(f"expected exactly 5 fields, found {len(parts)}: [{' '.join(parts)}]")
    names: tuple[dict[str, int], ...] = ({}, {}, {}, _MONTHS, _DAYS)
    fields = tuple(_field(part, *limits, names=each) for part, limits, each in zip(parts, _RANGES, names, strict=True))
    return Schedule(fields, parts[2][0] in "*?", parts[4][0] in "*?")


def _duration(text: str) -> timedelta:
    seconds, number = 0.0, ""
    for letter in text.strip():
        if letter in _UNITS and number:
            seconds += float(number) * _UNITS[letter]
            number = ""
        else:
            number += letter
    if number or seconds < 1:
        raise ValueError(f"failed to parse duration {text!r}")
    return timedelta(seconds=seconds)


def _field(text: str, low: int, high: int, *, names: dict[str, int]) -> frozenset[int]:
    values: set[int] = set()
    for part in filter(None, text.split(",")):
        values.update(_range(part, low, high, names))
    return frozenset(values)


def _range(part: str, low: int, high: int, names: dict[str, int]) -> range:
    """`NUMBER`, `NUMBER-NUMBER` or `*`, each with or without `/STEP`."""
    span, *steps = part.split("/")
    first_text, *last_text = span.split("-")
    if len(last_text) > 1:
        raise ValueError(f"too many hyphens: {part}")
    if len(steps) > 1:
        raise ValueError(f"too many slashes: {part}")
    if span in ("*", "?"):
        first, last = low, high
    else:
        first = _number(first_text, part, names)
        last = _number(last_text[0], part, names) if last_text else (high if steps else first)
    step = _number(steps[0], part, {}) if steps else 1
    if first < low:
        raise ValueError(f"beginning of range ({first}) below minimum ({low}): {part}")
    if last > high:
        raise ValueError(f"end of range ({last}) above maximum ({high}): {part}")
    if first > last:
        raise ValueError(f"beginning of range ({first}) beyond end of range ({last}): {part}")
    if step == 0:
        raise ValueError(f"step of range should be a positive number: {part}")
    return range(first, last + 1, step)


def _number(word: str, part: str, names: dict[str, int]) -> int:
    if (known := names.get(word.lower())) is not None:
        return known
    try:
        number = int(word)
    except ValueError:
        raise ValueError(f'failed to parse int from {word}: strconv.Atoi: parsing "{word}": invalid syntax') from None
    if number < 0:
        raise ValueError(f"negative number ({number}) not allowed: {part}")
    return number
