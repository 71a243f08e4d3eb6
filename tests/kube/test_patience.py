"""How long an API server is waited for, what is said meanwhile, and what at the end."""

from __future__ import annotations

import asyncio
import re
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest

from steersman.errors import ClusterUnreachable, KubernetesError, OutcomeUnknown, ServerBusy
from steersman.kube import retry
from steersman.kube.asyncio_network import AsyncioNetwork
from steersman.kube.blocking_network import BlockingNetwork, run
from steersman.kube.client import Client
from steersman.kube.config import Connection
from steersman.kube.interface import ObjectRef, PatchType
from steersman.kube.retry import deadline, each_within, latest
from steersman.kube.session import Session

from .fake_server import FakeServer, answers, drops_it
from .test_network import Handler, listening
from .test_retry import PATH, REF, config_map

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"


async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()  # until the client goes away
    writer.close()


async def silent_in_the_middle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(HEAD)
    await silent(reader, writer)


async def never_ready(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Sends a byte now and then, so that it is never silent."""
    writer.write(HEAD)
    with suppress(ConnectionError):
        while not reader.at_eof():
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(0.005)
    writer.close()


def talking_to(port: int) -> Client:
    connection = Connection(f"http://127.0.0.1:{port}", context="c", source="~/.kube/config")
    return Client(Session(connection, AsyncioNetwork()))


@pytest.mark.parametrize(("handler", "said"), [(silent, "no answer"), (silent_in_the_middle, "no whole answer")])
async def test_who_never_answers_is_given_up_after_one_attempt(
    handler: Handler, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("steersman.kube.session.FIRST_ANSWER_SECONDS", 0.05)
    came = 0

    async def counting(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal came
        came += 1
        await reader.readuntil(b"\r\n\r\n")
        await handler(reader, writer)

    async with listening(counting) as port, talking_to(port) as client:
        with pytest.raises(ClusterUnreachable) as caught:
            await client.get(REF)
    where = f'http://127.0.0.1:{port} (context "c" of ~/.kube/config)'
    assert re.fullmatch(
        rf"Kubernetes cluster unreachable: {re.escape(where)}: {said} within 0\.\d+ s", str(caught.value)
    )
    assert "the one you mean" in caught.value.hint
    assert came == 1


@pytest.mark.parametrize("handler", [silent, silent_in_the_middle, never_ready])
async def test_no_request_outlives_its_time(handler: Handler) -> None:
    began = time.monotonic()
    async with listening(handler) as port, talking_to(port) as client:
        with each_within(0.4), pytest.raises(ClusterUnreachable, match=r"no (whole )?answer within 0\.\d+ s"):
            await client.get(REF)
        with (
            each_within(0.4),
            pytest.raises(OutcomeUnknown, match=r"no (whole )?answer within 0\.\d+ s; whether POST .* is unknown"),
        ):
            await client.create(config_map())
    assert time.monotonic() - began < 5


async def test_a_byte_now_and_then_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody has said how long it may take, and never is it silent for long."""
    monkeypatch.setattr("steersman.kube.session.FIRST_ANSWER_SECONDS", 0.05)
    async with listening(never_ready) as port, talking_to(port) as client:
        with pytest.raises(ClusterUnreachable, match=r"no whole answer within 0\.\d+ s"):
            await client.get(REF)


async def test_an_answer_that_keeps_coming_is_read_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """In pieces that are enough, it may take longer than any silence may."""
    monkeypatch.setattr("steersman.kube.session.FIRST_ANSWER_SECONDS", 1.0)
    monkeypatch.setattr("steersman.kube.session.LEAST_BYTES", 100)

    async def slowly(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(HEAD.replace(b"1000", b"2000"))
        for piece in [b'"a":"' + b"x" * 95, *[b"x" * 100] * 18, b"x" * 97 + b'"}']:
            await asyncio.sleep(0.06)
            writer.write(piece)
            await writer.drain()
        writer.close()

    began = time.monotonic()
    async with listening(slowly) as port, talking_to(port) as client:
        assert len((await client.session.object("GET", "/x"))["a"]) == 1992
    assert time.monotonic() - began > 1.0


def served(handler: Handler) -> Iterator[int]:
    """A port that is answered on a thread of its own."""
    ready = threading.Event()
    found: dict[str, Any] = {}

    async def serve() -> None:
        found["loop"], found["done"] = asyncio.get_running_loop(), asyncio.Event()
        async with listening(handler) as found["port"]:
            ready.set()
            await found["done"].wait()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    ready.wait()
    yield found["port"]
    found["loop"].call_soon_threadsafe(found["done"].set)
    thread.join()


@pytest.fixture
def quiet_port() -> Iterator[int]:
    """A port that takes connections and never says a word."""
    yield from served(silent)


@pytest.fixture
def trickling_port() -> Iterator[int]:
    """A port whose answers come by the byte, and never to an end."""
    yield from served(never_ready)


def test_a_byte_now_and_then_is_no_answer_without_an_event_loop_either(
    trickling_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("steersman.kube.session.FIRST_ANSWER_SECONDS", 0.05)
    client = Client(Session(Connection(f"http://127.0.0.1:{trickling_port}"), BlockingNetwork()))
    with pytest.raises(ClusterUnreachable, match=r"no whole answer within 0\.\d+ s"):
        run(client.get(REF))
    with each_within(0.1), pytest.raises(ClusterUnreachable, match=r"no whole answer within 0\.\d+ s"):
        run(client.get(REF))


def test_the_same_without_an_event_loop(quiet_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("steersman.kube.session.FIRST_ANSWER_SECONDS", 0.05)
    client = Client(Session(Connection(f"http://127.0.0.1:{quiet_port}"), BlockingNetwork()))
    with pytest.raises(ClusterUnreachable, match=r"no answer within 0\.05 s"):
        run(client.list("v1", "Secret", namespace="ns"))


def test_a_tls_handshake_that_never_ends(quiet_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("steersman.kube.session.CONNECT_SECONDS", 0.05)
    for network in (BlockingNetwork(), AsyncioNetwork()):
        client = Client(Session(Connection(f"https://127.0.0.1:{quiet_port}"), network))
        ask = client.list("v1", "Secret", namespace="ns")
        with pytest.raises(ClusterUnreachable, match=r"no connection within 0\.05 s"):
            run(ask) if isinstance(network, BlockingNetwork) else asyncio.run(ask)


async def test_what_has_answered_before_is_asked_again(client: Client, server: FakeServer) -> None:
    """A connection that a firewall forgot is silent; another one is not."""

    async def never(_: FakeServer, request: Any) -> Any:
        await asyncio.get_running_loop().create_future()

    server.put(config_map(k="1"))
    await client.server_version()
    server.fault("GET", never)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("steersman.kube.session.ANSWER_SECONDS", 0.05)
        assert (await client.get(REF))["data"] == {"k": "1"}
    assert server.count(f"GET {PATH}/a") == 2


async def test_a_write_without_an_answer_is_looked_for_before_anything_is_claimed(
    client: Client, server: FakeServer
) -> None:
    async def does_it_and_says_nothing(fake: FakeServer, request: Any) -> Any:
        await fake.answer(request)
        await asyncio.get_running_loop().create_future()

    await client.server_version()
    server.fault("POST", does_it_and_says_nothing)
    with each_within(1.0):
        created = await client.create(config_map(k="1"))
    assert created["metadata"]["uid"]
    assert [str(seen) for seen in server.requests[1:]] == [f"POST {PATH}", f"GET {PATH}/a"]


async def test_a_write_that_was_not_done_in_time_says_so(
    client: Client, server: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("FIRST_DELAY_SECONDS", "LONGEST_DELAY_SECONDS"):
        monkeypatch.setattr(retry, name, 100.0)
    await client.server_version()
    server.fault("POST", drops_it, times=10_000)
    with each_within(30), pytest.raises(OutcomeUnknown, match=f"POST {PATH} was not done") as caught:
        await client.create(config_map(k="1"))
    assert caught.value.request == f"POST {PATH}"


@pytest.mark.parametrize(
    ("code", "reason", "way_out"),
    [(503, "ServiceUnavailable", "readyz"), (429, "TooManyRequests", "slow down")],
)
async def test_a_server_that_never_can_is_told_of_in_one_message(
    server: FakeServer, monkeypatch: pytest.MonkeyPatch, code: int, reason: str, way_out: str
) -> None:
    monkeypatch.setattr(retry, "FIRST_DELAY_SECONDS", 0.001)
    monkeypatch.setattr("steersman.kube.trouble.SHORT_SECONDS", 0.01)
    server.fault("GET", answers(code, reason, "etcd is away"), times=10_000)
    told: list[str] = []
    async with Client(Session(Connection(server.url), AsyncioNetwork(), on_waiting=told.append)) as client:
        with each_within(0.6), pytest.raises(ServerBusy) as caught:
            await client.get(REF)
    assert str(caught.value).startswith(f"the API server {server.url} answers {code} {reason}: etcd is away; tried ")
    assert way_out in caught.value.hint
    (line,) = told  # not one for each attempt
    assert line.startswith(f"API server {server.url} answers {code} (etcd is away), retrying for up to 0.")


async def test_after_an_answer_the_next_trouble_is_told_of_again(
    server: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retry, "FIRST_DELAY_SECONDS", 0.001)
    monkeypatch.setattr("steersman.kube.trouble.SHORT_SECONDS", 0.0)
    told: list[str] = []
    server.put(config_map())
    async with Client(Session(Connection(server.url), AsyncioNetwork(), on_waiting=told.append)) as client:
        for fault in (answers(503), drops_it):
            server.fault("GET", fault, times=2)
            await client.get(REF)
    assert [line.split(" ", 3)[3].split(",")[0] for line in told] == [
        "answers 503 (scripted)",
        "cannot be reached (the server closed the connection)",
    ]


async def test_that_an_answer_is_slow_is_told_once(server: FakeServer, monkeypatch: pytest.MonkeyPatch) -> None:
    heard, told = asyncio.Event(), list[str]()

    def hear(line: str) -> None:
        told.append(line)
        heard.set()

    async def when_it_was_told(_: FakeServer, __: Any) -> None:
        await heard.wait()

    server.put(config_map())
    server.fault("GET", when_it_was_told, path="/a", times=3)
    async with Client(Session(Connection(server.url), AsyncioNetwork(1), on_waiting=hear)) as client:
        await client.server_version()
        monkeypatch.setattr("steersman.kube.slow.SLOW_SECONDS", 0.01)
        await asyncio.gather(*[client.get(REF) for _ in range(3)])
        await client.get(REF)
    (line,) = told
    assert re.fullmatch(
        rf"API server {re.escape(server.url)} has not answered GET {PATH}/a yet, waiting for up to \d\d s", line
    )


@pytest.mark.parametrize(
    ("handler", "what"),
    [(silent, "has not answered GET /x yet, waiting for up to"), (never_ready, "is still answering")],
)
def test_that_an_answer_is_slow_is_told_without_an_event_loop(
    handler: Handler, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("steersman.kube.slow.SLOW_SECONDS", 0.1)
    monkeypatch.setattr("steersman.kube.session.FIRST_ANSWER_SECONDS", 0.6)
    for port in served(handler):
        told: list[str] = []
        server = f"http://127.0.0.1:{port}"
        client = Client(Session(Connection(server), BlockingNetwork(), on_waiting=told.append))
        with pytest.raises(ClusterUnreachable):
            run(client.session.object("GET", "/x"))
        (line,) = told
        assert line.startswith(f"API server {server} {what}")


async def test_an_answer_after_a_refusal_is_no_failure_of_many(client: Client, server: FakeServer) -> None:
    server.fault("GET", answers(503))
    with pytest.raises(KubernetesError, match=r"^\S+ not found$"):
        await client.get(REF)


async def test_each_request_has_its_own_time_and_a_deadline_runs_down() -> None:
    with each_within(100):
        assert 99 < latest() - time.monotonic() <= 100
        with deadline(5):
            assert latest() - time.monotonic() <= 5
        # tasks that begin in the block have it, too
        inner = asyncio.create_task(asyncio.to_thread(lambda: latest() - time.monotonic()))
    assert 99 < await inner <= 100
    assert latest() - time.monotonic() <= retry.DEFAULT_BUDGET_SECONDS


async def test_an_apply_is_sent_again_within_the_time(client: Client, server: FakeServer) -> None:
    await client.server_version()
    server.fault("PATCH", answers(503), times=10_000)
    with each_within(1.0), pytest.raises(ServerBusy, match="tried"):
        await client.patch(ObjectRef("v1", "ConfigMap", "a", "ns"), config_map(), PatchType.APPLY)
    assert server.count(f"PATCH {PATH}/a") > 1
