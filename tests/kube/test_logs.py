"""The log of a Job is every line of everything it ran, once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import aclosing
from typing import Any

import pytest
from aiohttp import web

from steersman.errors import Forbidden
from steersman.kube import logs as logs_module
from steersman.kube.client import Client
from steersman.kube.interface import Object
from steersman.kube.logs import LogLine, follow_logs, lines, split_timestamp
from steersman.kube.watches import Callback, Scope, Seen, Watches

from .fake_server import FakeServer, answers
from .test_wait import COMPLETE, FAILED, job


@pytest.fixture
async def watches(client: Client, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Watches]:
    monkeypatch.setattr(logs_module, "RETRY_SECONDS", 0.01)
    async with Watches(client) as watches:
        yield watches


def stamp(second: int) -> str:
    return f"2026-11-22T09:15:{second:02}.000000000Z"


def says(*texts: str, first: int = 0) -> Callable[[web.Request], Any]:
    """A log of one line a second; honours sinceTime as the kubelet does (the named second is included)."""

    async def script(request: web.Request) -> AsyncIterator[bytes]:
        since = request.query.get("sinceTime", "")
        for second, text in enumerate(texts, first):
            if stamp(second) >= since:
                yield f"{stamp(second)} {text}\n".encode()

    return script


def pod(owner: Object, name: str, created: int = 0, **containers: Any) -> Object:
    """A Pod of the Job; each container's state is `running`, `terminated` or `waiting`, with restarts as a pair."""
    statuses = []
    for container, state in containers.items():
        restarts, word = state if isinstance(state, tuple) else (0, state)
        statuses.append({"name": container, "restartCount": restarts, "state": {word: {"exitCode": 0}}})
    metadata = {"name": name, "namespace": "ns", "ownerReferences": [{"uid": owner["metadata"]["uid"]}]}
    metadata["creationTimestamp"] = stamp(created)
    status = {"initContainerStatuses": statuses[:1] if "init" in containers else []}
    status["containerStatuses"] = [each for each in statuses if each["name"] != "init"]
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "status": status}


class Reader:
    """Collects the lines as `pod/container text`."""

    def __init__(self, watches: Watches, obj: Object) -> None:
        self.lines: list[str] = []
        self._news = asyncio.Event()
        self.task = asyncio.create_task(self._read(watches, obj))

    async def _read(self, watches: Watches, obj: Object) -> list[str]:
        async with aclosing(follow_logs(watches, obj)) as found:
            async for line in found:
                self.lines.append(f"{line.pod}/{line.container} {line.text}")
                self._news.set()
        return self.lines

    async def until(self, line: str) -> None:
        async with asyncio.timeout(10):
            while line not in self.lines:
                self._news.clear()
                await self._news.wait()

    async def end(self) -> list[str]:
        async with asyncio.timeout(10):
            return await self.task


async def test_init_containers_containers_and_the_pods_of_each_retry(watches: Watches, server: FakeServer) -> None:
    live = server.put(job())
    reader = Reader(watches, live)
    server.logs[("p1", "init")] = says("preparing")
    first = server.put(pod(live, "p1", init="running", main="waiting"))
    await reader.until("p1/init preparing")
    server.logs[("p1", "main")] = says("migrating", "boom")
    server.put({**first, **pod(live, "p1", init="terminated", main="terminated")})
    await reader.until("p1/main boom")
    server.logs[("p2", "main")] = says("migrating again")
    server.put(pod(live, "p2", 1, main="running"))
    await reader.until("p2/main migrating again")
    server.put({**live, "status": FAILED})
    assert await reader.end() == ["p1/init preparing", "p1/main migrating", "p1/main boom", "p2/main migrating again"]


async def test_a_job_that_had_ended_before_anyone_looked(watches: Watches, server: FakeServer) -> None:
    live = server.put(job("j", COMPLETE))
    server.logs[("p", "main")] = says("done", "and done")
    server.put(pod(live, "p", main="terminated"))
    assert await Reader(watches, live).end() == ["p/main done", "p/main and done"]


@pytest.mark.parametrize("told", ["nothing", "the first try"])
async def test_the_end_is_told_before_the_pods(
    watches: Watches, server: FakeServer, monkeypatch: pytest.MonkeyPatch, told: str
) -> None:
    """Two watches are in no order: that of Pods may be behind that of the Job for as long as it likes."""
    live = server.put(job("j", COMPLETE))
    server.logs[("p1", "main")] = says("boom")
    server.logs[("p2", "main")] = says("works", "done")
    first = server.put(pod(live, "p1", main="terminated"))
    server.put(pod(live, "p2", 1, main="terminated"))
    subscribe = watches.subscribe

    def lagging(scope: Scope, callback: Callback, names: Iterable[str] | None = None) -> Callable[[], None]:
        if scope.kind != "Pod":
            return subscribe(scope, callback, names)
        if told == "the first try":
            callback(Seen(scope, "p1", first))
        return lambda: None

    monkeypatch.setattr(watches, "subscribe", lagging)
    assert await Reader(watches, live).end() == ["p1/main boom", "p2/main works", "p2/main done"]


async def test_a_broken_stream_goes_on_without_loss_or_repetition(watches: Watches, server: FakeServer) -> None:
    live = server.put(job())
    attempts = 0

    async def breaks_off_twice(request: web.Request) -> AsyncIterator[bytes]:
        nonlocal attempts
        attempts += 1
        written = 0
        async for line in says("one", "two", "three")(request):
            if attempts < 3 and written == attempts:
                assert request.transport is not None
                request.transport.abort()
                return
            yield line
            written += 1

    server.logs[("p", "main")] = breaks_off_twice
    server.put(pod(live, "p", main="terminated"))
    reader = Reader(watches, live)
    await reader.until("p/main three")
    server.put({**live, "status": COMPLETE})
    assert await reader.end() == ["p/main one", "p/main two", "p/main three"]


async def test_lines_of_the_same_moment_are_counted(watches: Watches, server: FakeServer) -> None:
    live = server.put(job())
    attempts = 0

    async def breaks_within_one_moment(request: web.Request) -> AsyncIterator[bytes]:
        nonlocal attempts
        attempts += 1
        for number, text in enumerate(("same", "same", "last")):
            if attempts == 1 and number == 1:
                assert request.transport is not None
                request.transport.abort()
                return
            yield f"{stamp(5)} {text}\n".encode()

    server.logs[("p", "main")] = breaks_within_one_moment
    server.put(pod(live, "p", main="terminated"))
    reader = Reader(watches, live)
    await reader.until("p/main last")
    server.put({**live, "status": COMPLETE})
    assert await reader.end() == ["p/main same", "p/main same", "p/main last"]


async def test_a_container_that_restarts(watches: Watches, server: FakeServer) -> None:
    live = server.put(job())
    server.logs[("p", "main")] = says("first try")
    created = server.put(pod(live, "p", main="running"))
    reader = Reader(watches, live)
    await reader.until("p/main first try")
    server.logs[("p", "main")] = says("second try", first=10)
    server.put({**created, **pod(live, "p", main=(1, "running"))})
    await reader.until("p/main second try")
    server.put({**live, "status": COMPLETE})
    assert await reader.end() == ["p/main first try", "p/main second try"]


async def test_the_crashed_start_before_the_first_look_is_read_too(watches: Watches, server: FakeServer) -> None:
    live = server.put(job("j", COMPLETE))

    async def script(request: web.Request) -> AsyncIterator[bytes]:
        which = says("crash") if request.query.get("previous") else says("works", first=10)
        async for line in which(request):
            yield line

    server.logs[("p", "main")] = script
    server.put(pod(live, "p", main=(1, "terminated")))
    assert await Reader(watches, live).end() == ["p/main crash", "p/main works"]


async def test_a_kubelet_that_is_a_moment_behind_is_asked_again(watches: Watches, server: FakeServer) -> None:
    live = server.put(job())
    server.logs[("p", "main")] = says("late")
    server.fault("GET", answers(400, "BadRequest", "container is waiting to start"), path="/log", times=2)
    server.put(pod(live, "p", main="running"))
    reader = Reader(watches, live)
    await reader.until("p/main late")
    server.put({**live, "status": COMPLETE})
    assert await reader.end() == ["p/main late"]


@pytest.mark.parametrize(("code", "reason"), [(500, "InternalError"), (503, "ServiceUnavailable"), (507, "")])
async def test_a_servers_own_trouble_is_waited_out(
    watches: Watches, server: FakeServer, code: int, reason: str
) -> None:
    live = server.put(job("j", COMPLETE))
    server.logs[("p", "main")] = says("here")
    server.fault("GET", answers(code, reason, "the node is away"), path="/log", times=5)
    server.put(pod(live, "p", main="terminated"))
    assert await Reader(watches, live).end() == ["p/main here"]


async def test_who_may_not_read_a_log_is_not_asked_again(watches: Watches, server: FakeServer) -> None:
    live = server.put(job("j", COMPLETE))
    server.logs[("p", "main")] = says("here")
    server.fault("GET", answers(403, "Forbidden", "no"), path="/log", times=1)
    server.put(pod(live, "p", main="terminated"))
    with pytest.raises(Forbidden):
        await Reader(watches, live).end()


async def test_a_log_that_is_gone_does_not_hold_up_the_others(watches: Watches, server: FakeServer) -> None:
    live = server.put(job("j", COMPLETE))
    server.fault("GET", answers(404, "NotFound"), path="/p1/log", times=10)
    server.logs[("p2", "main")] = says("here")
    server.put(pod(live, "p1", main="terminated"))
    server.put(pod(live, "p2", main="terminated"))
    assert await Reader(watches, live).end() == ["p2/main here"]


async def test_a_deleted_job_ends_it(watches: Watches, server: FakeServer) -> None:
    live = server.put(job())
    server.logs[("p", "main")] = says("one")
    server.put(pod(live, "p", main="terminated"))
    reader = Reader(watches, live)
    await reader.until("p/main one")
    server.remove(live)
    assert await reader.end() == ["p/main one"]


async def test_pods_of_others_are_not_read(watches: Watches, server: FakeServer) -> None:
    live = server.put(job("j", COMPLETE))
    other = server.put(job("other"))
    server.logs[("p", "main")] = says("theirs")
    server.put(pod(other, "p", main="terminated"))
    assert await Reader(watches, live).end() == []


async def test_a_slow_reader_holds_the_reading_back(
    watches: Watches, server: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs_module, "LINES_AHEAD", 5)
    live = server.put(job("j", COMPLETE))
    server.logs[("p", "main")] = says(*(str(number) for number in range(60)))
    server.put(pod(live, "p", main="terminated"))
    found = follow_logs(watches, live)
    async with aclosing(found):
        collected = [line.text async for line in found]
    assert collected == [str(number) for number in range(60)]


@pytest.mark.parametrize(
    ("chunks", "expected"),
    [
        ([b"a\nb\n"], ["a", "b"]),
        ([b"a", b"b\nc"], ["ab", "c"]),
        ([b"\n\n"], ["", ""]),
        ([b"\xff\n"], ["\ufffd"]),
        ([b"x" * 10], ["xxxx", "xxxx", "xx"]),
        ([b"12345", b"6\n7"], ["1234", "56", "7"]),
        ([], []),
    ],
)
async def test_chunks_become_lines(chunks: list[bytes], expected: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs_module, "LONGEST_LINE", 4)

    async def stream() -> Any:
        for chunk in chunks:
            yield chunk

    assert [line async for line in lines(stream())] == expected


def test_timestamps() -> None:
    assert split_timestamp(f"{stamp(1)} a b") == (stamp(1), "a b")
    assert split_timestamp(f"{stamp(1)} ") == (stamp(1), "")
    assert split_timestamp("no stamp here") == ("", "no stamp here")
    assert LogLine("p", "c", "t").time == ""
