"""Streams on plain sockets, for commands of a request or two: importing and starting asyncio would cost more than the requests.

The client's coroutines never suspend on it, so `run` drives them without an event loop. Only what needs no concurrency works:
reading and writing objects and lists; watches, logs and waits need asyncio.
"""

from __future__ import annotations

import _thread
import socket
import ssl
import time
from collections.abc import Callable, Coroutine
from contextlib import AbstractAsyncContextManager, nullcontext, suppress
from math import inf

from steersman.kube.network import (
    ConnectFailed,
    ConnectionLost,
    Endpoint,
    NoAnswer,
    Stream,
    broken,
    in_words,
    no_answer,
    reason_of,
    tls_failed,
)
from steersman.kube.tls import tls_name
from steersman.lazy import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any, TypeVar

    T = TypeVar("T")

PIECE = 1 << 16
LONGEST_HEAD = 1 << 20


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
        self.allow(None)

    def allow(self, silence: float | None, until: float | None = None, *, least: int = 0) -> None:
        self._began = self._heard = time.monotonic()  # `heard`: when enough had come last
        self._silence = inf if silence is None else silence
        self._until = inf if until is None else until
        self._least, self._come, self._any = least, 0, False

    def _set_limit(self) -> None:
        """Give the next call of the socket its time. Raises TimeoutError where none is left."""
        allowed = min(self._heard + self._silence, self._until) - time.monotonic()
        if allowed <= 0:
            raise TimeoutError
        self._socket.settimeout(None if allowed == inf else max(0.001, allowed))

    def _too_late(self) -> NoAnswer:
        now = time.monotonic()
        waited = now - self._began if self._any or now >= self._until else self._silence
        return no_answer(waited, began=self._any)

    async def write(self, data: bytes) -> None:
        try:
            self._set_limit()
            self._socket.sendall(data)
        except TimeoutError as error:
            raise self._too_late() from error
        except OSError as error:
            with suppress(EOFError, ConnectionLost):
                self._receive()  # which may be the alert that tells why
            raise broken(error) from error

    async def read_until(self, separator: bytes) -> bytes:
        while (end := self._buffer.find(separator)) < 0:
            if len(self._buffer) > LONGEST_HEAD:
                raise ConnectionLost("the answer is not HTTP: its head does not end")
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
        self._set_limit()
        self._socket = context.wrap_socket(self._socket, server_hostname=tls_name(server_name))

    def _fill(self) -> None:
        try:
            self._receive()
        except EOFError as error:
            raise ConnectionLost("the server closed the connection") from error

    def _receive(self) -> None:
        try:
            self._set_limit()
            data = self._socket.recv(PIECE)
        except TimeoutError as error:
            raise self._too_late() from error
        except OSError as error:
            raise broken(error) from error
        if not data:
            raise EOFError
        self._buffer += data
        self._any = True
        self._come += len(data)
        if self._come >= self._least:
            self._heard, self._come = time.monotonic(), 0

    def _take(self, size: int) -> bytes:
        taken = bytes(self._buffer[:size])
        del self._buffer[:size]
        return taken


class BlockingNetwork:
    """The Network of one command: one request at a time."""

    async def connect(self, endpoint: Endpoint, context: ssl.SSLContext | None, seconds: float) -> Stream:
        try:
            return await _connect(endpoint, context, seconds)
        except TimeoutError as error:
            raise ConnectFailed(f"no connection within {in_words(seconds)}") from error
        except ssl.SSLError as error:
            raise tls_failed(error) from error
        except OSError as error:
            raise ConnectFailed(reason_of(error)) from error

    async def sleep(self, seconds: float) -> None:
        time.sleep(seconds)  # noqa: ASYNC251 - there is no event loop to hold up

    def remind(self, seconds: float, again: float, call: Callable[[], None]) -> Callable[[], None]:
        # A thread, for the only one there is waits in a call of a socket; `threading` would have to be imported first.
        over = _thread.allocate_lock()
        over.acquire()

        def wait() -> None:
            pause = seconds
            while not over.acquire(timeout=pause):
                call()
                pause = again

        _thread.start_new_thread(wait, ())
        return over.release

    async def aside(self, work: Callable[[], T], stop: Callable[[], None]) -> T:
        return work()

    def alone(self) -> AbstractAsyncContextManager[None]:
        return nullcontext()

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        work.close()  # there is nobody who could do it meanwhile

    async def acquire(self) -> None:
        return

    def release(self) -> None:
        return


async def _connect(endpoint: Endpoint, context: ssl.SSLContext | None, seconds: float) -> Stream:
    until = time.monotonic() + seconds
    proxy = endpoint.proxy
    if proxy is None:
        address = (endpoint.host, endpoint.port)
    else:
        from steersman.kube import tunnel

        address = tunnel.proxy_address(proxy)
    # A name as bytes is taken as it is; as text it would cost the import of the IDNA codec.
    host: Any = address[0].encode() if address[0].isascii() else address[0]
    try:
        sock = socket.create_connection((host, address[1]), timeout=seconds)
    except OSError as error:
        if proxy is None:
            raise
        raise tunnel.no_proxy_there(proxy, error) from error
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    stream = BlockingStream(sock)
    stream.allow(None, until)
    try:
        if proxy is not None:
            if proxy.scheme == "https":
                stream.start_tls(ssl.create_default_context(), address[0])
            await tunnel.open_tunnel(stream, proxy, endpoint.host, endpoint.port)
        if context is not None:
            stream.start_tls(context, endpoint.server_name)
        return stream
    except BaseException:
        stream.close()
        raise
