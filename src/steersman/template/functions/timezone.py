"""Time zones by name as Go's time.LoadLocation finds them, from the system's zone files or the package tzdata."""

from __future__ import annotations

import os
from functools import cache
from typing import NamedTuple

from steersman.lazy import TYPE_CHECKING
from steersman.record import record
from steersman.template.values import GoObject, Method, method

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any, ClassVar


class ZoneAt(NamedTuple):
    """What holds in a zone at one moment: its abbreviation, its offset to UTC in seconds, whether it is summer time."""

    abbreviation: str
    offset: int
    is_summer_time: bool = False


@record(frozen=True)
class Location(GoObject):
    """*time.Location, a zone. `at` tells what holds at a moment, given in seconds since 1970 UTC.

    `is_local` marks the zone of this machine, which Go tells from all others even where it is UTC.
    """

    name: str
    at: Callable[[int], ZoneAt]
    is_local: bool = False

    go_type = "*time.Location"
    go_kind = "ptr"
    go_methods: ClassVar[Mapping[str, Method]] = {"String": method("go_string", "", "string")}
    go_private_fields: ClassVar[Mapping[str, str]] = {"name": "name"}

    def go_string(self) -> str:
        return self.name

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
    return _local(os.environ.get("TZ"))


@cache
def _local(setting: str | None) -> Location:
    zone: Location | None = None
    if setting is None:
        zone = _from_file("Local", "/etc/localtime")
    else:
        setting = setting.removeprefix(":")
        if setting.startswith("/"):
            zone = _from_file("Local" if setting == "/etc/localtime" else setting, setting)
        elif setting not in ("", "UTC"):
            zone = _named(setting)
    return Location(zone.name, zone.at, is_local=True) if zone else Location("UTC", UTC.at, is_local=True)


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
        seconds = int(offset.total_seconds()) if offset is not None else 0
        return ZoneAt(there.tzname() or "", seconds, bool(there.dst()))

    return Location(name, at)
