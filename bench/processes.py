"""Running a command and measuring the whole process: wall time and peak memory.

A process begins its life with the peak of the one that spawned it, for until `exec` they share their memory. So commands are
spawned by a small Python that does nothing else (`bench.spawner`), and the least peak that can be seen is its own: 10 MB.
"""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Cost:
    """`seconds` of wall time from before the fork to after the end, `cpu` seconds of all its threads, `peak` resident memory in
    bytes."""

    seconds: float
    cpu: float
    peak: int


def cost(command: Sequence[str], environment: dict[str, str], *, output: str = os.devnull) -> Cost:
    """Run a command, its output to a file that is there. Raises RuntimeError if it fails or cannot be run."""
    spawner = _spawner()
    assert spawner.stdin is not None
    assert spawner.stdout is not None
    spawner.stdin.write(json.dumps([list(command), environment, output]) + "\n")
    spawner.stdin.flush()
    found = json.loads(spawner.stdout.readline())
    if "error" in found:
        raise RuntimeError(found["error"])
    if found["status"] != 0:
        raise RuntimeError(f"{' '.join(command)} ended with {os.waitstatus_to_exitcode(found['status'])}")
    return Cost(found["seconds"], found["cpu"], found["peak"])


@cache
def _spawner() -> subprocess.Popen[str]:
    program = Path(__file__).with_name("spawner.py")
    started = subprocess.Popen(
        [sys.executable, "-S", "-E", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    atexit.register(started.communicate)  # it ends with its input
    return started
