"""One running container, as the agent keeps it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
from dataclasses import dataclass, field

from steersman.cluster.agent.attaching import Attached
from steersman.cluster.agent.limits import MemoryWatch
from steersman.cluster.agent.logs import LogFile


@dataclass
class Process:
    """One attempt of one container."""

    key: str
    outer: subprocess.Popen[bytes]
    log: LogFile
    outputs: list[tuple[str, int]]
    """What it writes to: the stream's name, and the descriptor to read; a terminal is one of both."""
    stdin: int = -1
    """Where to write what it is to read; -1 where it has nothing to read (any more)."""
    terminal: bool = False
    attached: set[Attached] = field(default_factory=set)
    open_streams: int = 2
    child: asyncio.Future[int] = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    """The process' id as the agent sees it, known once the sandbox stands; 0 when it never did."""
    handle: int = -1
    """A descriptor of that process: its id may be another's as soon as it has ended."""
    status: bytes = b""
    drained: asyncio.Event = field(default_factory=asyncio.Event)
    memory: MemoryWatch | None = None
    limits: dict[str, int] = field(default_factory=dict)
    go: int = -1
    """Written to when the sandbox may let the command run."""

    def close_stdin(self) -> None:
        if self.stdin >= 0:
            os.close(self.stdin)
            self.stdin = -1

    def kill(self, number: int) -> None:
        """Signals its first process; nothing where that has ended."""
        with contextlib.suppress(ProcessLookupError):
            if self.handle >= 0:
                signal.pidfd_send_signal(self.handle, number)
            elif self.child.done() and self.child.result() == self.outer.pid:
                if self.outer.returncode is None:
                    os.killpg(self.outer.pid, number)
            else:
                self.outer.send_signal(number)
