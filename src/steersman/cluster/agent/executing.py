"""Running a command inside a running container and waiting for its end: `kubectl exec`, exec probes and hooks."""

from __future__ import annotations

import asyncio
import contextlib
import os
from typing import Any

from steersman.cluster.agent.entering import Identity, enter_and_execute
from steersman.cluster.agent.process import Process
from steersman.cluster.agent.waiting import CHUNK, left_in, pid_ended, read_up_to

_MOST_OUTPUT = 10 * 1024


async def execute(
    process: Process | None,
    *,
    argv: list[str],
    environment: dict[str, str],
    directory: str,
    user: int,
    group: int,
    groups: list[int],
    capabilities: list[int],
    limits: dict[str, int],
    timeout: float | None,
    streams: list[int] | None = None,
) -> dict[str, Any]:
    """Runs a command inside a running container. `code` is None when it took longer than `timeout` seconds.

    Without `streams` (descriptors for stdin, stdout and stderr) the answer has its `output`, at most 10 KiB of it. Where the
    command could not be started, `failure` says why.
    """
    child = await asyncio.shield(process.child) if process else 0
    if process is None or child <= 0:
        for descriptor in streams or ():
            os.close(descriptor)
        return {"code": 1, "output": "", "failure": "container not running"}
    sandboxed = child != process.outer.pid
    if sandboxed:
        await _sandbox_stands(child)
    read = -1
    if streams is None:
        read, write = os.pipe2(os.O_CLOEXEC)
        null = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
        used = [null, write, write]
    else:
        used = streams
    identity = Identity(user, group, groups, capabilities, limits) if sandboxed else None
    runner = enter_and_execute(child, argv, environment, directory, identity, used)
    for descriptor in set(used):
        os.close(descriptor)
    output = bytearray()
    reading = asyncio.ensure_future(read_up_to(read, output, _MOST_OUTPUT)) if read >= 0 else None
    try:
        code: int | None = await asyncio.wait_for(pid_ended(runner.pid), timeout)
    except TimeoutError:
        code = None
    failure = os.read(runner.failure, CHUNK) if code is not None else b""
    os.close(runner.failure)
    if reading is not None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(reading, 0.2)
        output += left_in(read)[: max(0, _MOST_OUTPUT - len(output))]
        os.close(read)
    return {
        "code": code,
        "output": output.decode(errors="replace"),
        "failure": failure.decode(errors="replace"),
    }


async def _sandbox_stands(child: int) -> None:
    """Waits until the process has become the container's command: before that its file system is still being made."""
    with contextlib.suppress(OSError):
        for _ in range(200):
            if os.path.basename(os.readlink(f"/proc/{child}/exe")) not in (
                "bwrap",
                "nsenter",
                "setpriv",
                "env",
                "setsid",
            ):
                return
            await asyncio.sleep(0.005)
