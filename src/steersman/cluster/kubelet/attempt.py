"""One start of a container, from its launch to its end."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field
from pathlib import Path

from steersman.cluster.runtimes.interface import Ended, Launch

_TERMINATION_MESSAGE = 4096
"""Bytes of the message that a container may leave; source: the kubelet."""


@dataclass
class Attempt:
    """One start of a container. `followers` are set whenever its log grows."""

    launch: Launch
    log: Path
    ended: asyncio.Future[Ended] = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    followers: set[asyncio.Event] = field(default_factory=set)
    killed_because: str = ""

    def termination_message(self, code: int, policy: str) -> str:
        """What the container left in its file of last words, or the end of its log where `policy`, FallbackToLogsOnError,
        says so and it failed."""
        text = ""
        with contextlib.suppress(OSError):
            text = (
                Path(self.launch.log)
                .with_suffix(".message")
                .read_bytes()[:_TERMINATION_MESSAGE]
                .decode(errors="replace")
            )
        if not text and code != 0 and policy == "FallbackToLogsOnError":
            with contextlib.suppress(OSError):
                lines = self.log.read_bytes()[-8192:].splitlines()[-80:]
                text = b"\n".join(line.split(b" ", 3)[-1] for line in lines).decode(errors="replace")[-2048:]
        return text
