"""Streams on asyncio's event loop."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from steersman.kube.network import (
    CONNECT_SECONDS,
    ConnectFailed,
    ConnectionLost,
    Endpoint,
    Stream,
    open_tunnel,
    reason_of,
)

# One header block or one piece of a body; bodies themselves may be larger.
BUFFER = 1 << 20


class AsyncioStream:
    """A Stream over asyncio's reader and writer."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        if (sock := writer.get_extra_info("socket")) is not None:  # a watch must notice that its server is gone
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            if hasattr(socket, "TCP_KEEPIDLE"):
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 30)
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 10)

    async def write(self, data: bytes) -> None:
        try:
            self._writer.write(data)
            await self._writer.drain()
        except OSError as error:
            raise ConnectionLost(reason_of(error)) from error

    async def read_until(self, separator: bytes) -> bytes:
        try:
            return await self._reader.readuntil(separator)
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
            raise ConnectionLost("the server closed the connection") from error
        except OSError as error:
            raise ConnectionLost(reason_of(error)) from error

    async def read_exactly(self, size: int) -> bytes:
        try:
            return await self._reader.readexactly(size)
        except asyncio.IncompleteReadError as error:
            raise ConnectionLost("the answer was cut off") from error
        except OSError as error:
            raise ConnectionLost(reason_of(error)) from error

    async def read(self, size: int) -> bytes:
        try:
            return await self._reader.read(size)
        except OSError as error:
            raise ConnectionLost(reason_of(error)) from error

    def usable(self) -> bool:
        return not (self._writer.is_closing() or self._reader.at_eof())

    def close(self) -> None:
        with suppress(RuntimeError):  # the loop may be gone
            self._writer.close()

    async def start_tls(self, context: ssl.SSLContext, server_name: str) -> None:
        await self._writer.start_tls(context, server_hostname=server_name)


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

    async def connect(self, endpoint: Endpoint, context: ssl.SSLContext | None) -> Stream:
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                stream = await _connect(endpoint, context)
            self._patience = max(self._patience, WORTH_A_CONNECTION * (loop.time() - began))
            return stream
        except TimeoutError as error:
            raise ConnectFailed(f"no connection within {CONNECT_SECONDS:g} s") from error
        except ssl.SSLCertVerificationError as error:
            raise ConnectFailed(f"tls: {error.verify_message}", permanent=True) from error
        except ssl.SSLError as error:
            raise ConnectFailed(f"tls: {error.reason or error}", permanent=True) from error
        except OSError as error:
            raise ConnectFailed(reason_of(error)) from error

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    @asynccontextmanager
    async def limit(self, seconds: float | None) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(seconds):
                yield
        except TimeoutError as error:
            raise ConnectionLost(f"no answer within {seconds:g} s") from error

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
    if proxy is None:
        return AsyncioStream(
            *await asyncio.open_connection(
                endpoint.host,
                endpoint.port,
                ssl=context,
                server_hostname=endpoint.server_name if context else None,
                limit=BUFFER,
            )
        )
    assert proxy.hostname is not None
    over_tls = proxy.scheme == "https"
    port = proxy.port or {"https": 443, "http": 80}.get(proxy.scheme, 1080)
    reader, writer = await asyncio.open_connection(
        proxy.hostname, port, ssl=ssl.create_default_context() if over_tls else None, limit=BUFFER
    )
    stream = AsyncioStream(reader, writer)
    try:
        await open_tunnel(stream, proxy, endpoint.host, endpoint.port)
        if context is not None:
            await stream.start_tls(context, endpoint.server_name)
    except BaseException:
        stream.close()
        raise
    return stream
