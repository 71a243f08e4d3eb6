"""A running action as its caller sees it: a stream of events, a result, and a way to stop it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from steersman.errors import ReleaseFailed
from steersman.kube.interface import Kubernetes
from steersman.kube.watches import Watches
from steersman.lifecycle.events import Event, Outcome, ReleaseFinished
from steersman.lifecycle.perform import Request, perform
from steersman.release.storage import Storage


class Operation:
    """One action, started at once. Iterate over it for its events (one reader), or only await `result`.

    Cancelling the task that reads or awaits it is the same as `cancel`: the phase's failure path runs to its end first.
    """

    def __init__(self, request: Request, kube: Kubernetes, storage: Storage) -> None:
        self.request = request
        self._kube = kube
        self._storage = storage
        self._events: asyncio.Queue[Event | None] = asyncio.Queue()
        self._task = asyncio.create_task(self._perform(), name=f"{request.action} {request.release}")

    async def _perform(self) -> ReleaseFinished:
        try:
            async with Watches(self._kube) as watches:
                finished = await perform(self.request, self._kube, watches, self._storage, self._events.put_nowait)
            self._events.put_nowait(finished)
            return finished
        finally:
            self._events.put_nowait(None)

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
