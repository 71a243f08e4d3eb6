"""The embedded cluster and a client of its HTTP API, which sends what it is told and gives back what came."""

from __future__ import annotations

import json
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from steersman.cluster.local import LocalCluster, local_cluster

Json = dict[str, Any]


@dataclass(frozen=True)
class Reply:
    status: int
    headers: list[tuple[str, str]]
    body: Any  # parsed, if it is JSON

    def header(self, name: str) -> str:
        return ", ".join(value for key, value in self.headers if key.lower() == name.lower())


class Api:
    """Sends requests to one API server."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self.session = session
        self.url = url

    async def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        content_type: str = "application/json",
        accept: str = "application/json",
        headers: dict[str, str] | None = None,
    ) -> Reply:
        data = body if isinstance(body, str | bytes) or body is None else json.dumps(body)
        sent = {"Content-Type": content_type, "Accept": accept, "User-Agent": "Python-urllib/3.11", **(headers or {})}
        async with self.session.request(method, self.url + path, data=data, headers=sent) as response:
            text = await response.text()
            try:
                found = json.loads(text)
            except ValueError:
                found = [json.loads(line) for line in text.splitlines()] if text.startswith("{") else text
            return Reply(response.status, list(response.headers.items()), found)

    async def get(self, path: str) -> Any:
        return (await self.call("GET", path)).body

    async def post(self, path: str, body: Json) -> Any:
        reply = await self.call("POST", path, body)
        assert reply.status < 300, reply.body
        return reply.body


def kubeconfig_session(path: Path) -> tuple[aiohttp.ClientSession, str]:
    """A session with the token and CA of a kubeconfig written by the cluster, and the server's URL."""
    config = json.loads(path.read_text())
    import base64

    cluster = config["clusters"][0]["cluster"]
    tls = ssl.create_default_context(cadata=base64.b64decode(cluster["certificate-authority-data"]).decode())
    token = config["users"][0]["user"]["token"]
    connector = aiohttp.TCPConnector(ssl=tls)
    return aiohttp.ClientSession(connector=connector, headers={"Authorization": f"Bearer {token}"}), cluster["server"]


@pytest.fixture
async def cluster() -> AsyncIterator[LocalCluster]:
    async with local_cluster() as running:
        yield running


@pytest.fixture
async def api(cluster: LocalCluster) -> AsyncIterator[Api]:
    session, url = kubeconfig_session(cluster.kubeconfig)
    async with session:
        yield Api(session, url)
