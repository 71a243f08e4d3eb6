"""Discovery in its two forms, its cache, and what it costs in requests."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from steersman.errors import NoMatchingKind
from steersman.kube.asyncio_network import AsyncioNetwork
from steersman.kube.client import Client
from steersman.kube.config import Connection
from steersman.kube.discovery import from_aggregated, from_resource_list
from steersman.kube.session import Session

from .fake_server import FakeServer

OLD_API = {"kind": "APIVersions", "versions": ["v1"]}
OLD_APIS = {
    "kind": "APIGroupList",
    "groups": [
        {"name": "apps", "versions": [{"groupVersion": "apps/v1", "version": "v1"}]},
        {"name": "away", "versions": [{"groupVersion": "away/v1", "version": "v1"}]},
    ],
}
OLD_CORE = {
    "groupVersion": "v1",
    "resources": [
        {"name": "pods", "kind": "Pod", "namespaced": True, "verbs": ["get"], "shortNames": ["po"]},
        {"name": "pods/log", "kind": "Pod", "namespaced": True, "verbs": ["get"]},
        {"name": "pods/portforward", "kind": "PodPortForwardOptions", "namespaced": True, "verbs": ["get"]},
        {"name": "nodes", "kind": "Node", "namespaced": False, "verbs": ["get"]},
    ],
}
OLD_APPS = {
    "groupVersion": "apps/v1",
    "resources": [{"name": "deployments", "kind": "Deployment", "namespaced": True, "verbs": ["get"]}],
}


def serve(server: FakeServer, documents: dict[str, Any], **headers: str) -> None:
    """Answer each path with its document."""

    async def answer(_: FakeServer, request: web.Request) -> web.StreamResponse:
        etag = headers.get("ETag")
        if etag and request.headers.get("If-None-Match") == etag:
            return web.Response(status=304)
        if request.path not in documents:
            return web.Response(status=404, text="404 page not found")
        return web.Response(
            body=json.dumps(documents[request.path]), headers={"Content-Type": "application/json", **headers}
        )

    server.fault("GET", answer, times=10_000)


def client_of(server: FakeServer, cache: Path | None = None) -> Client:
    return Client(Session(Connection(server.url), AsyncioNetwork()), cache=cache)


@pytest.fixture
def old(server: FakeServer) -> FakeServer:
    """A server from before aggregated discovery, with a group whose own server is away."""
    serve(server, {"/api": OLD_API, "/apis": OLD_APIS, "/api/v1": OLD_CORE, "/apis/apps/v1": OLD_APPS})
    return server


@pytest.fixture
def new(server: FakeServer, recorded: Path) -> FakeServer:
    answers = json.loads((recorded / "discovery.json").read_text())
    documents = {path: answers[f"{path} aggregated"]["response"] for path in ("/api", "/apis")}
    kind = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
    serve(server, documents, **{"Content-Type": kind, "ETag": '"one"'})
    return server


async def test_group_by_group(old: FakeServer) -> None:
    async with client_of(old) as client:
        assert await client.api_versions() == [
            "apps/v1",
            "apps/v1/Deployment",
            "v1",
            "v1/Node",
            "v1/Pod",
            "v1/PodPortForwardOptions",
        ]
        node = await client.resource("v1", "Node")
        assert (node.plural, node.namespaced) == ("nodes", False)
        with pytest.raises(NoMatchingKind, match='no matches for kind "Foo" in version "foo/v1"'):
            await client.resource("foo/v1", "Foo")


async def test_one_kind_costs_one_group(old: FakeServer) -> None:
    async with client_of(old) as client:
        assert (await client.resource("apps/v1", "Deployment")).plural == "deployments"
        await client.resource("apps/v1", "Deployment")
    assert [seen.path for seen in old.requests] == ["/api", "/apis/apps/v1"]


async def test_what_every_server_has_costs_nothing(old: FakeServer) -> None:
    async with client_of(old) as client:
        for api_version, kind in (
            ("v1", "Secret"),
            ("v1", "Pod"),
            ("batch/v1", "Job"),
            ("coordination.k8s.io/v1", "Lease"),
        ):
            await client.resource(api_version, kind)
    assert old.requests == []


async def test_aggregated(new: FakeServer) -> None:
    async with client_of(new) as client:
        versions = await client.api_versions()
        assert {"v1", "batch/v1", "batch/v1/CronJob", "apps/v1/Scale", "v1/PodPortForwardOptions"} <= set(versions)
        pods = await client.resource("apps/v1", "Deployment")
        assert pods.subresources == {"scale", "status"}
        assert pods.short_names == ("deploy",)
    assert [seen.path for seen in new.requests] == ["/api", "/apis"]


async def test_the_cache_on_disk_is_shared_and_checked(new: FakeServer, tmp_path: Path) -> None:
    async with client_of(new, tmp_path) as client:
        first = await client.api_versions()
    async with client_of(new, tmp_path) as client:
        assert (await client.resource("apps/v1", "Deployment")).plural == "deployments"
        assert len(new.requests) == 2  # nothing was asked
        assert await client.api_versions() == first
    assert [seen.headers.get("If-None-Match") for seen in new.requests] == [None, None, '"one"', '"one"']


async def test_a_kind_that_the_cache_does_not_know_is_asked_for(old: FakeServer, tmp_path: Path) -> None:
    async with client_of(old, tmp_path) as client:
        with pytest.raises(NoMatchingKind):
            await client.resource("away/v1", "Thing")
        thing = {
            "groupVersion": "away/v1",
            "resources": [{"name": "things", "kind": "Thing", "namespaced": True, "verbs": []}],
        }
        old.faults.clear()
        serve(old, {"/apis/away/v1": thing})
        assert (await client.resource("away/v1", "Thing")).plural == "things"


def overwrite(cache: Path, content: str) -> None:
    (file,) = cache.iterdir()
    file.write_text(content)


@pytest.mark.parametrize("content", ["", "{", '{"groups": 1}', "[]"])
async def test_a_damaged_cache_is_no_matter(old: FakeServer, tmp_path: Path, content: str) -> None:
    async with client_of(old, tmp_path) as client:
        await client.resource("apps/v1", "Deployment")
    overwrite(tmp_path, content)
    async with client_of(old, tmp_path) as client:
        assert (await client.resource("apps/v1", "Deployment")).plural == "deployments"


def test_both_forms_say_the_same(recorded: Path) -> None:
    answers = json.loads((recorded / "discovery.json").read_text())
    for api_version, aggregated in (("v1", "/api"), ("batch/v1", "/apis"), ("apps/v1", "/apis")):
        path = "/api/v1" if api_version == "v1" else f"/apis/{api_version}"
        plain = from_resource_list(answers[path]["response"])
        grouped = from_aggregated(answers[f"{aggregated} aggregated"]["response"])[api_version]
        assert sorted(plain.resources, key=str) == sorted(grouped.resources, key=str)
        assert sorted(plain.kinds) == sorted(grouped.kinds)
