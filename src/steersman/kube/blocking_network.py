"""Streams on plain sockets, for commands of a request or two: importing and starting asyncio would cost more than the requests.

The client's coroutines never suspend on it, so `run` drives them without an event loop. Only what needs no concurrency works:
reading and writing objects and lists; watches, logs and waits need asyncio.
"""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import AsyncGenerator, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Any, TypeVar

from steersman.kube.network import (
    ANSWER_SECONDS,
    CONNECT_SECONDS,
    ConnectFailed,
    ConnectionLost,
    Endpoint,
    Stream,
    open_tunnel,
    reason_of,
)

T = TypeVar("T")
PIECE = 1 << 16


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine that waits for nothing but blocking calls. Raises RuntimeError if it waits for an event loop."""
    try:
        coroutine.send(None)
    except StopIteration as done:
        result: T = done.value
        return result
    coroutine.close()
    raise RuntimeError("this needs an event loop: use the asyncio network for it")


class BlockingStream:
    """A Stream over a connected socket."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._buffer = bytearray()

    async def write(self, data: bytes) -> None:
        try:
            self._socket.sendall(data)
        except OSError as error:
            raise ConnectionLost(reason_of(error)) from error

    async def read_until(self, separator: bytes) -> bytes:
        while (end := self._buffer.find(separator)) < 0:
            self._fill()
        return self._take(end + len(separator))

    async def read_exactly(self, size: int) -> bytes:
        while len(self._buffer) < size:
            self._fill()
        return self._take(size)

    async def read(self, size: int) -> bytes:
        if not self._buffer:
            with suppress(EOFError):
                self._receive()
        return self._take(min(size, len(self._buffer)))

    def usable(self) -> bool:
        return True  # a command is over before a server closes its idle connections

    def close(self) -> None:
        with suppress(OSError):
            self._socket.close()

    def start_tls(self, context: ssl.SSLContext, server_name: str) -> None:
        """Turn the connection into a TLS connection. Raises OSError."""
        # As with addresses: a name in bytes does without the IDNA codec.
        name = server_name.encode() if server_name.isascii() else server_name
        self._socket = context.wrap_socket(self._socket, server_hostname=name)

    def _fill(self) -> None:
        try:
            self._receive()
        except EOFError as error:
            raise ConnectionLost("the server closed the connection") from error

    def _receive(self) -> None:
        try:
            data = self._socket.recv(PIECE)
        except OSError as error:
            raise ConnectionLost(reason_of(error)) from error
        if not data:
            raise EOFError
        self._buffer += data

    def _take(self, size: int) -> bytes:
        taken = bytes(self._buffer[:size])
        del self._buffer[:size]
        return taken


class BlockingNetwork:
    """The Network of one command: one request at a time."""

    async def connect(self, endpoint: Endpoint, context: ssl.SSLContext | None) -> Stream:
        try:
            return await _connect(endpoint, context)
        except ssl.SSLCertVerificationError as error:
            raise ConnectFailed(f"tls: {error.verify_message}", permanent=True) from error
        except ssl.SSLError as error:
            raise ConnectFailed(f"tls: {error.reason or error}", permanent=True) from error
        except TimeoutError as error:
            raise ConnectFailed(f"no connection within {CONNECT_SECONDS:g} s") from error
        except OSError as error:
            raise ConnectFailed(reason_of(error)) from error

    async def sleep(self, seconds: float) -> None:
        time.sleep(seconds)  # noqa: ASYNC251 - there is no event loop to hold up

    @asynccontextmanager
    async def limit(self, seconds: float | None) -> AsyncGenerator[None, None]:
        yield  # the socket's own timeout bounds each read

    async def acquire(self) -> None:
        return

    def release(self) -> None:
        return


async def _connect(endpoint: Endpoint, context: ssl.SSLContext | None) -> Stream:
    proxy = endpoint.proxy
    if proxy is None:
        address = (endpoint.host, endpoint.port)
    else:
        address = (proxy.hostname or "", proxy.port or {"https": 443, "http": 80}.get(proxy.scheme, 1080))
    # A name as bytes is taken as it is; as text it would cost the import of the IDNA codec.
    host: Any = address[0].encode() if address[0].isascii() else address[0]
    sock = socket.create_connection((host, address[1]), timeout=CONNECT_SECONDS)
    sock.settimeout(ANSWER_SECONDS)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    stream = BlockingStream(sock)
    try:
        if proxy is not None:
            if proxy.scheme == "https":
                stream.start_tls(ssl.create_default_context(), address[0])
            await open_tunnel(stream, proxy, endpoint.host, endpoint.port)
        if context is not None:
            stream.start_tls(context, endpoint.server_name)
        return stream
    except BaseException:
        stream.close()
        raise
