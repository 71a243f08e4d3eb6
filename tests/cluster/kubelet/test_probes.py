"""HTTP probes: what is sent, and what is said of answers."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from steersman.cluster.kubelet.probes import ProbeError, Target, check
from steersman.cluster.runtimes.interface import Executed


class Server:
    """Answers each connection with `answer` and keeps what was asked."""

    def __init__(self) -> None:
        self.answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
        self.asked: list[list[str]] = []
        self.port = 0

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.read(4096)
        self.asked.append(head.decode(errors="replace").split("\r\n"))
        writer.write(self.answer)
        writer.close()


@pytest_asyncio.fixture
async def server() -> AsyncIterator[Server]:
    made = Server()
    listening = await asyncio.start_server(made.connected, "127.0.0.1", 0)
    made.port = listening.sockets[0].getsockname()[1]
    async with listening:
        yield made


async def probe(server: Server, **action: Any) -> str | None:
    async def execute(command: list[str], timeout: float) -> Executed:
        raise NotImplementedError

    async def dial(host: str, port: int, timeout: float) -> socket.socket:
        made = socket.create_connection((host, port))
        made.setblocking(False)
        return made

    target = Target("127.0.0.1", {"web": server.port}, execute, dial)
    return await check({"httpGet": {"port": "web", **action}, "timeoutSeconds": 10}, target)


async def test_the_usual_headers(server: Server) -> None:
    assert await probe(server, path="healthz?a=b") is None
    assert server.asked[0][0] == "GET /healthz?a=b HTTP/1.1"
    assert set(server.asked[0][1:-2]) == {
        f"Host: 127.0.0.1:{server.port}", "User-Agent: kube-probe/1.36", "Accept: */*", "Connection: close",
    }  # fmt: skip


async def test_headers_of_the_pods_own(server: Server) -> None:
    headers = {"host": "example.com", "ACCEPT": "", "User-Agent": "mine", "X-One": "1"}
    asked = [{"name": name, "value": value} for name, value in headers.items()]
    assert await probe(server, httpHeaders=[*asked, {"name": "X-One", "value": "2"}]) is None
    assert server.asked[0][1:-2] == [
        "host: example.com", "User-Agent: mine", "X-One: 1", "X-One: 2", "Connection: close",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"HTTP/1.1 204 No Content\r\n\r\n", None),
        (b"HTTP/1.1 302 Found\r\nLocation: /x\r\n\r\n", None),
        (b"HTTP/1.1 404 Not Found\r\n\r\n", "HTTP probe failed with statuscode: 404"),
        (b"HTTP/1.0 500 Oh\r\n\r\n", "HTTP probe failed with statuscode: 500"),
        (b"", "EOF"),
    ],
)
async def test_what_is_said_of_answers(server: Server, answer: bytes, words: str | None) -> None:
    server.answer = answer
    said = await probe(server, path="/x")
    assert said == (f'Get "http://127.0.0.1:{server.port}/x": EOF' if words == "EOF" else words)


async def test_plain_http_where_https_was_asked_for(server: Server) -> None:
    url = f"https://127.0.0.1:{server.port}/x"
    said = await probe(server, path="/x", scheme="HTTPS")
    assert said == f'Get "{url}": http: server gave HTTP response to HTTPS client'


async def test_a_port_that_has_no_such_name(server: Server) -> None:
    with pytest.raises(ProbeError, match=r'strconv\.Atoi: parsing "none": invalid syntax'):
        await probe(server, port="none")
