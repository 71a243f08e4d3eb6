"""`exec` and `attach`: a command beside a container's own, or the container's own output."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import json
import os
import pty
import struct
import termios
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from steersman.cluster.api.streams.channels import CLOSE, RESIZE, STDERR, STDIN, STDOUT, Channels
from steersman.cluster.node import PodAccess
from steersman.errors import SteersmanError

Json = dict[str, Any]

_CHUNK = 32 * 1024
_DRAIN = 1.0  # seconds for output that is still in a pipe when the command has ended


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the query of an exec or attach asks for."""

    namespace: str
    pod: str
    container: str
    command: list[str]
    stdin: bool
    stdout: bool
    stderr: bool
    tty: bool


def wanted(namespace: str, pod: str, container: str, query: Mapping[str, str], command: Sequence[str]) -> Wanted:
    def asked(name: str) -> bool:
        return query.get(name, "") in ("1", "true")

    return Wanted(
        namespace, pod, container, list(command), asked("stdin"), asked("stdout"), asked("stderr"), asked("tty")
    )


async def execute(channels: Channels, request: Wanted, pods: PodAccess) -> None:
    """Run the command, pass its streams on, and tell its exit code."""
    # The client knows by an empty message that the connection stands.
    await channels.send(STDOUT if request.stdout else STDERR, b"")
    with _Ends(request) as ends:
        output = [
            asyncio.ensure_future(_pass_on(channels, channel, descriptor)) for channel, descriptor in ends.output()
        ]
        receiving = asyncio.ensure_future(_receive(channels, ends))
        running = asyncio.ensure_future(
            pods.execute(request.namespace, request.pod, request.container, request.command, list(ends.theirs))
        )
        try:
            await asyncio.wait((running, receiving), return_when=asyncio.FIRST_COMPLETED)
            if not running.done():
                return  # the client has gone
            ends.close_theirs()
            await asyncio.wait(output, timeout=_DRAIN)
            await channels.outcome(_outcome(running, request.command))
        finally:
            for task in (*output, receiving, running):
                task.cancel()
            await asyncio.wait((*output, receiving, running))


def _outcome(running: asyncio.Future[int], command: list[str]) -> Json:
    if (error := running.exception()) is not None:
        if not isinstance(error, SteersmanError):
            raise error
        return {"status": "Failure", "message": str(error), "reason": "InternalError", "code": 500}
    code = running.result()
    if code == 0:
        return {"status": "Success"}
    words = f"command terminated with non-zero exit code: error executing command {_go_list(command)}, exit code {code}"
    cause = {"reason": "ExitCode", "message": str(code)}
    return {"status": "Failure", "message": words, "reason": "NonZeroExitCode", "details": {"causes": [cause]}}


def _go_list(command: list[str]) -> str:
    return "[" + " ".join(command) + "]"


async def attach(channels: Channels, request: Wanted, pods: PodAccess) -> None:
    """Pass on what the container says from now until it ends, and what it is told."""
    await channels.send(STDOUT if request.stdout else STDERR, b"")

    async def resize(size: Json) -> None:
        width, height = int(size.get("Width", 0)), int(size.get("Height", 0))
        await pods.resize(request.namespace, request.pod, request.container, width, height)

    with _Ends(replace(request, tty=False)) as ends:  # a terminal is the container's own, at the other end
        output = [
            asyncio.ensure_future(_pass_on(channels, channel, descriptor)) for channel, descriptor in ends.output()
        ]
        receiving = asyncio.ensure_future(_receive(channels, ends, resize if request.tty else None))
        running = asyncio.ensure_future(
            pods.attach(request.namespace, request.pod, request.container, list(ends.theirs), stdin=request.stdin)
        )
        try:
            await asyncio.wait((running, receiving), return_when=asyncio.FIRST_COMPLETED)
            if not running.done():
                return  # the client has gone
            running.result()
            ends.close_theirs()
            await asyncio.wait(output, timeout=_DRAIN)
            await channels.outcome({"status": "Success"})
        finally:
            for task in (*output, receiving, running):
                task.cancel()
            await asyncio.wait((*output, receiving, running))


class _Ends:
    """Both ends of a command's streams: pipes, or one terminal."""

    def __init__(self, request: Wanted) -> None:
        self._request = request
        self._open: set[int] = set()
        self._ours: dict[int, int] = {}
        self.theirs: tuple[int, int, int] = (-1, -1, -1)

    def __enter__(self) -> _Ends:
        if self._request.tty:
            ours, theirs = pty.openpty()
            self._open |= {ours, theirs}
            self._ours = {STDIN: ours, STDOUT: ours}
            self.theirs = theirs, theirs, theirs
        else:
            self.theirs = self._incoming(), self._outgoing(STDOUT), self._outgoing(STDERR)
        for descriptor in self._ours.values():
            os.set_blocking(descriptor, False)
        return self

    def _incoming(self) -> int:
        if not self._request.stdin:
            return self._null()
        read, write = os.pipe2(os.O_CLOEXEC)
        self._open |= {read, write}
        self._ours[STDIN] = write
        return read

    def _outgoing(self, channel: int) -> int:
        if not (self._request.stdout if channel == STDOUT else self._request.stderr):
            return self._null()
        read, write = os.pipe2(os.O_CLOEXEC)
        self._open |= {read, write}
        self._ours[channel] = read
        return write

    def _null(self) -> int:
        descriptor = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
        self._open.add(descriptor)
        return descriptor

    def output(self) -> list[tuple[int, int]]:
        """(channel, descriptor to read)."""
        return [(channel, self._ours[channel]) for channel in (STDOUT, STDERR) if channel in self._ours]

    async def write(self, data: bytes) -> None:
        """To the command's stdin. Raises OSError where it reads no more."""
        if (descriptor := self._ours.get(STDIN)) is None:
            return
        while data:
            try:
                data = data[os.write(descriptor, data) :]
            except BlockingIOError:
                await _writable(descriptor)

    def close_stdin(self) -> None:
        if self._request.tty:
            return  # the terminal's only other end; ^D is the user's to type
        if (descriptor := self._ours.pop(STDIN, None)) is not None:
            self._close(descriptor)

    def resize(self, size: Json) -> None:
        if self._request.tty:
            packed = struct.pack("HHHH", int(size.get("Height", 0)), int(size.get("Width", 0)), 0, 0)
            fcntl.ioctl(self._ours[STDOUT], termios.TIOCSWINSZ, packed)

    def close_theirs(self) -> None:
        for descriptor in self.theirs:
            self._close(descriptor)

    def _close(self, descriptor: int) -> None:
        if descriptor in self._open:
            self._open.discard(descriptor)
            os.close(descriptor)

    def __exit__(self, *_: object) -> None:
        for descriptor in list(self._open):
            self._close(descriptor)


async def _receive(channels: Channels, ends: _Ends, resize: Callable[[Json], Awaitable[None]] | None = None) -> None:
    """What the client sends, until it hangs up. `resize` is for a terminal that is not at `ends`."""
    async for channel, data in channels.received():
        if channel == STDIN:
            with contextlib.suppress(OSError):
                await ends.write(data)
        elif channel == RESIZE:
            with contextlib.suppress(ValueError, OSError, SteersmanError):
                ends.resize(json.loads(data))
                if resize is not None:
                    await resize(json.loads(data))
        elif channel == CLOSE and data[:1] == bytes((STDIN,)):
            ends.close_stdin()


async def _pass_on(channels: Channels, channel: int, descriptor: int) -> None:
    """A command's output to the client, as fast as the client takes it."""
    while True:
        await _readable(descriptor)
        try:
            data = os.read(descriptor, _CHUNK)
        except OSError:
            return  # a terminal whose other end is closed
        if not data:
            return
        await channels.send(channel, data)


async def _readable(descriptor: int) -> None:
    loop, ready = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(descriptor, ready.set)
    try:
        await ready.wait()
    finally:
        loop.remove_reader(descriptor)


async def _writable(descriptor: int) -> None:
    loop, ready = asyncio.get_running_loop(), asyncio.Event()
    loop.add_writer(descriptor, ready.set)
    try:
        await ready.wait()
    finally:
        loop.remove_writer(descriptor)
