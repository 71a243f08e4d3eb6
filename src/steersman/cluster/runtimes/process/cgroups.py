"""Limits through control groups, version 1 or 2, wherever this user may make one; else memory is only watched.

Each container with a limit gets a group beside the server's own; it is removed when the container ends.
"""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from steersman.cluster.runtimes.interface import Launch

_ROOT = Path("/sys/fs/cgroup")
JOIN = """left=$0
while [ "$left" -gt 0 ]; do echo $$ > "$1/cgroup.procs" || exit 125; shift; left=$((left - 1)); done
exec "$@\""""
"""A shell's script: joins the given groups, then becomes the command, so that nothing ever runs outside of them."""


@dataclass
class Groups:
    """What was made for one container. `memory_watch` is for the agent's MemoryWatch."""

    folders: list[str] = field(default_factory=list)
    memory_watch: dict[str, Any] | None = None


@lru_cache(maxsize=1)
def _parents() -> dict[str, Path]:
    """Controller → the folder in which this process may make groups for it."""
    own: dict[str, str] = {}
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/cgroup").read_text().splitlines():
            _, controllers, path = line.split(":", 2)
            for controller in controllers.split(",") or [""]:
                own[controller] = path
    parents: dict[str, Path] = {}
    for controller in ("memory", "cpu"):
        if controller in own:  # version 1
            candidates = [_ROOT / controller / own[controller].lstrip("/"), _ROOT / controller]
        elif "" in own:  # version 2: the controller has to be handed down to children
            folder = _ROOT / own[""].lstrip("/")
            candidates = [folder, folder.parent] if folder != _ROOT else [folder]
        else:
            continue
        for folder in candidates:
            if _usable(folder, controller):
                parents[controller] = folder
                break
    return parents


def _usable(folder: Path, controller: str) -> bool:
    trial = folder / f"steersman-trial-{os.getpid()}"
    try:
        if (folder / "cgroup.subtree_control").exists():
            if controller not in (folder / "cgroup.controllers").read_text().split():
                return False
            with contextlib.suppress(OSError):
                (folder / "cgroup.subtree_control").write_text(f"+{controller}")
            if controller not in (folder / "cgroup.subtree_control").read_text().split():
                return False
        trial.mkdir()
    except OSError:
        return False
    limit = {"memory": ("memory.max", "memory.limit_in_bytes"), "cpu": ("cpu.max", "cpu.cfs_quota_us")}[controller]
    usable = any((trial / name).exists() and os.access(trial / name, os.W_OK) for name in limit)
    trial.rmdir()
    return usable


def make(launch: Launch, prefix: str) -> Groups:
    """The groups of one attempt, their names beginning with `prefix`; nothing without limits.

    Never raises: memory that cannot be limited is watched, cores that cannot are left alone.
    """
    groups = Groups()
    if launch.memory_limit is not None:
        folder = _make(prefix + launch.key, "memory", _memory_settings(launch.memory_limit))
        if folder is not None:
            groups.folders.append(str(folder))
            groups.memory_watch = {"cgroup": str(folder)}
        else:
            groups.memory_watch = {"bytes": launch.memory_limit}
    if launch.cpu_limit is not None:
        quota = max(int(launch.cpu_limit * 100_000), 1000)
        folder = _make(prefix + launch.key, "cpu", [("cpu.max", f"{quota} 100000"), ("cpu.cfs_quota_us", str(quota))])
        if folder is not None and str(folder) not in groups.folders:
            groups.folders.append(str(folder))
    return groups


def _memory_settings(limit: int) -> list[tuple[str, str]]:
    return [("memory.max", str(limit)), ("memory.swap.max", "0"), ("memory.oom.group", "1"),
            ("memory.limit_in_bytes", str(limit)), ("memory.memsw.limit_in_bytes", str(limit))]  # fmt: skip


def _make(name: str, controller: str, settings: list[tuple[str, str]]) -> Path | None:
    parent = _parents().get(controller)
    if parent is None:
        return None
    folder = parent / name
    try:
        folder.mkdir(exist_ok=True)
        for setting, value in settings:
            if (folder / setting).exists():
                with contextlib.suppress(OSError):
                    (folder / setting).write_text(value)
    except OSError:
        return None
    return folder


def remove(groups: Groups) -> None:
    for folder in groups.folders:
        with contextlib.suppress(OSError):
            os.rmdir(folder)


def sweep(prefix: str) -> None:
    """Removes the groups with that prefix in which nothing runs any more, whoever left them."""
    for parent in set(_parents().values()):
        for folder in parent.glob(f"{prefix}*"):
            with contextlib.suppress(OSError):
                folder.rmdir()
