"""Running a command and measuring the whole process: wall time and peak memory."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cost:
    """`seconds` of wall time from before the fork to after the end, `cpu` seconds of all its threads, `peak` resident memory in
    bytes."""

    seconds: float
    cpu: float
    peak: int


def cost(command: Sequence[str], environment: dict[str, str]) -> Cost:
    """Run a command with its output thrown away. Raises RuntimeError if it fails."""
    nothing = os.open(os.devnull, os.O_RDWR)
    try:
        begin = time.perf_counter()
        actions = [(os.POSIX_SPAWN_DUP2, nothing, number) for number in (0, 1, 2)]
        pid = os.posix_spawn(command[0], list(command), environment, file_actions=actions)
        _, status, usage = os.wait4(pid, 0)
        seconds = time.perf_counter() - begin
    finally:
        os.close(nothing)
    if status != 0:
        raise RuntimeError(f"{' '.join(command)} ended with {os.waitstatus_to_exitcode(status)}")
    return Cost(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024)
