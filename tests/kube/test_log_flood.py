"""Of a flood of log lines the first and the last come through, and a count of the others."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

import pytest

from steersman.errors import ClusterUnreachable
from steersman.kube import log_flood
from steersman.kube.log_flood import BURST_BYTES, KEPT_BYTES, Allowance, LeftOut, calmed

CHUNK = b"".join(b"%06d\n" % number for number in range(10_000))
CHUNKS = 300  # 21 MB


class Clock:
    """Time that passes only when told."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


async def flood(chunks: int = CHUNKS) -> AsyncGenerator[bytes, None]:
    for _ in range(chunks):
        yield CHUNK


def lines_of(parts: list[bytes | LeftOut]) -> int:
    return sum(part.lines if isinstance(part, LeftOut) else part.count(b"\n") for part in parts)


async def test_what_comes_slowly_comes_whole() -> None:
    clock, told = Clock(), []
    async for part in calmed(flood(), Allowance(clock)):
        told.append(part)
        clock.now += 60
    assert told == [CHUNK] * CHUNKS


async def test_first_and_last_lines_of_a_flood_and_every_line_is_accounted_for() -> None:
    told = [part async for part in calmed(flood(), Allowance(Clock()))]
    passed = b"".join(part for part in told if isinstance(part, bytes))
    assert passed.startswith(CHUNK)
    assert passed.endswith(CHUNK[-KEPT_BYTES // 2 :])
    assert len(passed) <= BURST_BYTES + 2 * KEPT_BYTES + len(CHUNK)
    assert sum(isinstance(part, LeftOut) for part in told) == 1
    assert lines_of(told) == CHUNKS * 10_000


async def test_it_goes_on_when_the_flood_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_flood, "QUIET_SECONDS", 0.0)
    shown = asyncio.Event()

    async def then_quiet() -> AsyncGenerator[bytes, None]:
        async for chunk in flood():
            yield chunk
        await shown.wait()  # the last lines of the flood are told while the container is silent
        yield b"done\n"

    told: list[bytes | LeftOut] = []
    clock = Clock()
    async with asyncio.timeout(30):
        async for part in calmed(then_quiet(), Allowance(clock)):
            told.append(part)
            if isinstance(part, LeftOut) and lines_of(told) > (CHUNKS - 10) * 10_000:
                clock.now += 60
                shown.set()
    assert told[-1] == b"done\n"
    assert lines_of(told) == CHUNKS * 10_000 + 1


async def test_a_flood_without_newlines_is_bounded_too() -> None:
    async def endless() -> AsyncGenerator[bytes, None]:
        for _ in range(300):
            yield b"x" * 65536

    told = [part async for part in calmed(endless(), Allowance(Clock()))]
    assert sum(len(part) for part in told if isinstance(part, bytes)) <= BURST_BYTES + 3 * KEPT_BYTES


async def test_what_breaks_off_says_so_after_the_last_lines() -> None:
    async def broken() -> AsyncGenerator[bytes, None]:
        async for chunk in flood():
            yield chunk
        raise ClusterUnreachable("gone")

    told: list[bytes | LeftOut] = []

    async def read() -> None:
        async for part in calmed(broken(), Allowance(Clock())):
            told.append(part)

    with pytest.raises(ClusterUnreachable, match="gone"):
        await read()
    assert lines_of(told) == CHUNKS * 10_000
