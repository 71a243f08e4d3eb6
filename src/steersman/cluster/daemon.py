"""What the daemon does once it is the only server of its folder."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import json
import logging
import os
import signal
from pathlib import Path

from steersman.cluster.assembly import ClusterOptions, RunningCluster, run_cluster
from steersman.cluster.credentials import write_private
from steersman.errors import SteersmanError

LOG = logging.getLogger("steersman.cluster")


def run(folder: Path, options: ClusterOptions, ready_fd: int | None) -> int:
    """Serves until it is told to stop; the exit code. `ready_fd` is written to when it answers."""
    try:
        asyncio.run(serve(folder, options, ready_fd))
    except SteersmanError as error:
        LOG.error("%s", error)
        return 1
    finally:
        (folder / "server.json").unlink(missing_ok=True)
    return 0


async def serve(folder: Path, options: ClusterOptions, ready_fd: int | None) -> None:
    """Run until SIGTERM or SIGINT. A port that is taken meanwhile is replaced by a free one."""
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    async with contextlib.AsyncExitStack() as stack:
        try:
            running = await stack.enter_async_context(run_cluster(folder, options, persistent=True))
        except OSError:
            free = dataclasses.replace(options, port=0, agent=None)
            running = await stack.enter_async_context(run_cluster(folder, free, persistent=True))
        announce(folder, options, running, ready_fd)
        await stopping.wait()
        LOG.info("stopping")


def announce(folder: Path, options: ClusterOptions, running: RunningCluster, ready_fd: int | None) -> None:
    info = {
        "server": running.server.url,
        "pid": os.getpid(),
        "allow_network": options.allow_network,
        "sandbox": options.sandbox,
        "runtime": options.runtime,
        "problem": running.workloads.problem,
    }
    write_private(folder / "server.json", json.dumps(info))
    write_private(folder / "port", str(running.server.port))
    LOG.info("serving on %s", running.server.url)
    if ready_fd is not None:
        os.write(ready_fd, b"ready")
        os.close(ready_fd)
