"""Every action through a proxy that loses, delays, refuses and cuts off what goes through it. An action may fail for that, though
never hang nor crash; once the network is well again, the next command puts the release in order. At some seeds the action is
killed on a good network, and it is its recovery that meets the faults."""

from __future__ import annotations

import asyncio
import os
import random
from dataclasses import replace
from pathlib import Path

import pytest

from .conftest import Cluster, Victims
from .proxy import faulty
from .scenarios import SCENARIOS, Scenario
from .test_sigkill_everywhere import prepared, recovers
from .victim import Point

pytestmark = [pytest.mark.embedded, pytest.mark.chaos]


PARTS = 2  # for as many workers
RECOVERIES = 0.25  # of the seeds
AT_ONCE = 4  # for most of the time is spent in waiting before the next attempt


@pytest.mark.parametrize("part", range(PARTS))
async def test_faults(cluster: Cluster, victims: Victims, seeds: int, part: int, tmp_path: Path) -> None:
    """STEERSMAN_CHAOS_SEED=17 replays one seed."""
    only = os.environ.get("STEERSMAN_CHAOS_SEED")
    todo = iter(range(part, seeds, PARTS) if only is None else [int(only)] if part == 0 else [])

    failures: list[Exception] = []

    async def worker() -> None:
        for seed in todo:
            try:
                await one_seed(cluster, victims, SCENARIOS[seed % len(SCENARIOS)], seed, tmp_path)
            except Exception as error:
                failures.append(error)

    async with asyncio.TaskGroup() as group:
        for _ in range(AT_ONCE):
            group.create_task(worker())
    if failures:
        raise ExceptionGroup("seeds that failed", failures)


async def one_seed(cluster: Cluster, victims: Victims, scenario: Scenario, seed: int, folder: Path) -> None:
    async with prepared(cluster, scenario) as (client, task), faulty(cluster.kubeconfig, seed, folder) as (path, proxy):
        hurried = replace(task, kubeconfig=path, chosen={**task.chosen, "timeout": 20.0})
        chance, killed = random.Random(seed), None
        try:
            if chance.random() < RECOVERIES:
                killed = Point(chance.choice(("before-write", "after-write")), chance.randrange(24))
                await asyncio.to_thread(victims.run, replace(task, point=killed))
                hurried = replace(hurried, action="recover")
            exit_code, _ = await asyncio.to_thread(victims.run, hurried)
            assert exit_code in (0, 3), f"ended with {exit_code}"
            await recovers(client, cluster, scenario)
        except Exception as error:
            broken = f", killed at {killed}" if killed else ""
            error.add_note(f"{scenario.name}, seed {seed}{broken}; the faults were:\n" + "\n".join(proxy.told))
            raise
