"""Who is attached to a container: what it says from now on is passed on to them, and what they say to it."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Callable

_CHUNK = 65536
_MOST_BEHIND = 8 * 1024 * 1024
"""Bytes; who is further behind with reading is let go, since a container does not wait for them."""


class Attached:
    """One client. `streams` are descriptors for stdin (to read), stdout and stderr (to write), all ours to close.

    `sink` is a descriptor of the container's stdin, ours as well, or -1; `hung_up` is called when the client's stdin ends.
    """

    def __init__(self, streams: list[int], sink: int, hung_up: Callable[[], None]) -> None:
        self._source, *outputs = streams
        self._sink = sink
        self._hung_up = hung_up
        self._outputs = dict(zip(("stdout", "stderr"), outputs, strict=True))
        self._waiting: asyncio.Queue[tuple[str, bytes] | None] = asyncio.Queue()
        self._behind = 0

    def feed(self, stream: str, data: bytes) -> None:
        """Something the container said."""
        self._behind += len(data)
        self._waiting.put_nowait((stream, data) if self._behind < _MOST_BEHIND else None)

    def end(self) -> None:
        """The container has ended."""
        self._waiting.put_nowait(None)

    async def serve(self) -> None:
        """Returns when the container has ended and all it said is passed on, or when the client takes no more."""
        for descriptor in (self._source, *self._outputs.values()):
            os.set_blocking(descriptor, False)
        incoming = asyncio.ensure_future(self._pass_in())
        try:
            await self._pass_out()
        finally:
            incoming.cancel()
            await asyncio.wait({incoming})
            for descriptor in (self._source, *self._outputs.values()):
                os.close(descriptor)
            self._let_go()

    async def _pass_out(self) -> None:
        with contextlib.suppress(OSError):
            while (piece := await self._waiting.get()) is not None:
                stream, data = piece
                self._behind -= len(data)
                await _write(self._outputs[stream], data)

    async def _pass_in(self) -> None:
        with contextlib.suppress(OSError):
            while data := await _read(self._source):
                if self._sink >= 0:
                    await _write(self._sink, data)
        self._let_go()
        self._hung_up()

    def _let_go(self) -> None:
        if self._sink >= 0:
            os.close(self._sink)
            self._sink = -1


async def _read(descriptor: int) -> bytes:
    loop, ready = asyncio.get_running_loop(), asyncio.Event()
    while True:
        try:
            return os.read(descriptor, _CHUNK)
        except BlockingIOError:
            loop.add_reader(descriptor, ready.set)
            try:
                await ready.wait()
            finally:
                loop.remove_reader(descriptor)
            ready.clear()


async def _write(descriptor: int, data: bytes) -> None:
    """Raises OSError where nobody reads any more."""
    loop, ready = asyncio.get_running_loop(), asyncio.Event()
    while data:
        try:
            data = data[os.write(descriptor, data) :]
        except BlockingIOError:
            loop.add_writer(descriptor, ready.set)
            try:
                await ready.wait()
            finally:
                loop.remove_writer(descriptor)
            ready.clear()
