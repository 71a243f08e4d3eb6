"""Watches over HTTP: what is sent first, what follows, where one can resume."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from steersman.cluster.api import watching
from steersman.cluster.local import LocalCluster

from .conftest import Api

Json = dict[str, Any]

CONFIGMAPS = "/api/v1/namespaces/default/configmaps"
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"


class Lines:
    """The events of one watch."""

    def __init__(self, content: Any) -> None:
        self.content = content

    async def take(self, count: int) -> list[Json]:
        return [json.loads(await asyncio.wait_for(self.content.readline(), 10)) for _ in range(count)]


@asynccontextmanager
async def watch(api: Api, query: str, accept: str = "application/json") -> AsyncIterator[Lines]:
    url = f"{api.url}{CONFIGMAPS}?watch=1&{query}"
    async with api.session.get(url, headers={"Accept": accept}) as response:
        assert response.status == 200
        yield Lines(response.content)


def told(events: list[Json]) -> list[tuple[str, str]]:
    return [(event["type"], event["object"]["metadata"].get("name", "")) for event in events]


def create(cluster: LocalCluster, name: str, **labels: str) -> Json:
    return cluster.objects.create("configmaps", {"metadata": {"name": name, "labels": labels}}, "default")


async def test_without_a_version_a_watch_begins_with_what_is_there(api: Api, cluster: LocalCluster) -> None:
    create(cluster, "a")
    async with watch(api, "") as lines:
        assert told(await lines.take(1)) == [("ADDED", "a")]
        cluster.objects.patch("configmaps", "a", {"data": {"k": "v"}}, "default")
        cluster.objects.delete("configmaps", "a", "default")
        events = await lines.take(2)
        assert told(events) == [("MODIFIED", "a"), ("DELETED", "a")]
        revisions = [int(event["object"]["metadata"]["resourceVersion"]) for event in events]
        assert revisions == [cluster.objects.store.revision - 1, cluster.objects.store.revision]


async def test_a_watch_resumes_after_the_version_it_is_given(api: Api, cluster: LocalCluster) -> None:
    first = create(cluster, "a")
    create(cluster, "b")
    async with watch(api, f"resourceVersion={first['metadata']['resourceVersion']}") as lines:
        create(cluster, "c")
        assert told(await lines.take(2)) == [("ADDED", "b"), ("ADDED", "c")]


async def test_initial_events_end_with_a_marked_bookmark(api: Api, cluster: LocalCluster) -> None:
    create(cluster, "a")
    query = "sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true"
    async with watch(api, query) as lines:
        added, bookmark = await lines.take(2)
        assert told([added]) == [("ADDED", "a")]
        assert bookmark["type"] == "BOOKMARK"
        assert bookmark["object"]["metadata"]["annotations"] == {"k8s.io/initial-events-end": "true"}
        assert bookmark["object"]["metadata"]["resourceVersion"] == str(cluster.objects.store.revision)
        create(cluster, "b")
        assert told(await lines.take(1)) == [("ADDED", "b")]


async def test_a_quiet_watch_gets_bookmarks_with_the_newest_version(
    api: Api, cluster: LocalCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "BOOKMARK_SECONDS", 0.01)
    async with watch(api, "allowWatchBookmarks=true") as lines:
        cluster.objects.create("secrets", {"metadata": {"name": "s"}}, "default")
        while True:
            (event,) = await lines.take(1)
            assert event["type"] == "BOOKMARK"
            if event["object"]["metadata"]["resourceVersion"] == str(cluster.objects.store.revision):
                break


async def test_who_starts_to_match_is_added_and_who_stops_is_deleted(api: Api, cluster: LocalCluster) -> None:
    async with watch(api, "labelSelector=x%3D1") as lines:
        create(cluster, "a", x="2")
        create(cluster, "b", x="1")
        cluster.objects.patch("configmaps", "a", {"metadata": {"labels": {"x": "1"}}}, "default")
        cluster.objects.patch("configmaps", "b", {"metadata": {"labels": {"x": "3"}}}, "default")
        cluster.objects.delete("configmaps", "b", "default")
        cluster.objects.delete("configmaps", "a", "default")
        expected = [("ADDED", "b"), ("ADDED", "a"), ("DELETED", "b"), ("DELETED", "a")]
        assert told(await lines.take(4)) == expected
    async with watch(api, "fieldSelector=metadata.name%3Dc") as lines:
        create(cluster, "d")
        create(cluster, "c")
        assert told(await lines.take(1)) == [("ADDED", "c")]


async def test_a_version_that_is_forgotten_ends_the_watch_with_410(api: Api, cluster: LocalCluster) -> None:
    create(cluster, "a")
    cluster.objects.store.history.compact(cluster.objects.store.revision)
    async with watch(api, "resourceVersion=1") as lines:
        (event,) = await lines.take(1)
        assert (event["type"], event["object"]["code"], event["object"]["reason"]) == ("ERROR", 410, "Expired")


async def test_a_table_can_be_watched(api: Api, cluster: LocalCluster) -> None:
    create(cluster, "a")
    async with watch(api, "", TABLE) as lines:
        (event,) = await lines.take(1)
        assert event["object"]["kind"] == "Table"
        assert event["object"]["rows"][0]["cells"][0] == "a"


async def test_a_watch_ends_after_the_time_it_asked_for(api: Api, cluster: LocalCluster) -> None:
    create(cluster, "a")
    reply = await api.call("GET", f"{CONFIGMAPS}?watch=1&timeoutSeconds=1")
    assert told(reply.body if isinstance(reply.body, list) else [reply.body]) == [("ADDED", "a")]
