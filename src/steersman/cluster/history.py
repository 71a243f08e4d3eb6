"""The event log of the store: what watches read, bounded in count and bytes.

Every write is one event; its revision is the object's resourceVersion. Watchers keep a position of their own and are woken,
so a slow one costs nothing but, when it falls out of the history, a 410 and a new list.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Literal

from steersman.errors import Gone

EventType = Literal["ADDED", "MODIFIED", "DELETED"]

MAX_EVENTS = 8_000
MAX_BYTES = 24 * 2**20


@dataclass(frozen=True, slots=True)
class Record:
    """One stored version of one object. `body` is its JSON without kind and apiVersion: `{"metadata":…}`."""

    resource: str
    namespace: str
    name: str
    revision: int
    body: bytes
    labels: dict[str, str]

    @property
    def key(self) -> str:
        """The order of lists: by namespace, then name, as etcd's keys sort."""
        return f"{self.namespace}/{self.name}"


@dataclass(slots=True)
class Change:
    """One event. `record` is the object after it (for DELETED: its last state, with the deletion's revision)."""

    type: EventType
    record: Record
    previous: Record | None
    lines: dict[str, bytes] = field(default_factory=dict)  # encoded once for all watchers that ask alike

    @property
    def revision(self) -> int:
        return self.record.revision


class _Log:
    """The changes of one resource: `changes[0]` has the absolute position `base`."""

    __slots__ = ("base", "changes", "waiters")

    def __init__(self) -> None:
        self.changes: list[Change] = []
        self.base = 0
        self.waiters: set[asyncio.Future[None]] = set()

    def append(self, change: Change) -> None:
        self.changes.append(change)
        for waiter in self.waiters:
            if not waiter.done():
                waiter.set_result(None)
        self.waiters.clear()

    def position_after(self, revision: int) -> int:
        """The position of the first change newer than `revision`."""
        low, high = 0, len(self.changes)
        while low < high:
            middle = (low + high) // 2
            if self.changes[middle].revision <= revision:
                low = middle + 1
            else:
                high = middle
        return self.base + low

    def forget(self, revision: int) -> None:
        """Drop all changes up to `revision`."""
        drop = self.position_after(revision) - self.base
        del self.changes[:drop]
        self.base += drop


class History:
    """All changes since `floor`. `""` as the resource means all resources, in the order of their revisions."""

    def __init__(self, floor: int, *, max_events: int = MAX_EVENTS, max_bytes: int = MAX_BYTES) -> None:
        self.floor = floor
        self._max_events = max_events
        self._max_bytes = max_bytes
        self._bytes = 0
        self._logs: dict[str, _Log] = {"": _Log()}

    def append(self, change: Change) -> None:
        self._bytes += len(change.record.body)
        self._logs[""].append(change)
        log = self._logs.get(change.record.resource)
        if log is None:
            log = self._logs[change.record.resource] = _Log()
        log.append(change)
        if len(self._logs[""].changes) > self._max_events or self._bytes > self._max_bytes:
            self.compact()

    def compact(self, revision: int | None = None) -> None:
        """Forget the older half, or all changes up to `revision`; who still needs those gets a 410."""
        changes = self._logs[""].changes
        if revision is None:
            revision = changes[len(changes) // 2].revision
        for log in self._logs.values():
            log.forget(revision)
        self.floor = max(self.floor, revision)
        self._bytes = sum(len(change.record.body) for change in self._logs[""].changes)

    def cursor(self, resource: str, revision: int) -> Cursor:
        """A reader of every change of `resource` after `revision`. Raises Gone where that is no longer known."""
        if revision < self.floor:
            raise too_old(revision, self.floor)
        return Cursor(self, self._logs.setdefault(resource, _Log()), revision)


class Cursor:
    """How far one watcher has come."""

    __slots__ = ("_history", "_log", "_position", "_revision")

    def __init__(self, history: History, log: _Log, revision: int) -> None:
        self._history = history
        self._log = log
        self._revision = revision
        self._position = log.position_after(revision)

    def take(self) -> list[Change]:
        """All changes since the last call. Raises Gone where some of them are already forgotten."""
        if self._position < self._log.base:
            raise too_old(self._revision, self._history.floor)
        found = self._log.changes[self._position - self._log.base :]
        if found:
            self._position += len(found)
            self._revision = found[-1].revision
        return found

    async def wait(self, seconds: float | None = None) -> bool:
        """Wait for the next change; False when there was none for so long."""
        if self._position < self._log.base + len(self._log.changes):
            return True
        loop = asyncio.get_running_loop()
        waiter: asyncio.Future[None] = loop.create_future()
        self._log.waiters.add(waiter)
        timer = loop.call_later(seconds, _give_up, waiter) if seconds is not None else None
        try:
            await waiter
        except TimeoutError:
            return False
        finally:
            self._log.waiters.discard(waiter)
            if timer is not None:
                timer.cancel()
        return True


def _give_up(waiter: asyncio.Future[None]) -> None:
    if not waiter.done():
        waiter.set_exception(TimeoutError())


def too_old(revision: int, floor: int) -> Gone:
    return Gone(f"too old resource version: {revision} ({floor})", code=410, reason="Expired")
