"""The daemon: `python -m steersman.cluster --state-dir FOLDER` serves until it gets SIGTERM. Started by `launch`."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import dataclasses
import fcntl
import json
import logging
import os
import signal
import sys
import time
from pathlib import Path

from steersman.cluster.assembly import ClusterOptions, RunningCluster, run_cluster
from steersman.cluster.credentials import write_private
from steersman.errors import SteersmanError

LOG = logging.getLogger("steersman.cluster")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m steersman.cluster")
    parser.add_argument("--state-dir", type=Path, required=True)
    parser.add_argument("--allow-network", action="store_true")
    parser.add_argument("--no-sandbox", action="store_true")
    parser.add_argument("--runtime", choices=("auto", "process", "podman"), default="auto")
    parser.add_argument("--ready-fd", type=int, help="written to when the server answers")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    folder: Path = arguments.state_dir
    os.umask(0o077)
    with (folder / "daemon.lock").open("a+") as lock:
        if not _take(lock.fileno()):
            LOG.error("another server already works in %s", folder)
            return 1
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        options = ClusterOptions(
            allow_network=arguments.allow_network,
            sandbox=not arguments.no_sandbox,
            runtime=arguments.runtime,
            port=_last_port(folder),
        )
        try:
            asyncio.run(serve(folder, options, arguments.ready_fd))
        except SteersmanError as error:
            LOG.error("%s", error)
            return 1
        finally:
            (folder / "server.json").unlink(missing_ok=True)
    return 0


def _take(lock: int) -> bool:
    """Whether this is now the only server here; who merely looks whether one runs holds the lock for an instant."""
    for _ in range(50):
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(0.01)
        else:
            return True
    return False


def _last_port(folder: Path) -> int:
    """The port of the last run, so that kubeconfigs stay good; 0 at first."""
    try:
        return int((folder / "port").read_text())
    except (OSError, ValueError):
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
            free = dataclasses.replace(options, port=0)
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


if __name__ == "__main__":
    sys.exit(main())
