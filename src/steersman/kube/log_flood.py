"""A log that comes faster than anybody reads: its first and last parts, and how many lines were left out between them.

What is left out is only counted, never split or decoded, so that following a flood takes little of the machine that the hook
itself runs on; what is kept back is bounded.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

from steersman.record import record

BURST_BYTES = 2 * 1024 * 1024  # that come through at once
BYTES_A_SECOND = 128 * 1024  # that come through in the long run
KEPT_BYTES = 64 * 1024  # of the last lines of what is left out
QUIET_SECONDS = 1.0  # after which what was kept back is shown


@record(frozen=True, slots=True)
class LeftOut:
    """Stands, at the start of a line, for `lines` lines that were not passed on."""

    lines: int

    def __str__(self) -> str:
        return f"… {self.lines:,} lines left out …"


class Allowance:
    """How many bytes may come through: a token bucket. `clock` gives seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, left: float = BURST_BYTES) -> None:
        self.clock = clock
        self.left = left
        self._then = clock()

    def take(self, size: int) -> bool:
        """Use up `size` bytes, if there are so many."""
        self._refill()
        if size > self.left:
            return False
        self.left -= size
        return True

    def recovered(self) -> bool:
        """Whether it is worth showing lines again: not one by one, with a gap after each."""
        self._refill()
        return self.left >= BURST_BYTES / 2

    def _refill(self) -> None:
        now = self.clock()
        self.left = min(BURST_BYTES, self.left + (now - self._then) * BYTES_A_SECOND)
        self._then = now


@record(slots=True)
class _Gap:
    """What is not passed on: the number of lines, and the last of them."""

    lines: int = 0
    kept: bytes = b""

    def add(self, piece: bytes) -> None:
        self.kept += piece
        if len(self.kept) > 2 * KEPT_BYTES:
            start = len(self.kept) - KEPT_BYTES
            end_of_line = self.kept.find(b"\n", start)
            cut = end_of_line + 1 if end_of_line >= 0 else start
            self.lines += self.kept.count(b"\n", 0, cut)
            self.kept = self.kept[cut:]

    def end(self) -> list[bytes | LeftOut]:
        return [*([LeftOut(self.lines)] if self.lines else []), *([self.kept] if self.kept else [])]


async def calmed(chunks: AsyncGenerator[bytes, None], allowance: Allowance) -> AsyncGenerator[bytes | LeftOut, None]:
    """The chunks of one log, less the middle of every flood. Raises what `chunks` raises, after what was kept back."""
    gap: _Gap | None = None
    async with aclosing(chunks):
        coming: asyncio.Future[bytes] = asyncio.ensure_future(anext(chunks))
        try:
            while True:
                await asyncio.wait((coming,), timeout=None if gap is None else QUIET_SECONDS)
                over = coming.done() and coming.exception() is not None
                if gap is not None and (over or not coming.done() or allowance.recovered()):
                    for part in gap.end():
                        yield part
                    gap = None
                if over:
                    break
                if not coming.done():
                    continue
                piece = coming.result()
                coming = asyncio.ensure_future(anext(chunks))
                if gap is None and not allowance.take(len(piece)):
                    line_end = piece.find(b"\n") + 1
                    yield piece[:line_end] or b"\n"
                    gap, piece = _Gap(), piece[line_end:]
                if gap is None:
                    yield piece
                else:
                    gap.add(piece)
        finally:
            coming.cancel()
            await asyncio.gather(coming, return_exceptions=True)
    error = coming.exception()
    if error is not None and not isinstance(error, StopAsyncIteration):
        raise error
