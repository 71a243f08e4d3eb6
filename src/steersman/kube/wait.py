"""Waiting until objects are ready, have run to their end, or are gone: by watches, never by polling.

A wait ends at once when what it waits for was deleted (a hook Job whose time to live is over never hangs a release) or cannot
succeed any more (`failfast`). Every change on the way is told to `on_change`.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable

from steersman.errors import NotFound, ObjectDeleted, SteersmanError, Unready, WaitFailed, WaitTimedOut
from steersman.kube.failfast import Failure, verdict
from steersman.kube.interface import Object, ObjectRef, ref_of
from steersman.kube.readiness import (
    NOT_FOUND,
    POD_NOT_SCHEDULED,
    POD_UNSCHEDULABLE,
    SCHEDULE_WINDOW_SECONDS,
    Readiness,
    State,
    assess,
    assess_completion,
    to_be_waited_for,
)
from steersman.kube.symptoms import Symptoms
from steersman.kube.watches import Scope, Seen, Watches
from steersman.record import field, record

# Most things are ready within this time; only then is it worth watching Pods and events for the reason.
LOOK_FOR_REASONS_AFTER = 1.0
LOOK_AGAIN_AFTER = 0.5


@record(frozen=True, slots=True)
class Change:
    """An object's readiness changed, or the reason why it is not ready was found. `elapsed` in seconds since the wait began."""

    ref: ObjectRef
    readiness: Readiness
    elapsed: float
    failure: Failure | None = None


OnChange = Callable[[Change], None]


async def wait_ready(
    watches: Watches,
    objects: Iterable[Object],
    *,
    timeout: float | None,
    until: Callable[[Object], Readiness] = assess,
    fail_fast: bool = True,
    on_change: OnChange | None = None,
) -> dict[ObjectRef, Object]:
    """Wait until all objects are ready; returns their last states (of those that had to be waited for).

    `objects` are what the API server answered when they were written, so that an older state is not taken for theirs
    (bare manifests will do for what was not just written). `until` says what ready means. `timeout` in seconds.
    Raises WaitTimedOut, WaitFailed, ObjectDeleted, and what the watch raises.
    """
    waited_for = {ref_of(obj): obj for obj in objects if to_be_waited_for(obj)}
    if not waited_for:
        return {}
    async with _Wait(watches, waited_for, timeout, on_change) as wait:
        return await wait.until_ready(until, fail_fast=fail_fast)


async def wait_completed(
    watches: Watches,
    obj: Object,
    *,
    timeout: float | None,
    fail_fast: bool = True,
    on_change: OnChange | None = None,
) -> Object:
    """Wait until a Job or a Pod has run to its end (any other kind: until it is ready); returns its last state.

    A Job that was deleted after it had ended counts by its end. Raises as `wait_ready`; WaitFailed tells exit codes.
    """
    done = await wait_ready(
        watches, [obj], timeout=timeout, until=assess_completion, fail_fast=fail_fast, on_change=on_change
    )
    return done.get(ref_of(obj), obj)


async def wait_deleted(watches: Watches, objects: Iterable[Object], *, timeout: float | None) -> None:
    """Wait until the objects are gone; one whose `metadata.uid` is given also when another has taken its name.

    Raises WaitTimedOut.
    """
    waited_for = {ref_of(obj): obj for obj in objects}
    if waited_for:
        async with _Wait(watches, waited_for, timeout, None) as wait:
            await wait.until_gone()


@record(slots=True)
class _Entry:
    """What is known of one object that is waited for."""

    ref: ObjectRef
    given: Object
    uid: str = ""
    live: Object | None = None
    readiness: Readiness = field(default_factory=lambda: Readiness(State.UNKNOWN, ""))
    failure: Failure | None = None
    failure_since: float = 0.0
    unscheduled_since: float | None = None


class _Wait:
    """One wait: its objects, its clock, and the queue into which the shared watches report."""

    def __init__(
        self, watches: Watches, objects: dict[ObjectRef, Object], timeout: float | None, on_change: OnChange | None
    ) -> None:
        self._watches = watches
        self._entries = {ref: _Entry(ref, obj, str(obj["metadata"].get("uid") or "")) for ref, obj in objects.items()}
        self._began = time.monotonic()
        self._timeout = timeout
        self._on_change = on_change
        self._queue: asyncio.Queue[Seen | SteersmanError | None] = asyncio.Queue()
        self._unsubscribe: list[Callable[[], None]] = []
        self._symptoms = Symptoms(watches, lambda: self._queue.put_nowait(None))
        self._by_scope: dict[Scope, dict[str, _Entry]] = {}

    async def __aenter__(self) -> _Wait:
        default = self._watches.kube.default_namespace
        for entry in self._entries.values():
            resource = await self._watches.kube.resource(entry.ref.api_version, entry.ref.kind)
            namespace = (entry.ref.namespace or default) if resource.namespaced else None
            scope = Scope(entry.ref.api_version, entry.ref.kind, namespace)
            self._by_scope.setdefault(scope, {})[entry.ref.name] = entry
        for scope, entries in self._by_scope.items():
            self._unsubscribe.append(self._watches.subscribe(scope, self._queue.put_nowait, entries))
        return self

    async def __aexit__(self, *_: object) -> None:
        self._symptoms.close()
        for unsubscribe in self._unsubscribe:
            unsubscribe()

    async def until_ready(self, until: Callable[[Object], Readiness], *, fail_fast: bool) -> dict[ObjectRef, Object]:
        pending = set(self._entries)
        look_at = self._began + LOOK_FOR_REASONS_AFTER if fail_fast else float("inf")
        while pending:
            seen = await self._next(min(look_at, self._next_recheck()), pending)
            if seen is not None:
                entry = self._by_scope[seen.scope][seen.name]
                if await self._take(entry, seen):
                    await self._judge(entry, until, pending, gone=seen.gone)
            for entry in self._entries.values():
                if (
                    entry.unscheduled_since is not None
                    and time.monotonic() >= entry.unscheduled_since + SCHEDULE_WINDOW_SECONDS
                ):
                    await self._judge(entry, until, pending)
            if pending and time.monotonic() >= look_at:
                self._look(pending)
                look_at = time.monotonic() + LOOK_AGAIN_AFTER
        return {ref: entry.live or entry.given for ref, entry in self._entries.items()}

    async def _judge(
        self, entry: _Entry, until: Callable[[Object], Readiness], pending: set[ObjectRef], *, gone: bool = False
    ) -> None:
        """Draw the conclusions from an object's present state. Raises ObjectDeleted and WaitFailed."""
        readiness = _by_our_clock(entry, until(entry.live)) if entry.live is not None else NOT_FOUND
        if (gone or entry.live is None) and readiness.state not in (State.CURRENT, State.FAILED):
            raise _deleted(entry.ref)
        self._tell(entry, readiness)
        if readiness.state is State.FAILED:
            entry.failure = await self._symptoms.explain(entry.live or entry.given)
            raise self._failed(pending | {entry.ref})
        if readiness.ready:
            pending.discard(entry.ref)
        else:
            pending.add(entry.ref)

    def _next_recheck(self) -> float:
        since = [entry.unscheduled_since for entry in self._entries.values() if entry.unscheduled_since is not None]
        return min(since) + SCHEDULE_WINDOW_SECONDS if since else float("inf")

    async def until_gone(self) -> None:
        pending = set(self._entries)
        while pending:
            seen = await self._next(float("inf"), pending, gone=True)
            if seen is None:
                continue
            entry = self._by_scope[seen.scope][seen.name]
            if seen.gone and seen.object is None:
                await self._take(entry, seen)
                if entry.live is None:
                    pending.discard(entry.ref)
                continue
            other = _uid(seen.object) != entry.uid if entry.uid else False
            if (seen.gone and not other) or (other and not _is_older(seen.object, entry.given)):
                pending.discard(entry.ref)
            elif not seen.gone:
                entry.uid, entry.live = entry.uid or _uid(seen.object), seen.object
                entry.readiness = assess(seen.object or {})

    async def _next(self, look_at: float, pending: set[ObjectRef], *, gone: bool = False) -> Seen | None:
        """The next report, or None when it is time to look. Raises WaitTimedOut, and what a watch ended with."""
        until = min(look_at, self._began + self._timeout if self._timeout is not None else float("inf"))
        remaining = None if until == float("inf") else max(0.0, until - time.monotonic())
        try:
            async with asyncio.timeout(remaining):
                report = await self._queue.get()
        except TimeoutError:
            if self._timeout is not None and time.monotonic() - self._began >= self._timeout:
                raise self._timed_out(pending, gone=gone) from None
            return None
        if isinstance(report, SteersmanError):
            raise report
        return report

    async def _take(self, entry: _Entry, seen: Seen) -> bool:
        """Note what was reported; False if it is about an earlier state or another object of that name."""
        obj = seen.object
        if obj is None and seen.certain:
            entry.live = None
            return True
        if obj is None:
            try:
                obj = await self._watches.kube.get(entry.ref)
            except NotFound:
                entry.live = None
                return True
        if _is_older(obj, entry.given):
            return False
        if entry.uid and _uid(obj) != entry.uid:
            entry.live = None  # another object has the name: ours is gone
            return True
        entry.uid, entry.live = entry.uid or _uid(obj), obj
        return True

    def _look(self, pending: set[ObjectRef]) -> None:
        """Look for the reason why something is not ready yet. Raises WaitFailed where one has stood for long enough."""
        now = time.monotonic()
        for ref in pending:
            entry = self._entries[ref]
            if entry.live is None:
                continue
            pods, events = self._symptoms.of(entry.live)
            failure = verdict(entry.live, pods, events)
            if failure is None or entry.failure is None or failure.reason != entry.failure.reason:
                entry.failure_since = now
                if failure is not None and self._on_change is not None:
                    self._on_change(Change(ref, entry.readiness, now - self._began, failure))
            entry.failure = failure
            if failure is not None and now - entry.failure_since >= failure.patience:
                raise self._failed(pending)

    def _tell(self, entry: _Entry, readiness: Readiness) -> None:
        if readiness != entry.readiness:
            entry.readiness = readiness
            if self._on_change is not None:
                self._on_change(Change(entry.ref, readiness, time.monotonic() - self._began))

    def _failed(self, pending: set[ObjectRef]) -> WaitFailed:
        resources = self._unready(pending)
        return WaitFailed("\n".join(map(str, resources)), resources=resources)

    def _timed_out(self, pending: set[ObjectRef], *, gone: bool) -> WaitTimedOut:
        resources = self._unready(pending)
        lines = [
            str(resource).replace(" not ready.", " still exists.") if gone else str(resource) for resource in resources
        ]
        return WaitTimedOut(
            "\n".join([*lines, "context deadline exceeded"]),
            resources=resources,
            hint=f"It took longer than {self._timeout:g} s; a longer --timeout gives it more.",
        )

    def _unready(self, pending: set[ObjectRef]) -> tuple[Unready, ...]:
        return tuple(_unready(entry) for entry in self._entries.values() if entry.ref in pending)


def _unready(entry: _Entry) -> Unready:
    ref, failure = entry.ref, entry.failure
    return Unready(
        kind=ref.kind,
        namespace=ref.namespace or "",
        name=ref.name,
        state=str(entry.readiness.state),
        message=entry.readiness.message,
        reason=failure.reason if failure else "",
        evidence=(failure.message, *failure.evidence)
        if failure and failure.message
        else failure.evidence
        if failure
        else (),
    )


def _by_our_clock(entry: _Entry, readiness: Readiness) -> Readiness:
    """A Pod that finds no node gets its time by our own clock: the server's may tell another time."""
    if readiness.reason not in ("PodNotScheduled", "PodUnschedulable"):
        entry.unscheduled_since = None
        return readiness
    now = time.monotonic()
    entry.unscheduled_since = entry.unscheduled_since or now
    if now - entry.unscheduled_since >= SCHEDULE_WINDOW_SECONDS:
        return POD_UNSCHEDULABLE
    return POD_NOT_SCHEDULED


def _deleted(ref: ObjectRef) -> ObjectDeleted:
    return ObjectDeleted(
        f"{ref} was deleted while it was waited for",
        kind=ref.kind,
        namespace=ref.namespace or "",
        name=ref.name,
        hint="Something else removed it: a person, a controller, or its ttlSecondsAfterFinished.",
    )


def _uid(obj: Object | None) -> str:
    return str(((obj or {}).get("metadata") or {}).get("uid") or "")


def _is_older(obj: Object | None, given: Object) -> bool:
    """Whether `obj` is a state from before `given` was written (resourceVersions of one kind are ordered numbers)."""
    seen = str(((obj or {}).get("metadata") or {}).get("resourceVersion") or "")
    written = str(given["metadata"].get("resourceVersion") or "")
    return seen.isdigit() and written.isdigit() and int(seen) < int(written)
