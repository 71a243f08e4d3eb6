"""Time zones by name as Go's time.LoadLocation finds them, from the system's zone files or the package tzdata."""

from __future__ import annotations

import os
from functools import cache
from typing import NamedTuple

from steersman.lazy import TYPE_CHECKING
from steersman.record import record

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


class ZoneAt(NamedTuple):
    """What holds in a zone at one moment: its abbreviation, and its offset to UTC in seconds."""

    abbreviation: str
    offset: int


@record(frozen=True)
class Location:
    """A zone. `at` tells what holds at a moment, given in seconds since 1970 UTC."""

    name: str
    at: Callable[[int], ZoneAt]

    def moment_of(self, wall: int) -> int:
        """The moment at which clocks here show `wall`, given as if it were UTC; near a change of clocks as Go chooses."""
        offset = self.at(wall).offset
        if offset:
            offset = self.at(wall - offset).offset
        return wall - offset


def fixed(abbreviation: str, offset: int) -> Location:
    """A zone whose offset never changes."""
    zone = ZoneAt(abbreviation, offset)
    return Location(abbreviation, lambda moment: zone)


UTC = fixed("UTC", 0)


def load(name: str) -> Location | None:
    """The zone of that name (`Europe/Berlin`, `UTC`, `Local`), or None if there is none."""
    if name in ("", "UTC"):
        return UTC
    if name == "Local":
        return local()
    if ".." in name.split("/") or name.startswith(("/", "\\")):
        return None
    return _named(name)


def local() -> Location:
    """The zone of this machine, or what the environment variable TZ says."""
    setting = os.environ.get("TZ")
    if setting is None:
        return _from_file("Local", "/etc/localtime") or UTC
    setting = setting.removeprefix(":")
    if setting.startswith("/"):
        return _from_file(setting, setting) or UTC
    return _named(setting) or UTC if setting else UTC


@cache
def _named(name: str) -> Location | None:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        return _location(name, ZoneInfo(name))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


@cache
def _from_file(name: str, path: str) -> Location | None:
    from zoneinfo import ZoneInfo

    try:
        with open(path, "rb") as file:
            return _location(name, ZoneInfo.from_file(file))
    except (ValueError, OSError):
        return None


def _location(name: str, zone: Any) -> Location:
    from datetime import UTC as PYTHON_UTC
    from datetime import datetime, timedelta

    epoch = datetime(1970, 1, 1, tzinfo=PYTHON_UTC)
    # Python's years end at 1 and 9999; what holds there holds beyond
    first, last = -62135510400, 253402214400

    def at(moment: int) -> ZoneAt:
        there = (epoch + timedelta(seconds=min(max(moment, first), last))).astimezone(zone)
        offset = there.utcoffset()
        return ZoneAt(there.tzname() or "", int(offset.total_seconds()) if offset is not None else 0)

    return Location(name, at)
