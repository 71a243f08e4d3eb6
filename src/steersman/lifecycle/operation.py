"""A running action as its caller sees it: a stream of events, a result, and a way to stop it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

from steersman.errors import ReleaseFailed
from steersman.kube.interface import Kubernetes
from steersman.kube.retry import each_within
from steersman.kube.watches import Watches
from steersman.lifecycle.event_queue import EventQueue
from steersman.lifecycle.events import Event, Outcome, ReleaseFinished
from steersman.lifecycle.execution import Emit
from steersman.lifecycle.perform import perform, perform_recovery
from steersman.lifecycle.request import Request
from steersman.release.storage import Storage

Work = Callable[[Request, Kubernetes, Watches, Storage, Emit], Awaitable[ReleaseFinished]]


class Operation:
    """One action, started at once. Iterate over it for its events (one reader), or only await `result`.

    Cancelling the task that reads or awaits it is the same as `cancel`: the phase's failure path runs to its end first.
    """

    def __init__(self, request: Request, kube: Kubernetes, storage: Storage, work: Work) -> None:
        self.request = request
        self._kube = kube
        self._storage = storage
        self._work = work
        self._events = EventQueue()
        self._task = asyncio.create_task(self._run(), name=f"{request.action} {request.release}")

    async def _run(self) -> ReleaseFinished:
        try:
            with each_within(self.request.options.timeout):
                async with Watches(self._kube) as watches:
                    finished = await self._work(self.request, self._kube, watches, self._storage, self._events.put)
            self._events.put(finished)
            return finished
        finally:
            self._events.put(None)

    def cancel(self) -> None:
        """Stop cleanly: what is under way is broken off, and what the failure table prescribes is done."""
        self.request.interrupt.set()

    async def __aiter__(self) -> AsyncIterator[Event]:
        """The events, the last of which is ReleaseFinished. Raises what `perform` raises."""
        while (event := await self._next()) is not None:
            yield event
        await self.finished()

    async def _next(self) -> Event | None:
        try:
            return await self._events.get()
        except asyncio.CancelledError:
            self.cancel()
            await asyncio.wait((self._task,))
            raise

    async def finished(self) -> ReleaseFinished:
        """How it ended, good or bad. Raises what `perform` raises."""
        try:
            return await asyncio.shield(self._task)
        except asyncio.CancelledError:
            self.cancel()
            await asyncio.wait((self._task,))
            raise

    async def result(self) -> ReleaseFinished:
        """How it ended. Raises ReleaseFailed when it failed, and what `perform` raises."""
        return require_success(await self.finished())


def operation(request: Request, kube: Kubernetes, storage: Storage) -> Operation:
    """Begin what is asked for."""
    return Operation(request, kube, storage, perform)


def recovery(request: Request, kube: Kubernetes, storage: Storage) -> Operation:
    """Begin to put in order what a dead process left, and nothing else."""
    return Operation(request, kube, storage, perform_recovery)


def require_success(finished: ReleaseFinished) -> ReleaseFinished:
    """Raises ReleaseFailed."""
    if finished.outcome is Outcome.FAILED or finished.error:
        raise ReleaseFailed(
            finished.error,
            release=finished.release,
            action=str(finished.action),
            step=finished.failed_step,
            lines=finished.lines,
            interrupted=finished.interrupted,
            hint=finished.hint,
        )
    return finished
