"""No write that was acknowledged is lost, at whatever moment the server is killed."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest

from steersman.cluster import launch
from steersman.cluster.machinery import Objects
from steersman.cluster.store import Store

from .conftest import Api, kubeconfig_session

KILLS = int(os.environ.get("STEERSMAN_KILLS", "6"))
WRITER, NURSERY = (Path(__file__).with_name(name) for name in ("durable_writer.py", "server_nursery.py"))


def test_every_acknowledged_write_is_there_after_a_kill(tmp_path: Path) -> None:
    state = tmp_path / "state.db"
    acknowledged: dict[str, int] = {}
    chance = random.Random(1)
    for _ in range(KILLS):
        lines = chance.randint(1, 400)
        with subprocess.Popen([sys.executable, str(WRITER), str(state)], stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            for _ in range(lines):
                name, version = process.stdout.readline().split()
                acknowledged[name] = int(version)
            process.send_signal(signal.SIGKILL)
            for line in process.stdout:  # what it had still said before it died
                if line.endswith("\n") and len(line.split()) == 2:
                    acknowledged[line.split()[0]] = int(line.split()[1])
        store = Store(state)
        found = {obj["metadata"]["name"]: int(obj["data"]["version"]) for obj in Objects(store).list("configmaps")}
        revisions = [int(obj["metadata"]["resourceVersion"]) for obj in Objects(store).list("configmaps")]
        assert max(revisions) == store.revision
        store.close()
        lost = {name: version for name, version in acknowledged.items() if found.get(name, 0) < version}
        assert lost == {}


@pytest.mark.embedded
async def test_a_killed_server_comes_back_with_all_it_had_said_yes_to(tmp_path: Path) -> None:
    folder = tmp_path / "cluster"
    acknowledged: set[str] = set()
    chance = random.Random(2)
    try:
        for kill in range(2):
            info = launch.ensure_running(folder)
            session, url = kubeconfig_session(info.kubeconfig)
            async with session:
                api = Api(session, url)
                listed = await api.get("/api/v1/namespaces/default/configmaps")
                assert acknowledged <= {item["metadata"]["name"] for item in listed["items"]}
                writers = [asyncio.create_task(write(api, f"k{kill}-{number}", acknowledged)) for number in range(4)]
                await asyncio.sleep(chance.uniform(0.05, 0.4))
                os.kill(info.pid, signal.SIGKILL)
                await asyncio.gather(*writers)
        info = launch.ensure_running(folder)
        session, url = kubeconfig_session(info.kubeconfig)
        async with session:
            listed = await Api(session, url).get("/api/v1/namespaces/default/configmaps")
        assert acknowledged <= {item["metadata"]["name"] for item in listed["items"]}
        assert acknowledged
    finally:
        launch.reset(folder)


async def write(api: Api, prefix: str, acknowledged: set[str]) -> None:
    """Create objects until the server is gone."""
    for number in range(100_000):
        name = f"{prefix}-{number}"
        try:
            reply = await api.call("POST", "/api/v1/namespaces/default/configmaps", {"metadata": {"name": name}})
        except (aiohttp.ClientError, ConnectionError):
            return
        if reply.status == 201:
            acknowledged.add(name)


@dataclass
class Name:
    """What is known of one ConfigMap: the version last acknowledged (0: none, or its deletion), and the one being written."""

    acknowledged: int = 0
    attempted: int = 0


@contextmanager
def nursery(folder: Path) -> Iterator[subprocess.Popen[str]]:
    folder.mkdir(mode=0o700)
    with subprocess.Popen(
        [sys.executable, str(NURSERY), str(folder)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, start_new_session=True,
    ) as process:  # fmt: skip
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.embedded
async def test_a_server_killed_again_and_again_under_load_forgets_nothing(tmp_path: Path) -> None:
    """Creations, changes and deletions by four clients at once, ended at a random moment by the death of the server."""
    folder, chance = tmp_path / "cluster", random.Random(3)
    names = {f"c{number}": Name() for number in range(40)}
    acknowledged = 0
    with nursery(folder) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for kill in range(KILLS + 1):
            process.stdin.write("\n")
            process.stdin.flush()
            server = int(process.stdout.readline())
            session, url = kubeconfig_session(folder / "kubeconfig")
            async with session:
                api = Api(session, url)
                await compare(api, names)
                if kill < KILLS:
                    shares = [list(names)[first::4] for first in range(4)]
                    seeds = [chance.random() for _ in shares]
                    writers = [
                        asyncio.create_task(churn(api, {name: names[name] for name in share}, random.Random(seed)))
                        for share, seed in zip(shares, seeds, strict=True)
                    ]
                    await asyncio.sleep(chance.uniform(0.0, 0.2))
                os.kill(server, signal.SIGKILL)
                if kill < KILLS:
                    acknowledged += sum(await asyncio.gather(*writers))
    assert acknowledged > KILLS


async def compare(api: Api, names: dict[str, Name]) -> None:
    """Each object is as it was last acknowledged, or as the write left it that was under way; now that is known."""
    listed = await api.get("/api/v1/namespaces/default/configmaps")
    found = {
        each["metadata"]["name"]: int(each["data"]["version"]) for each in listed["items"] if "version" in each["data"]
    }
    for name, known in names.items():
        version = found.get(name, 0)
        assert version in (known.acknowledged, known.attempted), f"{name}: {version} instead of {known}"
        known.acknowledged = known.attempted = version


async def churn(api: Api, names: dict[str, Name], chance: random.Random) -> int:
    """Writes until the server is gone; how many writes were acknowledged."""
    collection, version, done = "/api/v1/namespaces/default/configmaps", 1, 0
    version += max((known.acknowledged for known in names.values()), default=0)
    while True:
        name, version = chance.choice(list(names)), version + 1
        known = names[name]
        body = {"metadata": {"name": name}, "data": {"version": str(version), "filling": "x" * chance.randrange(3000)}}
        known.attempted = version
        try:
            if not known.acknowledged:
                reply = await api.call("POST", collection, body)
            elif chance.random() < 0.2:
                known.attempted = 0
                reply = await api.call("DELETE", f"{collection}/{name}")
            else:
                reply = await api.call(
                    "PATCH", f"{collection}/{name}", body, content_type="application/merge-patch+json"
                )
        except (aiohttp.ClientError, ConnectionError):
            return done
        assert reply.status in (200, 201), reply
        known.acknowledged, done = known.attempted, done + 1
