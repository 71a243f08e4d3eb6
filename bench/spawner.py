"""Runs commands for `bench.processes`, which starts this as a small Python of its own and says why: a JSON array a line."""

from __future__ import annotations

import json
import os
import sys
import time


def measured(command: list[str], environment: dict[str, str], output: str) -> dict[str, float]:
    """What a process cost whose output goes to a file, and `status` as wait(2) has it. Raises OSError."""
    actions = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, output, os.O_WRONLY, 0),
        (os.POSIX_SPAWN_DUP2, 1, 2),
    ]
    begin = time.perf_counter()
    pid = os.posix_spawn(command[0], command, environment, file_actions=actions)
    _, status, usage = os.wait4(pid, 0)
    seconds = time.perf_counter() - begin
    return {
        "status": status,
        "seconds": seconds,
        "cpu": usage.ru_utime + usage.ru_stime,
        "peak": usage.ru_maxrss * 1024,
    }


if __name__ == "__main__":
    for line in sys.stdin:
        try:
            answer: dict[str, object] = {**measured(*json.loads(line))}
        except OSError as error:
            answer = {"error": str(error)}
        print(json.dumps(answer), flush=True)
