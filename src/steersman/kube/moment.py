"""What an apply has changed, told by the object that came back, so that nobody has to read it before.

A server-side apply that changes nothing gives back the object as it was. Whether it did is seen by two clocks of the server: the
time at which the applier's fields were last changed, and, for the last seconds, the counter behind resourceVersion.
"""

from __future__ import annotations

from steersman.kube.interface import Object
from steersman.lazy import TYPE_CHECKING
from steersman.moments import read
from steersman.record import record

if TYPE_CHECKING:
    from typing import Literal

# Servers of one cluster may differ by so many seconds, and they tell times to the second.
IN_DOUBT = 2


@record(frozen=True, slots=True)
class Moment:
    """When an object was created: `version` by the server's counter, `time` by its clock,
    in seconds since 1970."""

    version: int
    time: int


def moment_of(created: Object) -> Moment | None:
    """The moment of an object's creation; None where its server counts in no numbers."""
    metadata = created["metadata"]
    version, time = str(metadata.get("resourceVersion") or ""), _time(metadata.get("creationTimestamp"))
    return Moment(int(version), time) if version.isdigit() and time is not None else None


def done_since(moment: Moment | None, applied: Object, manager: str) -> Literal["configured", "unchanged"]:
    """What a server-side apply by `manager`, after that moment, has done to the object that it gave back.

    Where that is not certain it counts as changed; so does what was missing and has been made anew.
    """
    metadata = applied["metadata"]
    version = str(metadata.get("resourceVersion") or "")
    if moment is None or not version.isdigit():
        return "configured"
    written = [time for entry in _entries(metadata, manager) if (time := _time(entry.get("time"))) is not None]
    if written and max(written) < moment.time - IN_DOUBT:  # whatever a controller has written since
        return "unchanged"
    return "unchanged" if int(version) <= moment.version else "configured"


def _entries(metadata: Object, manager: str) -> list[Object]:
    return [
        entry
        for entry in metadata.get("managedFields") or []
        if entry.get("manager") == manager and entry.get("operation") == "Apply" and not entry.get("subresource")
    ]


def _time(text: object) -> int | None:
    found = read(text) if isinstance(text, str) else None
    return None if found is None else found[0]
