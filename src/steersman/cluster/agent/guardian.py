"""Kills what the agent leaves behind when it is killed itself.

The kernel kills a sandbox's processes with its parent (`bwrap --die-with-parent`) only where the parent may signal them: not
once the process has become another user, as it does when the cluster runs as root, and never without a sandbox. So a process
of its own is told of every such process, and acts when the agent's end of the pipe closes, which no kind of death prevents.
"""

from __future__ import annotations

import contextlib
import os
import signal


class Guardian:
    """The agent's side. Made once, before there is an event loop or a thread."""

    def __init__(self) -> None:
        reading, self._writing = os.pipe2(os.O_CLOEXEC)
        if os.fork() == 0:
            os.close(self._writing)
            _watch(reading)
            os._exit(0)
        os.close(reading)

    def watch(self, pid: int, *, group: bool = False) -> None:
        """From now on that process (or its process group) dies with the agent."""
        os.write(self._writing, f"+{-pid if group else pid}\n".encode())

    def forget(self, pid: int, *, group: bool = False) -> None:
        os.write(self._writing, f"-{-pid if group else pid}\n".encode())


def _watch(pipe: int) -> None:
    os.setsid()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    os.closerange(0, pipe)
    os.closerange(pipe + 1, 256)
    watched: set[int] = set()
    with os.fdopen(pipe) as lines:
        for line in lines:
            target = int(line[1:])
            (watched.add if line[0] == "+" else watched.discard)(target)
    for target in watched:
        with contextlib.suppress(ProcessLookupError):
            os.kill(target, signal.SIGKILL)
