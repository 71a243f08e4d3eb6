"""No write that was acknowledged is lost, at whatever moment the server is killed."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import aiohttp
import pytest

from steersman.cluster import launch
from steersman.cluster.machinery import Objects
from steersman.cluster.store import Store

from .conftest import Api, kubeconfig_session

KILLS = int(
    os.environ.get("STEERSMAN_KILLS", "6")
)  # of a writing process; the server itself is killed a third as often
WRITER = Path(__file__).with_name("durable_writer.py")


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
        for kill in range(max(2, KILLS // 3)):
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
