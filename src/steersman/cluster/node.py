"""What the API server asks of the machine that runs the Pods; the runtimes implement it."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class LogRequest:
    """One `kubectl logs`. `since` is the earliest time wanted; `limit_bytes` cuts the whole answer."""

    namespace: str
    pod: str
    container: str
    follow: bool = False
    previous: bool = False
    timestamps: bool = False
    tail_lines: int | None = None
    since: datetime | None = None
    limit_bytes: int | None = None


class LogSource(Protocol):
    """Where container output is found."""

    def logs(self, request: LogRequest) -> AsyncIterator[bytes]:
        """The chunks of one container's log as they come; with `follow`, until the container has ended.

        With `timestamps`, each line starts with its RFC 3339 time (nanoseconds) and a space. Raises
        `steersman.errors.Invalid` (400) before the first chunk where there is no log to read (the container is waiting, or
        there is no previous one); the message is the one Kubernetes gives.
        """
        ...


class PodAccess(Protocol):
    """Ways into Pods that run."""

    def check(self, namespace: str, pod: str, container: str) -> None:
        """Raises `steersman.errors.Invalid` (400) where no command can be run in that container."""
        ...

    async def execute(self, namespace: str, pod: str, container: str, command: list[str], streams: list[int]) -> int:
        """Runs `command` with these descriptors (which stay the caller's) as stdin, stdout and stderr; its exit code.

        A terminal as stdin becomes the command's controlling terminal. Raises as `check`, and ApiError (500) where the command
        cannot be started.
        """
        ...

    async def attach(self, namespace: str, pod: str, container: str, streams: list[int], *, stdin: bool) -> None:
        """Passes on what the container says and is told, from now on until it ends, by these descriptors (which stay the
        caller's) for stdin, stdout and stderr; without `stdin`, nothing is told. Raises as `check`."""
        ...

    async def resize(self, namespace: str, pod: str, container: str, width: int, height: int) -> None:
        """Gives the container's own terminal another size. Raises as `check`."""
        ...

    async def dial(self, namespace: str, pod: str, port: int) -> socket.socket:
        """A connected, non-blocking socket to a port of the Pod. Raises OSError or TimeoutError, and Invalid (400) where the
        Pod does not run."""
        ...
