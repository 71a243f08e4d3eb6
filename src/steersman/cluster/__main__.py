"""The daemon: `python -m steersman.cluster --state-dir FOLDER` serves until it gets SIGTERM. Started by `launch`.

The node agent's process is started first, and gets ready while this one imports what it serves with (`daemon`).
"""

from __future__ import annotations

import argparse
import fcntl
import logging
import os
import sys
import time
from pathlib import Path

from steersman.cluster.agent.begin import begin, ways
from steersman.cluster.runtimes.podman.unshare import agent_within

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
        sandbox = not arguments.no_sandbox
        way = ways(sandbox=sandbox, within=agent_within(arguments.runtime))[0]
        agent = begin(way, way_out=sandbox and arguments.allow_network)
        from steersman.cluster import daemon
        from steersman.cluster.assembly import ClusterOptions

        options = ClusterOptions(
            allow_network=arguments.allow_network,
            sandbox=sandbox,
            runtime=arguments.runtime,
            port=_last_port(folder),
            agent=agent,
        )
        return daemon.run(folder, options, arguments.ready_fd)


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


if __name__ == "__main__":
    sys.exit(main())
