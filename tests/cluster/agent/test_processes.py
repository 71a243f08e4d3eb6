"""What a process printed before it ended is in its log, however late the agent gets to read it."""

from __future__ import annotations

import asyncio
import os
from contextlib import nullcontext
from pathlib import Path
from typing import Any, cast

import pytest

from steersman.cluster.agent.guardian import Guardian
from steersman.cluster.agent.process import Process
from steersman.cluster.agent.processes import Processes
from steersman.cluster.network.bridge import PodNetworks


class _NoNetworks:
    def inside(self, pod: str | None) -> nullcontext[None]:
        return nullcontext()


class _NoGuardian:
    def watch(self, pid: int, *, group: bool = False) -> None:
        pass

    def forget(self, pid: int, *, group: bool = False) -> None:
        pass


async def test_an_agent_that_does_not_get_to_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def starved(self: Processes, process: Process, stream: str, pipe: int) -> None:
        asyncio.get_running_loop().remove_reader(pipe)

    monkeypatch.setattr(Processes, "_read", starved)
    ended: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()

    def notify(message: dict[str, Any]) -> None:
        if message["event"] == "exit":
            ended.set_result(message)

    processes = Processes(cast(PodNetworks, _NoNetworks()), cast(Guardian, _NoGuardian()), None, notify)
    log = tmp_path / "log"
    await processes.start(
        key="k",
        pod=None,
        argv=["sh", "-c", "seq 5000; echo oops >&2; printf last; exit 3"],
        arguments=None,
        environment={"PATH": os.environ["PATH"]},
        directory=None,
        log=str(log),
        memory=None,
        limits={},
        within=[],
    )
    async with asyncio.timeout(20):
        assert (await ended)["code"] == 3
    said = [record.split(" ", 3)[1:] for record in log.read_text().splitlines()]
    assert [text for stream, _, text in said if stream == "stdout"] == [*map(str, range(1, 5001)), "last"]
    assert [text for stream, _, text in said if stream == "stderr"] == ["oops"]
