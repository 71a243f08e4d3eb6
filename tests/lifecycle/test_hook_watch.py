"""Once a hook has ended, its log is read to its end: given up is only what falls silent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from typing import cast

import pytest

from steersman.kube.interface import Object
from steersman.kube.logs import LogLine
from steersman.kube.watches import Watches
from steersman.lifecycle import hook_watch
from steersman.lifecycle.hook_watch import LogReader
from steersman.lifecycle.redact import Redactor

PIECES = 500


@pytest.mark.parametrize(("silent", "told"), [(False, ["last"]), (True, [])])
async def test_a_log_that_still_comes_is_waited_for(
    monkeypatch: pytest.MonkeyPatch, silent: bool, told: list[str]
) -> None:
    async def follow(watches: Watches, obj: Object, *, heard: Callable[[], None]) -> AsyncGenerator[LogLine, None]:
        if silent:
            await asyncio.Event().wait()
        for _ in range(PIECES):  # of the middle of a flood: nothing of it is shown
            heard()
            await asyncio.sleep(0)
        yield LogLine("p", "main", "last")

    monkeypatch.setattr(hook_watch, "follow_logs", follow)
    monkeypatch.setattr(hook_watch, "DRAIN_SECONDS", 0.0)
    lines: list[str] = []
    reader = LogReader(cast(Watches, None), {}, Redactor(), lambda line: lines.append(line.text))
    await asyncio.sleep(0)
    async with asyncio.timeout(10):
        await reader.finish(drain=True)
    assert lines == told
    assert reader.tail == told
