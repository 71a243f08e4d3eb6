"""What an interruption must not break off half way: a write that was sent may be carried out all the same, seen by nobody."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine

from steersman.lazy import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any, TypeVar

    T = TypeVar("T")

# Seconds for which an interrupted write may still take; then nobody knows whether it was done.
GRACE = 10.0


async def unbroken(work: Coroutine[Any, Any, T]) -> T:
    """The result of `work`, which is let finish when the task is cancelled meanwhile: the cancellation then comes at the next
    await. Raises CancelledError when `work` has not finished within `GRACE` seconds of it, and what `work` raises."""
    task = asyncio.create_task(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        if task.cancelled():
            raise
        if not await _finishes(task):
            raise
    _current().cancel()
    return task.result()


def interrupted() -> bool:
    """Whether this task has been cancelled and is about to learn of it."""
    return _current().cancelling() > 0


def _current() -> asyncio.Task[Any]:
    task = asyncio.current_task()
    assert task is not None, "asked outside of a task"
    return task


async def _finishes(task: asyncio.Task[Any]) -> bool:
    """Wait for it, however often we are cancelled, until the time is over; then it is cancelled, too."""
    until = time.monotonic() + GRACE
    while not task.done() and (left := until - time.monotonic()) > 0:
        try:
            await asyncio.wait((task,), timeout=left)
        except asyncio.CancelledError:
            continue
    if task.done():
        return not task.cancelled()
    task.cancel()
    return False
