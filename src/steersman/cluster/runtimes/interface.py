"""What the kubelet needs of a runtime."""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from steersman.cluster.runtimes.images import Image


class ImageUnavailable(Exception):
    """There is nothing to run for that image; `str()` says why and what would help."""


class StartError(Exception):
    """The container's command could not be started; `str()` is worded as containerd and runc word it."""


class SandboxError(Exception):
    """The Pod's sandbox (its network) could not be made."""


@dataclass(frozen=True, slots=True)
class Mount:
    """A folder or file of this machine that appears at `path` in the container."""

    source: str
    path: str
    read_only: bool = False
    tmpfs: bool = False
    """Made of memory, empty; `source` is not looked at."""


@dataclass(frozen=True, slots=True)
class Launch:
    """All that is needed to start one attempt of one container. Everything is resolved: nothing refers to the API."""

    key: str
    """Names the attempt: unique for the life of the cluster."""
    pod: str
    """The Pod's uid."""
    hostname: str
    image: Image
    argv: list[str]
    environment: dict[str, str]
    working_dir: str
    user: int
    group: int
    log: str
    asked_user: int | None = None
    """The user that the Pod asks for; real images have one of their own."""
    mounts: tuple[Mount, ...] = ()
    read_only_root: bool = False
    memory_limit: int | None = None
    """Bytes."""
    cpu_limit: float | None = None
    """Cores."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How an attempt ended. `code` is 128 + the signal's number where one killed it."""

    code: int
    out_of_memory: bool = False
    not_started: str = ""
    """Why the command never ran, where that showed only now."""


@dataclass(frozen=True, slots=True)
class Executed:
    """The outcome of a command run in a container; `code` None: it took too long and was killed."""

    code: int | None
    output: str


@dataclass
class Handlers:
    """What a runtime calls, from the event loop's thread."""

    ended: Callable[[str, Ended], None] = field(default=lambda key, ended: None)
    logged: Callable[[str], None] = field(default=lambda key: None)


class Runtime(Protocol):
    """Runs containers. Methods raise AgentError where the machinery itself fails."""

    name: str
    handlers: Handlers

    @property
    def sandboxed(self) -> bool:
        """Whether each Pod has a network of its own; without, all share the machine's."""
        ...

    async def image(self, reference: str, pull_policy: str) -> Image:
        """Makes the image usable. Raises ImageUnavailable."""
        ...

    async def add_pod(self, pod: str, address: str) -> None:
        """Makes the Pod's network. Raises SandboxError."""
        ...

    async def remove_pod(self, pod: str) -> None: ...

    async def start(self, launch: Launch) -> None:
        """Raises StartError."""
        ...

    async def signal(self, key: str, number: int) -> None: ...

    async def execute(
        self, launch: Launch, argv: list[str], *, timeout: float | None = None, streams: list[int] | None = None
    ) -> Executed: ...

    async def dial(self, address: str, port: int, *, timeout: float) -> socket.socket:
        """A connected, non-blocking socket to a Pod. Raises OSError or TimeoutError."""
        ...
