"""A request that is waited for longer than anybody likes to wait without a word: what it waits for is told, now and then."""

from __future__ import annotations

import time
from collections.abc import Callable

from steersman.kube.trouble import AGAIN_SECONDS
from steersman.lazy import TYPE_CHECKING

if TYPE_CHECKING:
    from steersman.kube.network import Network
    from steersman.kube.trouble import Trouble

# An answer takes as long as this from many a server that is well, but not often.
SLOW_SECONDS = 1.5


class Slow:
    """One attempt at one request, from its beginning to `over`."""

    def __init__(self, trouble: Trouble, network: Network, request: str) -> None:
        self._trouble = trouble
        self._request = request
        self._what, self._until = "", float("inf")
        self._stop: Callable[[], None] | None = None
        if trouble.is_told:
            self._stop = network.remind(SLOW_SECONDS, AGAIN_SECONDS, self._tell)

    def connecting(self, seconds: float) -> None:
        """A connection is being made, within so many seconds."""
        self._now("takes no connection yet", seconds)

    def sent(self, seconds: float) -> None:
        """It was sent; for so long an answer is waited for."""
        self._now(f"has not answered {self._request} yet", seconds)

    def answering(self) -> None:
        """The answer has begun, and is read for as long as it comes."""
        self._now(f"is still answering {self._request}", float("inf"))

    def over(self) -> None:
        """It has ended, one way or the other."""
        if self._stop is not None:
            self._stop()
            self._stop = None

    def _now(self, what: str, seconds: float) -> None:
        self._what, self._until = what, time.monotonic() + seconds

    def _tell(self) -> None:
        left = self._until - time.monotonic()
        self._trouble.slow(self._what, left if left < float("inf") else None)
