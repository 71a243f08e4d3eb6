"""Running coroutines from code that is not asynchronous."""

from __future__ import annotations

import asyncio
import concurrent.futures
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class Loop:
    """An event loop of its own that `run` drives, one coroutine at a time.

    Where the calling thread runs an event loop already, as a notebook's does, ours gets a thread of its own. Ctrl-C cancels the
    coroutine, waits for what it does about that, and is then raised as KeyboardInterrupt.
    """

    def __init__(self) -> None:
        self._here: asyncio.Runner | None = None
        self._elsewhere: _Thread | None = None
        if _is_running():
            self._elsewhere = _Thread()
        else:
            self._here = asyncio.Runner()

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        if self._elsewhere is not None:
            return self._elsewhere.run(coroutine)
        assert self._here is not None
        return self._here.run(coroutine)

    def close(self) -> None:
        for each in (self._here, self._elsewhere):
            if each is not None:
                each.close()


class _Thread:
    """A thread with an event loop in it."""

    def __init__(self) -> None:
        self._loop: concurrent.futures.Future[asyncio.AbstractEventLoop] = concurrent.futures.Future()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name="steersman", daemon=True)
        self._thread.start()

    async def _serve(self) -> None:
        self._closing = asyncio.Event()
        self._loop.set_result(asyncio.get_running_loop())
        await self._closing.wait()

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        task: asyncio.Task[T] | None = None
        over = threading.Event()

        async def ended() -> T:
            nonlocal task
            task = asyncio.create_task(coroutine)
            await asyncio.wait((task,))
            over.set()
            return task.result()

        async def cancel() -> None:
            if task is None:
                over.set()
            else:
                task.cancel()

        loop = self._loop.result()
        try:
            return asyncio.run_coroutine_threadsafe(ended(), loop).result()
        except KeyboardInterrupt:
            asyncio.run_coroutine_threadsafe(
                cancel(), loop
            )  # the loop keeps the order: it comes after `ended`, if that came
            over.wait()
            raise

    def close(self) -> None:
        self._loop.result().call_soon_threadsafe(self._closing.set)
        self._thread.join()


def _is_running() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
