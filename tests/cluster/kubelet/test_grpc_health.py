"""gRPC probes against a server that sends the frames of the health protocol."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest
import pytest_asyncio

from steersman.cluster.kubelet import grpc_health

SETTINGS = bytes.fromhex("000000040000000000")
RESPONSE = bytes.fromhex("00000101040000000188")  # :status 200, from the static table
TRAILERS = b"\0\0\x0f\x01\x05\0\0\0\x01" + b"\0\x0bgrpc-status\x010"


def data(message: bytes) -> bytes:
    body = b"\0" + len(message).to_bytes(4, "big") + message
    return len(body).to_bytes(3, "big") + b"\0\0\0\0\0\x01" + body


@pytest_asyncio.fixture
async def serve() -> AsyncIterator[Callable[[bytes], asyncio.Future[tuple[str | None, bytes]]]]:
    servers: list[asyncio.Server] = []

    async def probed(answer: bytes) -> tuple[str | None, bytes]:
        asked = b""

        async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal asked
            asked = await reader.read(4096)
            writer.write(answer)
            await writer.drain()
            writer.close()

        server = await asyncio.start_server(connected, "127.0.0.1", 0)
        servers.append(server)
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        said = await grpc_health.check(reader, writer, "example", "shop")
        writer.close()
        return said, asked

    yield lambda answer: asyncio.ensure_future(probed(answer))
    for server in servers:
        server.close()


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (SETTINGS + RESPONSE + data(b"\x08\x01") + TRAILERS, None),
        (SETTINGS + RESPONSE + data(b"\x08\x02") + TRAILERS, 'service unhealthy (responded with "NOT_SERVING")'),
        (SETTINGS + RESPONSE + data(b"") + TRAILERS, 'service unhealthy (responded with "UNKNOWN")'),
        (SETTINGS + TRAILERS, "this server does not implement the grpc health protocol (grpc.health.v1.Health) for that service"),
        (SETTINGS + RESPONSE, "error: health rpc failed: the server closed the connection"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "error: health rpc failed: the server does not speak HTTP/2"),
    ],
)  # fmt: skip
async def test_answers(
    serve: Callable[[bytes], asyncio.Future[tuple[str | None, bytes]]], answer: bytes, words: str | None
) -> None:
    said, asked = await serve(answer)
    assert said == words
    assert asked.startswith(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
    assert b"\x05:path\x1c/grpc.health.v1.Health/Check" in asked
    assert asked.endswith(data(b"\x0a\x04shop").replace(b"\0\0\0\0\0\x01", b"\0\x01\0\0\0\x01", 1))


@pytest.mark.parametrize(("number", "encoded"), [(0, "00"), (127, "7f"), (128, "8001"), (300, "ac02")])
def test_numbers(number: int, encoded: str) -> None:
    assert grpc_health._varint(number).hex() == encoded
