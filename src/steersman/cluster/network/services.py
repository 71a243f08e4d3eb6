"""What kube-proxy does: connections to a Service's address go to one of its ready endpoints.

A port is listened on only while it has endpoints; without any the kernel itself refuses, as kube-proxy's REJECT rule does.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, cast

Port = tuple[str, str, int]
"""(protocol, address, port) that clients connect to."""
Backend = tuple[str, int]

_CHUNK = 65536
_UDP_IDLE = 30.0
_CONNECT_PATIENCE = 5.0


@dataclass
class _Listener:
    backends: list[Backend]
    turn: Iterator[int] = field(default_factory=itertools.count)
    tcp: asyncio.Server | None = None
    udp: asyncio.DatagramTransport | None = None

    def in_turn(self) -> list[Backend]:
        """All backends, beginning with the one whose turn it is."""
        if not self.backends:
            return []
        first = next(self.turn) % len(self.backends)
        return self.backends[first:] + self.backends[:first]

    def close(self) -> None:
        if self.tcp is not None:
            self.tcp.close()
        if self.udp is not None:
            self.udp.close()


class ServiceProxy:
    """Listens on every (address, port) of the table it was given last."""

    def __init__(self) -> None:
        self._listeners: dict[Port, _Listener] = {}

    async def update(self, table: dict[Port, list[Backend]]) -> None:
        """Makes the listeners those of `table`; open connections stay as they are."""
        for port in [port for port in self._listeners if not table.get(port)]:
            self._listeners.pop(port).close()
        for port, backends in table.items():
            if not backends:
                continue
            listener = self._listeners.get(port)
            if listener is not None:
                listener.backends = backends
                continue
            listener = _Listener(backends)
            # A port that cannot be had (a Service on the DNS server's own, say) must not take the others down.
            with contextlib.suppress(OSError):
                await self._listen(port, listener)
                self._listeners[port] = listener

    async def _listen(self, port: Port, listener: _Listener) -> None:
        protocol, address, number = port
        if protocol == "TCP":

            async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                await _serve(listener, reader, writer)

            listener.tcp = await asyncio.start_server(connected, address, number, backlog=512)
        elif protocol == "UDP":
            loop = asyncio.get_running_loop()
            transport, _ = await loop.create_datagram_endpoint(
                lambda: _UdpProxy(listener), local_addr=(address, number)
            )
            listener.udp = transport

    def close(self) -> None:
        for listener in self._listeners.values():
            listener.close()
        self._listeners.clear()


async def _serve(listener: _Listener, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    for address, port in listener.in_turn():
        try:
            inner = await asyncio.wait_for(asyncio.open_connection(address, port), _CONNECT_PATIENCE)
        except (OSError, TimeoutError):
            continue
        await relay(reader, writer, *inner)
        return
    # No endpoint took it: a reset, which the client sees as it would see the endpoint's own refusal.
    writer.transport.abort()


async def relay(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    other_reader: asyncio.StreamReader,
    other_writer: asyncio.StreamWriter,
) -> None:
    """Passes both directions on until both have ended."""
    await asyncio.gather(_pump(reader, other_writer), _pump(other_reader, writer), return_exceptions=True)
    other_writer.close()
    writer.close()


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    """Copies until the end, which is passed on, so that half-closed connections keep working."""
    try:
        while data := await source.read(_CHUNK):
            sink.write(data)
            await sink.drain()
        if sink.can_write_eof():
            sink.write_eof()
    except OSError:
        sink.transport.abort()


class _UdpProxy(asyncio.DatagramProtocol):
    """One upstream socket per client, forgotten when it has been idle for a while."""

    def __init__(self, listener: _Listener) -> None:
        self._listener = listener
        self._clients: dict[Any, _UdpUpstream] = {}

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.DatagramTransport, transport)

    def connection_lost(self, exc: Exception | None) -> None:
        for upstream in list(self._clients.values()):
            upstream.close()

    def datagram_received(self, data: bytes, addr: Any) -> None:
        upstream = self._clients.get(addr)
        if upstream is None:
            upstream = self._clients[addr] = _UdpUpstream(self, addr, self._listener.in_turn()[0])
        upstream.send(data)

    def forget(self, client: Any) -> None:
        self._clients.pop(client, None)


class _UdpUpstream(asyncio.DatagramProtocol):
    def __init__(self, proxy: _UdpProxy, client: Any, backend: Backend) -> None:
        self._proxy, self._client = proxy, client
        self._waiting: list[bytes] = []
        self._transport: asyncio.DatagramTransport | None = None
        self._loop = asyncio.get_running_loop()
        self._idle = self._loop.call_later(_UDP_IDLE, self.close)
        self._opening = self._loop.create_task(self._open(backend))

    async def _open(self, backend: Backend) -> None:
        transport, _ = await self._loop.create_datagram_endpoint(lambda: self, remote_addr=backend)
        self._transport = transport
        for data in self._waiting:
            transport.sendto(data)
        self._waiting.clear()

    def send(self, data: bytes) -> None:
        self._idle.cancel()
        self._idle = self._loop.call_later(_UDP_IDLE, self.close)
        if self._transport is None:
            self._waiting.append(data)
        else:
            self._transport.sendto(data)

    def datagram_received(self, data: bytes, addr: Any) -> None:
        self._proxy.transport.sendto(data, self._client)

    def close(self) -> None:
        self._idle.cancel()
        self._opening.cancel()
        if self._transport is not None:
            self._transport.close()
        self._proxy.forget(self._client)
