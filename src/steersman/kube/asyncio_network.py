"""Streams on asyncio's event loop."""

from __future__ import annotations

import asyncio
import socket
import ssl
import time
from collections.abc import Callable, Coroutine
from contextlib import AbstractAsyncContextManager, suppress
from math import inf
from typing import Any, TypeVar

from steersman.kube.network import (
    ConnectFailed,
    ConnectionLost,
    Endpoint,
    Stream,
    broken,
    in_words,
    no_answer,
    reason_of,
    tls_failed,
)
from steersman.kube.tls import tls_name

T = TypeVar("T")
# One header block or one piece of a body; bodies themselves may be larger.
BUFFER = 1 << 20


class AsyncioStream:
    """A Stream over asyncio's reader and writer."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._silence = self._until = inf
        self._began = self._heard = 0.0  # when enough had come last
        self._least = self._come = 0
        self._any = False
        self._alarm: asyncio.TimerHandle | None = None
        self._late: float | None = None  # how long it took, when the time is over
        if (sock := writer.get_extra_info("socket")) is not None:  # a watch must notice that its server is gone
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            if hasattr(socket, "TCP_KEEPIDLE"):
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 30)
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 10)

    def allow(self, silence: float | None, until: float | None = None, *, least: int = 0) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        self._silence = self._until = inf
        self._least, self._come, self._any = least, 0, False
        if silence is not None or until is not None:
            self._silence = inf if silence is None else silence
            self._until = inf if until is None else until
            self._began = self._heard = time.monotonic()
            self._watch()

    def _watch(self) -> None:
        """One timer for a whole request, set anew where something came meanwhile: one for each read would cost more."""
        now, due = time.monotonic(), min(self._heard + self._silence, self._until)
        if now < due:
            self._alarm = asyncio.get_running_loop().call_later(due - now, self._watch)
        else:
            self._late = now - self._began if self._any or now >= self._until else self._silence
            self._writer.transport.abort()

    async def write(self, data: bytes) -> None:
        try:
            self._writer.write(data)
            await self._writer.drain()
        except OSError as error:
            raise self._lost(error) from error

    async def read_until(self, separator: bytes) -> bytes:
        try:
            block = await self._reader.readuntil(separator)
            self._any = True
            return block
        except asyncio.IncompleteReadError as error:
            raise self._lost("the server closed the connection") from error
        except asyncio.LimitOverrunError as error:
            raise self._lost("the answer is not HTTP: its head does not end") from error
        except OSError as error:
            raise self._lost(error) from error

    async def read_exactly(self, size: int) -> bytes:
        pieces = []
        while size:
            piece = await self.read(size)
            if not piece:
                raise ConnectionLost("the answer was cut off")
            pieces.append(piece)
            size -= len(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    async def read(self, size: int) -> bytes:
        try:
            piece = await self._reader.read(size)
        except OSError as error:
            raise self._lost(error) from error
        if not piece and self._late is not None:
            raise self._lost("")
        self._any = True
        self._come += len(piece)
        if self._come >= self._least:
            self._heard, self._come = time.monotonic(), 0
        return piece

    def _lost(self, why: str | OSError) -> ConnectFailed | ConnectionLost:
        if self._late is not None:
            return no_answer(self._late, began=self._any)
        return ConnectionLost(why) if isinstance(why, str) else broken(why)

    def usable(self) -> bool:
        return not (self._writer.is_closing() or self._reader.at_eof())

    def close(self) -> None:
        with suppress(RuntimeError):  # the loop may be gone
            self._writer.close()

    async def start_tls(self, context: ssl.SSLContext, server_name: str) -> None:
        await self._writer.start_tls(context, server_hostname=tls_name(server_name))


# How many times the opening of a connection a request waits for one that is open already.
WORTH_A_CONNECTION = 2


class AsyncioNetwork:
    """The Network for programs that run an event loop; at most `concurrency` requests at a time.

    It begins with one place for a request, and has one more each time that somebody has waited for a place about as long as
    opening a connection takes. Where a server answers quicker than that, a connection of its own for every request of a small
    release would cost both sides more than it saves.
    """

    def __init__(self, concurrency: int = 16) -> None:
        self._places = asyncio.Semaphore(1)
        self._more = concurrency - 1
        self._patience = 0.0  # seconds
        self._alone: AbstractAsyncContextManager[None] = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()  # the loop itself holds them weakly

    async def connect(self, endpoint: Endpoint, context: ssl.SSLContext | None, seconds: float) -> Stream:
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            async with asyncio.timeout(seconds):
                stream = await _connect(endpoint, context)
            self._patience = max(self._patience, WORTH_A_CONNECTION * (loop.time() - began))
            return stream
        except TimeoutError as error:
            raise ConnectFailed(f"no connection within {in_words(seconds)}") from error
        except ssl.SSLError as error:
            raise tls_failed(error) from error
        except OSError as error:
            raise ConnectFailed(reason_of(error)) from error

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    def remind(self, seconds: float, again: float, call: Callable[[], None]) -> Callable[[], None]:
        loop = asyncio.get_running_loop()
        timer: asyncio.TimerHandle

        def due() -> None:
            nonlocal timer
            timer = loop.call_later(again, due)
            call()

        timer = loop.call_later(seconds, due)
        return lambda: timer.cancel()

    async def aside(self, work: Callable[[], T], stop: Callable[[], None]) -> T:
        done = asyncio.get_running_loop().run_in_executor(None, work)
        try:
            return await asyncio.shield(done)
        except asyncio.CancelledError:
            stop()
            done.add_done_callback(lambda ended: ended.cancelled() or ended.exception())  # which nobody asks for now
            raise

    def alone(self) -> AbstractAsyncContextManager[None]:
        return self._alone

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def acquire(self) -> None:
        if self._more and self._places.locked():
            try:
                async with asyncio.timeout(self._patience):
                    await self._places.acquire()
            except TimeoutError:
                if not self._more:  # others have waited as long
                    await self._places.acquire()
                else:
                    self._more -= 1
        else:
            await self._places.acquire()

    def release(self) -> None:
        self._places.release()


async def _connect(endpoint: Endpoint, context: ssl.SSLContext | None) -> Stream:
    proxy = endpoint.proxy
    server_name = tls_name(endpoint.server_name) if context else None
    if proxy is None:
        return AsyncioStream(
            *await asyncio.open_connection(
                endpoint.host, endpoint.port, ssl=context, server_hostname=server_name, limit=BUFFER
            )
        )
    from steersman.kube import tunnel

    over_tls = ssl.create_default_context() if proxy.scheme == "https" else None
    try:
        reader, writer = await asyncio.open_connection(*tunnel.proxy_address(proxy), ssl=over_tls, limit=BUFFER)
    except OSError as error:
        raise tunnel.no_proxy_there(proxy, error) from error
    stream = AsyncioStream(reader, writer)
    try:
        await tunnel.open_tunnel(stream, proxy, endpoint.host, endpoint.port)
        if context is not None:
            await stream.start_tls(context, endpoint.server_name)
    except BaseException:
        stream.close()
        raise
    return stream
