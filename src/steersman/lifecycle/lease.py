"""One writer per release: a coordination.k8s.io Lease, renewed while we work, that carries the journal.

A holder counts as dead when it is known to be (its process ran on this machine and is gone), or when its lease has not changed
for a whole lease duration *while we watched*: clocks of different machines are never compared.
Every write names the resourceVersion that we know, so whoever lost the lease learns it with the next write and stops.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress

from steersman.errors import (
    AlreadyExists,
    ApiError,
    Conflict,
    Forbidden,
    KubernetesError,
    LeaseLost,
    NotFound,
    ReleaseLocked,
)
from steersman.kube.interface import Kubernetes, Object, ObjectRef
from steersman.kube.retry import deadline
from steersman.lazy import TYPE_CHECKING
from steersman.lifecycle import holder as holders
from steersman.lifecycle import journal as journals
from steersman.lifecycle.holder import Holder
from steersman.lifecycle.journal import Journal
from steersman.lifecycle.steadily import steadily
from steersman.lifecycle.unbroken import unbroken
from steersman.moments import read, utc
from steersman.record import field, record

if TYPE_CHECKING:
    from typing import Any

DURATION = 15.0
POLL = 1.0
JOURNAL = "steersman.dev/journal"
HOLDER = "steersman.dev/holder"
API = "coordination.k8s.io/v1"


@record(frozen=True, slots=True)
class Found:
    """What a lease says that somebody else left or holds."""

    holder: str
    since: str
    journal: Journal | None


def lease_ref(release: str, namespace: str) -> ObjectRef:
    return ObjectRef(API, "Lease", f"steersman-{release}", namespace)


@record(slots=True)
class Lease:
    """The lease of one release. `duration` in seconds; `on_waiting` is told, once, whom we wait for."""

    kube: Kubernetes
    release: str
    namespace: str
    duration: float = DURATION
    holder: Holder = field(default_factory=holders.this_process)
    dead: Callable[[Holder], bool] = holders.known_dead
    on_lost: Callable[[], None] | None = None
    _held: Object | None = None
    _renewed: float = 0.0
    _renewal: asyncio.Task[None] | None = None
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    loss: LeaseLost | None = None
    """Why we hold it no more, though we did not give it back."""

    @property
    def ref(self) -> ObjectRef:
        return lease_ref(self.release, self.namespace)

    @property
    def held(self) -> bool:
        return self._held is not None

    @property
    def lost(self) -> bool:
        """Another process has it now, or its namespace is gone."""
        return self.loss is not None

    @property
    def journal(self) -> Journal | None:
        """The journal as it was last written."""
        return None if self._held is None else journals.from_json(_journal_of(self._held) or "")

    async def acquire(self, *, wait: float = 0.0, on_waiting: Callable[[Found], None] | None = None) -> Found | None:
        """Take the lease; the answer is what a dead predecessor left, if there was one.

        `wait` is how many seconds to wait for a live holder. Raises ReleaseLocked, Forbidden, NotFound (no such namespace).
        """
        watcher = _Watcher(self.duration, self.dead)
        until = time.monotonic() + wait
        told = False
        while True:
            try:
                self._took(await unbroken(self.kube.create(self._body(None, None), field_manager="steersman")))
                return None
            except AlreadyExists:
                pass
            try:
                lease = await self.kube.get(self.ref)
            except NotFound:
                continue
            if watcher.gone(lease):
                with suppress(Conflict, NotFound):
                    body = self._body(lease, _journal_of(lease))
                    self._took(await unbroken(self.kube.replace(body, field_manager="steersman")))
                    return found_in(lease)
                continue
            found = found_in(lease)
            if time.monotonic() >= until and not watcher.in_doubt(lease):
                raise locked(self.release, found)
            if not told and on_waiting is not None:
                on_waiting(found)
                told = True
            await self._pause()

    async def _pause(self) -> None:
        await asyncio.sleep(min(POLL, self.duration / 10))

    async def look(self) -> Found | None:
        """Who holds the lease and is not known to be dead, without taking it; None when nobody does, or we may not ask."""
        watcher = _Watcher(self.duration, self.dead)
        while True:
            try:
                lease = await self.kube.get(self.ref)
            except (NotFound, Forbidden):
                return None
            if watcher.gone(lease):
                return None
            if not watcher.in_doubt(lease):
                break
            await self._pause()
        return found_in(lease)

    async def write(self, journal: Journal | None) -> None:
        """Write the journal, which renews the lease. Raises LeaseLost."""
        async with self._lock:
            if self._held is None:
                return
            await self._renew(journal)

    async def release_it(self, *, leave: Journal | None = None) -> None:
        """Give the lease back; with `leave`, unheld but with a journal that the next command must finish."""
        async with self._lock:
            if self._renewal is not None:
                self._renewal.cancel()
                self._renewal = None
            held, self._held = self._held, None
            if held is None or self.lost:
                return
            # A lease that cannot be given back expires.
            with suppress(KubernetesError):
                if leave is None:
                    await self.kube.delete(self.ref, uid=held["metadata"]["uid"])
                else:
                    body = self._body(held, leave.to_json())
                    body["spec"]["holderIdentity"] = ""
                    body["metadata"]["annotations"].pop(HOLDER)
                    await self.kube.replace(body, field_manager="steersman")

    def _took(self, lease: Object) -> None:
        self._held = lease
        self._renewed = time.monotonic()
        self._renewal = asyncio.create_task(self._keep())

    async def _keep(self) -> None:
        while True:
            await asyncio.sleep(self.duration / 3)
            try:
                async with self._lock:
                    if self._held is None:
                        return
                    if time.monotonic() - self._renewed >= self.duration / 3:
                        with deadline(self.duration / 3):  # it is not worth more: the next one comes
                            await self._renew(self.journal)
            except LeaseLost:
                if self.on_lost is not None:
                    self.on_lost()
                return
            except KubernetesError:
                continue  # the next renewal, or the next write, tells whether somebody else has it by now

    async def _renew(self, journal: Journal | None) -> None:
        try:
            self._held = await steadily(lambda: self._replace(None if journal is None else journal.to_json()))
            self._renewed = time.monotonic()
        except (Conflict, NotFound) as error:
            self.loss = await self._why_lost(error)
            raise self.loss from error

    async def _why_lost(self, error: ApiError) -> LeaseLost:
        if isinstance(error, NotFound) and await self._namespace_goes():
            return LeaseLost(
                f"namespace {self.namespace!r} is being deleted, and release {self.release!r} with it; nothing more is done here",
                release=self.release,
                hint="When it is gone, `steer install` with --create-namespace begins anew.",
            )
        return LeaseLost(
            f"another process took over release {self.release!r}; nothing more is written here",
            release=self.release,
            hint=f"`steer status {self.release}` shows what it did",
        )

    async def _namespace_goes(self) -> bool:
        try:
            found = await self.kube.get(ObjectRef("v1", "Namespace", self.namespace))
        except NotFound:
            return True
        except KubernetesError:
            return False
        return bool(found["metadata"].get("deletionTimestamp"))

    async def _replace(self, journal: str | None) -> Object:
        """Raises Conflict and NotFound where it is not ours any more; others may touch it (a label, a refused write)."""
        assert self._held is not None
        try:
            return await self.kube.replace(self._body(self._held, journal), field_manager="steersman")
        except Conflict:
            now = await self.kube.get(self.ref)
            if _annotations(now).get(HOLDER) != self.holder.to_json():
                raise
            return await self.kube.replace(self._body(now, journal), field_manager="steersman")

    def _body(self, old: Object | None, journal: str | None) -> Object:
        now = _micro_time()
        ours = old is not None and _annotations(old).get(HOLDER) == self.holder.to_json()
        spec = (old or {}).get("spec") or {}
        metadata: dict[str, Any] = {
            "name": self.ref.name,
            "namespace": self.namespace,
            "labels": {"owner": "steersman", "name": self.release},
            "annotations": {HOLDER: self.holder.to_json(), **({JOURNAL: journal} if journal else {})},
        }
        if old is not None:
            metadata["resourceVersion"] = old["metadata"]["resourceVersion"]
        return {
            "apiVersion": API,
            "kind": "Lease",
            "metadata": metadata,
            "spec": {
                "holderIdentity": str(self.holder),
                "leaseDurationSeconds": max(1, round(self.duration)),
                "acquireTime": spec.get("acquireTime", now) if ours else now,
                "renewTime": now,
                "leaseTransitions": spec.get("leaseTransitions", 0) + (0 if ours or old is None else 1),
            },
        }


@record(slots=True)
class _Watcher:
    """Tells whether a lease's holder is gone, by watching it rather than by its clock."""

    duration: float
    dead: Callable[[Holder], bool]
    _version: str = ""
    _since: float = 0.0
    _renewed: bool = False

    def gone(self, lease: Object) -> bool:
        spec = lease.get("spec") or {}
        if not spec.get("holderIdentity"):
            return True
        holder = holders.from_json(_annotations(lease).get(HOLDER, ""))
        if holder is not None and self.dead(holder):
            return True
        version = lease["metadata"]["resourceVersion"]
        if version != self._version:
            self._renewed = bool(self._version)
            self._version, self._since = version, time.monotonic()
            return False
        return time.monotonic() - self._since >= float(spec.get("leaseDurationSeconds") or self.duration)

    def in_doubt(self, lease: Object) -> bool:
        """Whether it is worth to watch the lease for its duration: by the clocks it was last renewed too long ago, or is to be
        renewed in the future, and it has not been renewed before our eyes."""
        if self._renewed:
            return False
        spec = lease.get("spec") or {}
        renewed = _parse(spec.get("renewTime"))
        return renewed is None or abs(time.time() - renewed) > float(spec.get("leaseDurationSeconds") or self.duration)


def found_in(lease: Object) -> Found:
    spec = lease.get("spec") or {}
    return Found(
        holder=spec.get("holderIdentity") or "",
        since=spec.get("acquireTime") or "",
        journal=journals.from_json(_journal_of(lease) or ""),
    )


def locked(release: str, found: Found) -> ReleaseLocked:
    journal = found.journal
    doing = f", {journal.action} at step {journal.step}" if journal else ""
    return ReleaseLocked(
        f"release {release!r} is held by {found.holder} since {found.since}{doing}",
        release=release,
        holder=found.holder,
        since=found.since,
        action=str(journal.action) if journal else "",
        step=journal.step if journal else "",
        hint="wait for it with --wait-lock 2m; if that process is dead, its lease expires by itself within seconds",
    )


def _annotations(lease: Object) -> dict[str, str]:
    return lease["metadata"].get("annotations") or {}


def _journal_of(lease: Object) -> str | None:
    return _annotations(lease).get(JOURNAL)


def _micro_time() -> str:
    seconds, fraction = divmod(time.time_ns() // 1000, 1_000_000)
    return f"{utc(seconds)}.{fraction:06}Z"


def _parse(text: str | None) -> float | None:
    moment = read(text or "")
    return moment[0] + float(f"0{moment[1]}") if moment else None
