"""The writes by which a release keeps its books, made again where the server failed over them.

A 500 of a write to the release's own objects may be a webhook's, and then is final; more often it is a moment's trouble of the
server, and a journal or a record that was not written costs much more than a second or two.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from steersman.errors import ServerBusy
from steersman.kube.retry import RETRIES_OF_INTERNAL_ERRORS, delay
from steersman.lazy import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import TypeVar

    T = TypeVar("T")


async def steadily(write: Callable[[], Awaitable[T]]) -> T:
    """Do a write that says the same however often it is said. Raises what the last attempt raises."""
    for attempt in range(1, RETRIES_OF_INTERNAL_ERRORS + 1):
        try:
            return await write()
        except ServerBusy:
            import asyncio  # not above: commands that only ask read the runs without it

            await asyncio.sleep(delay(attempt, None))
    return await write()
