"""The embedded cluster: how soon it is there, how fast it answers, what it holds in how much memory."""

from __future__ import annotations

import asyncio
import base64
import json
import ssl
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from bench.tables import Table
from steersman.cluster import launch

Json = dict[str, Any]

CONFIGMAPS = "/api/v1/namespaces/default/configmaps"
JOBS, PODS = "/apis/batch/v1/namespaces/default/jobs", "/api/v1/namespaces/default/pods"
WATCHERS = 50
OBJECTS = 10_000


class Client:
    """Talks to one server."""

    def __init__(self, session: Any, url: str) -> None:
        self.session = session
        self.url = url

    async def send(self, method: str, path: str, body: object = None, content_type: str = "application/json") -> Any:
        data = json.dumps(body) if body is not None else None
        async with self.session.request(
            method, self.url + path, data=data, headers={"Content-Type": content_type}
        ) as response:
            raw = await response.read()
            assert response.status < 300, raw
            return raw


@asynccontextmanager
async def client(config: Json) -> AsyncIterator[Client]:
    import aiohttp

    cluster = config["clusters"][0]["cluster"]
    tls = ssl.create_default_context(cadata=base64.b64decode(cluster["certificate-authority-data"]).decode())
    headers = {"Authorization": f"Bearer {config['users'][0]['user']['token']}"}
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=tls, limit=100), headers=headers) as session:
        yield Client(session, cluster["server"])


def configmap(number: int) -> dict[str, Any]:
    """About 2 KB, with labels, as most objects are."""
    labels = {"app": f"a{number % 10}", "tier": "back"}
    return {"metadata": {"name": f"c{number:05}", "labels": labels}, "data": {"k": "x" * 1500}}


async def timed(count: int, at_once: int, make: Callable[[int], Awaitable[Any]]) -> float:
    """Seconds for `count` calls of `make`, `at_once` of them under way at a time."""
    numbers = iter(range(count))

    async def work() -> None:
        for number in numbers:
            await make(number)

    start = time.perf_counter()
    await asyncio.gather(*(work() for _ in range(at_once)))
    return time.perf_counter() - start


def resident(pid: int) -> float:
    """MiB of memory that a process holds."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


async def fan_out(api: Client) -> float:
    """Seconds until 50 watchers have seen 100 changes."""
    seen: asyncio.Queue[int] = asyncio.Queue()
    ready: asyncio.Queue[int] = asyncio.Queue()

    async def watch() -> None:
        query = "?watch=1&sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan"
        async with api.session.get(f"{api.url}/api/v1/namespaces/kube-public/secrets{query}") as response:
            ready.put_nowait(1)
            count = 0
            async for line in response.content:
                count += b'"ADDED"' in line[:20]
                if count == 100:
                    seen.put_nowait(1)
                    return

    tasks = [asyncio.create_task(watch()) for _ in range(WATCHERS)]
    for _ in tasks:
        await ready.get()
    start = time.perf_counter()
    for number in range(100):
        await api.send("POST", "/api/v1/namespaces/kube-public/secrets", {"metadata": {"name": f"s{number}"}})
    for _ in tasks:
        await seen.get()
    return time.perf_counter() - start


async def first_instruction(api: Client, rounds: int = 15) -> float:
    """Seconds from the request that creates a Job to what its Pod's command does first (it writes the time); the median."""
    took = []
    for number in range(rounds):
        name = f"first-{number}"
        container = {"name": "main", "image": "debian", "command": ["date", "+%s.%N"]}
        template = {"spec": {"restartPolicy": "Never", "containers": [container]}}
        start = time.time()
        await api.send("POST", JOBS, {"metadata": {"name": name}, "spec": {"template": template}})
        while not json.loads(await api.send("GET", f"{JOBS}/{name}")).get("status", {}).get("succeeded"):  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        pods = json.loads(await api.send("GET", f"{PODS}?labelSelector=job-name%3D{name}"))["items"]
        took.append(float(await api.send("GET", f"{PODS}/{pods[0]['metadata']['name']}/log")) - start)
        await api.send("DELETE", f"{JOBS}/{name}?propagationPolicy=Background")
    return statistics.median(took)


async def requests(config: Json, pid: int) -> list[list[str]]:
    rows: list[list[str]] = []
    async with client(config) as api:
        empty = resident(pid)
        rows.append(["from creating a Job to its first instruction", f"{await first_instruction(api):.3f} s", "0.15 s"])
        spent = await timed(1000, 8, lambda number: api.send("POST", CONFIGMAPS, configmap(number)))
        rows.append(["1,000 creates, 8 at once", f"{spent:.2f} s", "2 s"])
        spent = await timed(2000, 8, lambda number: api.send("GET", f"{CONFIGMAPS}/c{number % 1000:05}"))
        rows.append(["get", f"{2000 / spent:,.0f} /s", ""])
        spent = await timed(50, 4, lambda _: api.send("GET", CONFIGMAPS))
        rows.append(["list of 1,000", f"{spent / 50 * 1000:.0f} ms each", ""])
        apply = "application/apply-patch+yaml"

        async def applied(number: int) -> None:
            name = f"c{number % 1000:05}"
            body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"n": str(number)}}
            await api.send("PATCH", f"{CONFIGMAPS}/{name}?fieldManager=bench", body, apply)

        spent = await timed(1000, 8, applied)
        rows.append(["server-side apply", f"{1000 / spent:,.0f} /s", ""])
        rows.append([f"100 changes to {WATCHERS} watchers", f"{await fan_out(api) * 1000:.0f} ms", ""])
        await timed(OBJECTS - 1000, 8, lambda number: api.send("POST", CONFIGMAPS, configmap(number + 1000)))
        rows.append([f"memory with {OBJECTS:,} objects", f"{resident(pid):.0f} MiB", "150 MiB"])
        rows.append(["memory when empty", f"{empty:.0f} MiB", ""])
    return rows


def run() -> Iterator[Table]:
    with tempfile.TemporaryDirectory(prefix="steersman-bench-") as scratch:
        folder = Path(scratch) / "cluster"
        try:
            start = time.perf_counter()
            info = launch.ensure_running(folder)
            first = time.perf_counter() - start
            rows = [["from nothing to ready", f"{first:.2f} s", "1 s"]]
            rows += asyncio.run(requests(json.loads(info.kubeconfig.read_text()), info.pid))
            launch.stop(folder)
            start = time.perf_counter()
            launch.ensure_running(folder)
            rows.append([f"start with {OBJECTS:,} objects", f"{time.perf_counter() - start:.2f} s", ""])
        finally:
            launch.reset(folder)
    yield Table("Embedded cluster", ["what", "measured", "goal"], rows)
