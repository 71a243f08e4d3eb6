"""Helm takes over from a dead steer: whatever the point of death, helm 4.3.1 lists and shows the release and can change or remove
it, and no later command of ours undoes what it did."""

from __future__ import annotations

import asyncio
import json
import random
import re
import subprocess
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from steersman.client import AsyncClient
from steersman.errors import ReleaseNotFound
from steersman.release.record import Status

from .checks import live_objects, recorded_objects
from .conftest import SEEDS, Cluster, Victims
from .scenarios import SCENARIOS, Scenario
from .test_sigkill_everywhere import NAME, chosen, goes_on, prepared
from .victim import CHART

pytestmark = [pytest.mark.embedded, pytest.mark.chaos, pytest.mark.oracle]

MOVES = ("rollback", "upgrade", "uninstall")
OURS = [scenario for scenario in SCENARIOS if scenario.policy == "rollback" and scenario.action != "test"]
if SEEDS < 100:  # `make test`: every third of them
    OURS = OURS[::3]


@dataclass(frozen=True, slots=True)
class Helm:
    """helm on one namespace."""

    binary: Path
    home: Path
    kubeconfig: str
    namespace: str
    driver: str
    hooks: tuple[str, ...]

    async def run(self, *words: str) -> tuple[int, str]:
        return await asyncio.to_thread(self._run, *words)

    def _run(self, *words: str) -> tuple[int, str]:
        folders = {name: str(self.home) for name in ("HOME", "HELM_CACHE_HOME", "HELM_CONFIG_HOME", "HELM_DATA_HOME")}
        done = subprocess.run(
            [str(self.binary), *words, "--kubeconfig", self.kubeconfig, "-n", self.namespace],
            env={**folders, "HELM_DRIVER": self.driver},
            capture_output=True,
            text=True,
            timeout=60,
        )
        return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("scenario", OURS, ids=lambda scenario: scenario.name)
async def test_what_helm_does_stands(
    cluster: Cluster, victims: Victims, seeds: int, scenario: Scenario, helm: Path, tmp_path: Path
) -> None:
    async with prepared(cluster, scenario) as (_, task):
        _, points = await asyncio.to_thread(victims.run, task)
    for point in chosen(points, -(-seeds // 6 // len(OURS)), f"{scenario.name} by helm"):
        async with prepared(cluster, scenario) as (client, task):
            await asyncio.to_thread(victims.run, replace(task, point=point))
            chance = random.Random(f"{scenario.name} {point}")
            move = chance.choice(MOVES)
            try:
                hooks = ("--no-hooks",) if "fail" in scenario.lasting else ()  # those that fail, fail for Helm as well
                tool = Helm(helm, tmp_path, cluster.kubeconfig, client.namespace, scenario.driver, hooks)
                await takes_over(tool, client, move)
            except Exception as error:
                error.add_note(f"{scenario.name}, killed at {point}, then helm {move}")
                raise


async def takes_over(helm: Helm, client: AsyncClient, move: str) -> None:
    history = [stored.release() for stored in await client.storage.history(NAME)]
    if not history:
        return
    code, text = await helm.run("history", NAME, "-o", "json")
    assert code == 0, text
    assert [(row["revision"], row["status"]) for row in json.loads(text)] == [
        (release.version, str(release.info.status)) for release in history
    ]
    code, text = await helm.run("status", NAME)
    assert f"STATUS: {history[-1].info.status}" in text, text
    done, text = await _move(helm, move, history)
    if done != 0:  # what Helm cannot go on from, it can remove
        assert re.search("another operation|has no deployed releases|has no 0 version|already deleted", text), text
        done, text = await helm.run("uninstall", NAME, *helm.hooks)
    assert done == 0, text
    before = await _standing(client)
    with suppress(ReleaseNotFound):  # it is gone
        await (await client.recover(NAME)).finished()
    deployed, *rest = await _standing(client)
    assert rest == list(before[1:])
    # Where Helm found two of ours deployed, one of them not yet superseded, that is made good; what Helm made stands.
    assert deployed in (before[0], before[0][-1:])
    await goes_on(client, leaves_nothing=False)


async def _move(helm: Helm, move: str, history: list[Any]) -> tuple[int, str]:
    match move:
        case "rollback":
            known = [release.version for release in history if release.info.status is Status.DEPLOYED]
            return await helm.run("rollback", NAME, *map(str, known[-1:]), *helm.hooks)
        case "upgrade":
            return await helm.run("upgrade", NAME, str(CHART), "--set", "message=helm", *helm.hooks)
        case _:
            return await helm.run("uninstall", NAME, *helm.hooks)


async def _standing(client: AsyncClient) -> tuple[list[tuple[int, str]], dict[str, Any]]:
    """The revisions that count, and what lives."""
    history = [stored.release() for stored in await client.storage.history(NAME)]
    deployed = [(release.version, str(release.info.status)) for release in history if release.info.status == "deployed"]
    live = await live_objects(client)
    if deployed:
        wanted = recorded_objects(history[-1])
        assert {key: live.get(key) for key in wanted} == wanted
    return deployed, live
