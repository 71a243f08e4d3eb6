"""What containers may use: memory (a cgroup where one may be made, else watching what their processes use), and rlimits."""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
from collections.abc import Callable
from pathlib import Path
from typing import Any

from steersman.cluster.network import namespaces

_INTERVAL = 0.1


def confine() -> None:
    """What the agent gives up for itself and so for every container: the user's keyring, and core dumps.

    A limit of 1 byte is the one that also keeps a dump from the machine's own collector (core(5), `core_pattern`).
    """
    namespaces.leave_session_keyring()
    resource.setrlimit(resource.RLIMIT_CORE, (1, 1))


def set_limits(pid: int, limits: dict[str, int]) -> None:
    """Lowers rlimits of a process (0: this one), named as in `resource.RLIMIT_*`. In a user namespace of its own a container's
    processes are counted alone (Linux 5.14), else with all others of that user."""
    for name, most in limits.items():
        kind: int = getattr(resource, f"RLIMIT_{name.upper()}")
        _, hard = resource.prlimit(pid, kind)
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.prlimit(pid, kind, (most, most))


class MemoryWatch:
    """Calls `kill` once when a container uses more than it may; `close` says whether it was so.

    `limit` is what `cluster.kubelet.cgroups` prepared: `{"cgroup": path}` where the kernel enforces the limit (then its count
    of kills is watched) or `{"bytes": n}` where only looking is possible; then `pid` is set to the container's first process.
    """

    pid = 0

    def __init__(self, limit: dict[str, Any], kill: Callable[[], None]) -> None:
        self._limit = limit
        self._kill = kill
        self._exceeded = False
        self._timer = asyncio.get_running_loop().call_later(_INTERVAL, self._look)

    def _look(self) -> None:
        if self._over():
            self._exceeded = True
            self._kill()
        else:
            self._timer = asyncio.get_running_loop().call_later(_INTERVAL, self._look)

    def _over(self) -> bool:
        if "cgroup" in self._limit:
            return kills(Path(self._limit["cgroup"])) > 0
        return resident_bytes(self.pid) > int(self._limit["bytes"])

    def close(self) -> bool:
        self._timer.cancel()
        if "cgroup" in self._limit:
            folder = Path(self._limit["cgroup"])
            self._exceeded = self._exceeded or kills(folder) > 0
        return self._exceeded


def kills(folder: Path) -> int:
    """How often the kernel killed in that cgroup for want of memory (v2: memory.events, v1: memory.oom_control)."""
    for name in ("memory.events", "memory.oom_control"):
        with contextlib.suppress(OSError):
            for line in (folder / name).read_text().splitlines():
                key, _, value = line.partition(" ")
                if key == "oom_kill":
                    return int(value)
    return 0


def resident_bytes(pid: int) -> int:
    """What a process and all its descendants hold in memory; 0 when it is gone."""
    if pid <= 0:
        return 0
    total, queue = 0, [pid]
    while queue:
        each = queue.pop()
        with contextlib.suppress(OSError, ValueError, IndexError):
            total += int(Path(f"/proc/{each}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
            for task in os.listdir(f"/proc/{each}/task"):
                queue += map(int, Path(f"/proc/{each}/task/{task}/children").read_text().split())
    return total
