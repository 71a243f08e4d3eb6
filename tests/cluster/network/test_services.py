"""The Services' proxy, on loopback."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator

import pytest

from steersman.cluster.network.services import ServiceProxy


def free_port(kind: int = socket.SOCK_STREAM) -> int:
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextlib.asynccontextmanager
async def backend(word: bytes) -> AsyncIterator[tuple[str, int]]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        data = await reader.read()
        writer.write(word + data)
        writer.write_eof()
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[:2]


async def ask(port: int, data: bytes = b"") -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(data)
    writer.write_eof()
    answer = await reader.read()
    writer.close()
    return answer


async def test_connections_go_round_and_half_closed_ones_work() -> None:
    proxy, port = ServiceProxy(), free_port()
    async with backend(b"a:") as first, backend(b"b:") as second:
        await proxy.update({("TCP", "127.0.0.1", port): [first, second]})
        assert {await ask(port, b"x"), await ask(port, b"x")} == {b"a:x", b"b:x"}
    proxy.close()


async def test_an_endpoint_that_refuses_is_passed_over() -> None:
    proxy, port = ServiceProxy(), free_port()
    async with backend(b"a:") as good:
        await proxy.update({("TCP", "127.0.0.1", port): [("127.0.0.1", free_port()), good]})
        assert [await ask(port) for _ in range(3)] == [b"a:"] * 3
    proxy.close()


async def test_without_endpoints_connections_are_refused() -> None:
    proxy, port = ServiceProxy(), free_port()
    async with backend(b"a:") as good:
        await proxy.update({("TCP", "127.0.0.1", port): [good]})
        assert await ask(port) == b"a:"
        await proxy.update({("TCP", "127.0.0.1", port): []})
        with pytest.raises(ConnectionRefusedError):
            await ask(port)
        await proxy.update({("TCP", "127.0.0.1", port): [good]})
        assert await ask(port) == b"a:"
    proxy.close()


async def test_datagrams_come_back_to_who_asked() -> None:
    class Echo(asyncio.DatagramProtocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            self.transport = transport

        def datagram_received(self, data: bytes, addr: object) -> None:
            self.transport.sendto(b"echo " + data, addr)  # type: ignore[attr-defined]

    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(Echo, local_addr=("127.0.0.1", 0))
    proxy, port = ServiceProxy(), free_port(socket.SOCK_DGRAM)
    await proxy.update({("UDP", "127.0.0.1", port): [transport.get_extra_info("sockname")]})
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as two,
    ):
        for client, word in ((one, b"one"), (two, b"two")):
            client.setblocking(False)
            client.connect(("127.0.0.1", port))
            await loop.sock_sendall(client, word)
        assert await loop.sock_recv(one, 100) == b"echo one"
        assert await loop.sock_recv(two, 100) == b"echo two"
    proxy.close()
    transport.close()
