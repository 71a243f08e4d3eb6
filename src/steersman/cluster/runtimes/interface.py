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
    within: str = ""
    """Not empty: `source` is in this folder, in which containers may have put links; none of them is followed any more."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a container runs as, in its own numbers. `asked`: the Pod says so, and not the image."""

    user: int
    group: int
    groups: tuple[int, ...] = ()
    asked: bool = False
    added: tuple[str, ...] = ()
    """Capabilities, as in `securityContext.capabilities`."""
    dropped: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Ids:
    """User and group ids of containers as ids of this machine: 0 is `base` there, and so on for `size` of them."""

    base: int
    size: int

    def outside(self, number: int) -> int:
        """What files of that user of a container belong to; ids that are not mapped stay what they are."""
        return self.base + number if number < self.size else number


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
    identity: Identity
    log: str
    mounts: tuple[Mount, ...] = ()
    read_only_root: bool = False
    memory_limit: int | None = None
    """Bytes."""
    cpu_limit: float | None = None
    """Cores."""
    storage_limit: int | None = None
    """Bytes that it may write outside of volumes."""
    stdin: bool = False
    """Whether who attaches can write to it."""
    stdin_once: bool = False
    """Whether its stdin ends with the first who has written to it."""
    tty: bool = False


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
    failure: str = ""
    """Why it could not be started, in runc's words."""


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

    @property
    def ids(self) -> Ids | None:
        """None where files cannot be given to the users of containers, since all of them are the user who runs this."""
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

    async def attach(self, launch: Launch, streams: list[int], *, stdin: bool) -> None:
        """Passes on what a running container says and is told, from now on until it ends.

        `streams` are descriptors for stdin, stdout and stderr, which stay the caller's; without `stdin`, nothing is told.
        """
        ...

    async def resize(self, launch: Launch, width: int, height: int) -> None:
        """Tells the container's terminal, where it has one, how many characters the window has."""
        ...

    async def dial(self, address: str, port: int, *, timeout: float, pod: str | None = None) -> socket.socket:
        """A connected, non-blocking socket to a Pod, made inside of `pod`'s own network where one is named.

        Raises OSError or TimeoutError.
        """
        ...
