"""The embedded cluster and a client of its HTTP API, which sends what it is told and gives back what came."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import os
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from steersman.cluster import credentials
from steersman.cluster.access.tokens import TokenIssuer
from steersman.cluster.api.server import ApiServer, LoggedRequest
from steersman.cluster.kinds.custom import CustomResources
from steersman.cluster.local import LocalCluster
from steersman.cluster.machinery import Objects
from steersman.cluster.node import LogSource
from steersman.cluster.store import Store

Json = dict[str, Any]

PATIENCE = 60.0  # seconds for one command


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
    cluster = config["clusters"][0]["cluster"]
    tls = ssl.create_default_context(cadata=base64.b64decode(cluster["certificate-authority-data"]).decode())
    token = config["users"][0]["user"]["token"]
    connector = aiohttp.TCPConnector(ssl=tls)
    return aiohttp.ClientSession(connector=connector, headers={"Authorization": f"Bearer {token}"}), cluster["server"]


@contextlib.asynccontextmanager
async def api_server(
    folder: Path, logs: LogSource | None = None, *, accounts: bool = False
) -> AsyncIterator[LocalCluster]:
    """An API server on which nothing acts: no controllers, no Pods. With `accounts`, it makes tokens."""
    found = credentials.obtain(folder)
    objects = Objects(Store())
    CustomResources(objects).load()
    objects.create("namespaces", {"metadata": {"name": "default"}})
    requests: list[LoggedRequest] = []
    issuer = TokenIssuer(folder, objects) if accounts else None
    tls = found.server_context(folder)
    server = ApiServer(objects, found, tls, request_log=requests.append, logs=logs, accounts=issuer)
    await server.start()
    try:
        credentials.write_kubeconfig(folder / "kubeconfig", server.url, found)
        yield LocalCluster(folder / "kubeconfig", server.url, objects, requests)
    finally:
        await server.stop()


@pytest.fixture
async def cluster(tmp_path: Path) -> AsyncIterator[LocalCluster]:
    async with api_server(tmp_path) as running:
        yield running


@pytest.fixture
async def api(cluster: LocalCluster) -> AsyncIterator[Api]:
    session, url = kubeconfig_session(cluster.kubeconfig)
    async with session:
        yield Api(session, url)


class Tool:
    """kubectl or helm, with the cluster's kubeconfig and a home of its own."""

    def __init__(self, program: Path, kubeconfig: Path, home: Path) -> None:
        self.program = program
        places = {f"HELM_{name}_HOME": str(home / name.lower()) for name in ("CACHE", "CONFIG", "DATA")}
        self.environment = {**os.environ, **places, "KUBECONFIG": str(kubeconfig), "HOME": str(home)}

    async def run(self, *arguments: str, stdin: str = "") -> tuple[int, str]:
        """The exit code and all output."""
        process = await asyncio.create_subprocess_exec(
            str(self.program),
            *arguments,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env=self.environment,
        )
        try:
            output, _ = await asyncio.wait_for(process.communicate(stdin.encode()), PATIENCE)
        except TimeoutError:
            process.kill()
            await process.wait()
            pytest.fail(f"{self.program.name} {' '.join(arguments)} did not end within {PATIENCE} seconds")
        assert process.returncode is not None
        return process.returncode, output.decode()

    async def __call__(self, *arguments: str, stdin: str = "") -> str:
        """The output of a command that succeeds."""
        code, output = await self.run(*arguments, stdin=stdin)
        assert code == 0, (arguments, output)
        return output


@pytest.fixture
def kubectl_here(kubectl: Path, cluster: LocalCluster, tmp_path: Path) -> Tool:
    return Tool(kubectl, cluster.kubeconfig, tmp_path)


@pytest.fixture
def helm_here(helm: Path, cluster: LocalCluster, tmp_path: Path) -> Tool:
    return Tool(helm, cluster.kubeconfig, tmp_path)
