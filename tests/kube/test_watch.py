"""A watch tells everything exactly once, whatever happens to its connections."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

import pytest
from aiohttp import web

from steersman.errors import Forbidden
from steersman.kube.client import Client
from steersman.kube.interface import WatchEvent

from .fake_server import FakeServer, answers, drops_it, stream
from .test_retry import config_map


class Told:
    """Collects what a watch tells, as `TYPE name`."""

    def __init__(self, events: AsyncIterator[WatchEvent]) -> None:
        self.lines: list[str] = []
        self.events: list[WatchEvent] = []
        self._news = asyncio.Event()
        self.task = asyncio.create_task(self._collect(events))

    async def _collect(self, events: Any) -> None:
        async with aclosing(events):
            async for event in events:
                self.events.append(event)
                self.lines.append(f"{event.type} {event.object['metadata'].get('name', '')}".strip())
                self._news.set()

    async def until(self, count: int) -> list[str]:
        """The first `count` lines."""
        async with asyncio.timeout(10):
            while len(self.lines) < count:
                self._news.clear()
                await self._news.wait()
        return self.lines[:count]


@pytest.fixture
async def told(client: Client) -> AsyncIterator[Any]:
    """Start a watch of the namespace's ConfigMaps."""
    started: list[Told] = []

    def start(**options: str) -> Told:
        started.append(Told(client.watch("v1", "ConfigMap", namespace="ns", **options)))
        return started[-1]

    yield start
    for each in started:
        each.task.cancel()
    await asyncio.gather(*(each.task for each in started), return_exceptions=True)


def watching(server: FakeServer) -> int:
    return sum("watch" in seen.query for seen in server.requests)


async def test_it_lists_then_watches(server: FakeServer, told: Any) -> None:
    old = server.put(config_map("old"))
    watch = told()
    assert await watch.until(2) == ["ADDED old", "BOOKMARK"]
    await server.wait_for(lambda: watching(server) == 1)
    new = server.put(config_map("new"))
    server.put({**old, "data": {"k": "1"}})
    server.remove(new)
    assert (await watch.until(5))[2:] == ["ADDED new", "MODIFIED old", "DELETED new"]


async def test_it_goes_on_where_it_broke_off(server: FakeServer, told: Any) -> None:
    async def breaks_in_the_middle_of_a_line(fake: FakeServer, request: web.Request) -> web.StreamResponse:
        response = await stream(request)
        await response.write(b'{"type": "ADDED", "object": {"metadata": {"name": "a", "resourceV')
        assert request.transport is not None
        request.transport.abort()
        return response

    server.fault("GET", breaks_in_the_middle_of_a_line, watch=True)
    server.fault("GET", drops_it, watch=True)
    server.fault("GET", answers(503), watch=True)
    server.fault("GET", answers(429, Retry_After="0"), watch=True)
    watch = told()
    await watch.until(1)
    server.put(config_map("a"))
    server.put(config_map("b"))
    assert await watch.until(3) == ["BOOKMARK", "ADDED a", "ADDED b"]
    assert watching(server) == 5


async def test_an_expired_watch_tells_what_it_missed(server: FakeServer, told: Any) -> None:
    """Objects changed, came, went, and were replaced under their name while the server forgot the history."""
    for name in ("stays", "changes", "goes", "replaced"):
        server.put(config_map(name))
    hold = asyncio.Event()

    async def ends_when_all_is_forgotten(fake: FakeServer, request: web.Request) -> web.StreamResponse:
        response = await stream(request)
        await hold.wait()
        return response

    server.fault("GET", ends_when_all_is_forgotten, watch=True)
    watch = told()
    await watch.until(5)
    await server.wait_for(lambda: watching(server) == 1)
    objects = {path.rsplit("/", 1)[1]: obj for path, obj in server.objects.items()}
    server.put({**objects["changes"], "data": {"k": "2"}})
    server.put(config_map("comes"))
    server.remove(objects["goes"])
    server.remove(objects["replaced"])
    server.put(config_map("replaced"))
    server.forget_history()
    hold.set()
    lines = (await watch.until(11))[5:]
    assert sorted(lines[:2]) == ["DELETED goes", "DELETED replaced"]
    assert sorted(lines[2:5]) == ["ADDED comes", "ADDED replaced", "MODIFIED changes"]
    assert lines[5] == "BOOKMARK"
    gone = next(event.object for event in watch.events if event.type == "DELETED")
    assert gone["kind"] == "ConfigMap"
    assert gone["metadata"]["uid"]


async def test_an_error_event_of_410_lists_again(server: FakeServer, told: Any) -> None:
    async def says_410_inside(fake: FakeServer, request: web.Request) -> web.StreamResponse:
        response = await stream(request)
        await response.write(b'{"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired"}}\n')
        return response

    server.fault("GET", says_410_inside, watch=True)
    watch = told()
    server.put(config_map("a"))
    assert await watch.until(3) in (["BOOKMARK", "ADDED a", "BOOKMARK"], ["ADDED a", "BOOKMARK", "BOOKMARK"])


async def test_it_survives_a_restart_of_the_server(server: FakeServer, told: Any) -> None:
    watch = told()
    await watch.until(1)
    await server.wait_for(lambda: watching(server) == 1)
    await server.stop()
    server.put(config_map("a"))
    await server.start()
    assert "ADDED a" in await watch.until(2)


async def test_lost_permission_ends_it(server: FakeServer, told: Any) -> None:
    server.fault("GET", answers(403, "Forbidden", "no more"), watch=True)
    watch = told()
    with pytest.raises(Forbidden, match="no more"):
        await watch.task


async def test_bookmarks_move_it_on(server: FakeServer, told: Any) -> None:
    async def bookmarks_and_ends(fake: FakeServer, request: web.Request) -> web.StreamResponse:
        response = await stream(request)
        await response.write(
            b'{"type":"BOOKMARK","object":{"kind":"ConfigMap","metadata":{"resourceVersion":"5000"}}}\n'
        )
        return response

    server.fault("GET", bookmarks_and_ends, watch=True)
    watch = told()
    await watch.until(2)
    await server.wait_for(lambda: watching(server) == 2)
    assert server.requests[-1].query["resourceVersion"] == "5000"
