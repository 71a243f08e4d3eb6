"""SIGKILL at every step of every action, and around every write: the next command finds the dead process and puts the release in
order, and afterwards everything works as if nothing had been."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from steersman.client import AsyncClient
from steersman.errors import ReleaseNotFound
from steersman.kube.interface import ObjectRef
from steersman.lifecycle.events import Event, RecoveryStarted, ReleaseFinished, ReleaseWarning
from steersman.lifecycle.plan import Options
from steersman.lifecycle.policy import Policy

from .checks import check_at_rest, check_hooks, live_objects
from .conftest import SEEDS, Cluster, Victims
from .scenarios import SCENARIOS, Scenario
from .victim import CHART, Point, Task, act

pytestmark = [pytest.mark.embedded, pytest.mark.chaos]

NAME = "app"
RECOVERIES_KILLED = 0.4  # of all
TRIED = SCENARIOS if SEEDS >= 100 else SCENARIOS[::2]  # `make test`: every second of them


@pytest.mark.parametrize("scenario", TRIED, ids=lambda scenario: scenario.name)
async def test_killed_anywhere(cluster: Cluster, victims: Victims, seeds: int, scenario: Scenario) -> None:
    async with prepared(cluster, scenario) as (_, task):
        exit_code, points = await asyncio.to_thread(victims.run, task)
        assert exit_code == 0
        assert points
    for point in chosen(points, -(-seeds // len(SCENARIOS)), scenario.name):
        async with prepared(cluster, scenario) as (client, task):
            exit_code, _ = await asyncio.to_thread(victims.run, replace(task, point=point))
            assert exit_code in (-9, 0), f"{point}: not killed but ended with {exit_code}"
            chance, again = random.Random(f"{scenario.name} {point}"), Point("", 0)
            try:
                if chance.random() < RECOVERIES_KILLED:
                    again = Point(chance.choice(("before-write", "after-write")), chance.randrange(12))
                    recovery = replace(task, action="recover", point=again)
                    exit_code, _ = await asyncio.to_thread(victims.run, recovery)
                    assert exit_code in (-9, 0, 3), f"the recovery ended with {exit_code}"
                await recovers(client, cluster, scenario)
            except Exception as error:
                error.add_note(f"{scenario.name}, killed at {point}, its recovery at {again}")
                raise


def chosen(points: list[Point], count: int, seed: str) -> list[Point]:
    """The steps first, then the writes between; of each as many as are wanted, spread by chance but always the same."""
    steps = [point for point in points if point.kind.startswith("Step")]
    writes = [point for point in points if point not in steps]
    found: list[Point] = []
    for some in (steps, writes):
        found += random.Random(seed).sample(some, min(len(some), count - len(found)))
    return found


@asynccontextmanager
async def prepared(cluster: Cluster, scenario: Scenario) -> AsyncIterator[tuple[AsyncClient, Task]]:
    """A namespace of its own with the release in the state where the action begins."""
    namespace = cluster.next_namespace()
    policy = Policy(scenario.policy)
    async with AsyncClient(
        kubeconfig=cluster.kubeconfig, namespace=namespace, policy=policy, driver=scenario.driver
    ) as client:
        body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}
        await client.kube.create(body, field_manager="chaos")
        for action in scenario.before:
            values = scenario.values_of(action)
            done = await act(client, Task(cluster.kubeconfig, namespace, scenario.policy, action, values))
            assert (await done.finished()).exit_code == 0
        yield (
            client,
            Task(
                cluster.kubeconfig,
                namespace,
                scenario.policy,
                scenario.action,
                scenario.values_of(scenario.action),
                scenario.chosen,
                driver=scenario.driver,
            ),
        )
        await client.kube.delete(ObjectRef("v1", "Namespace", namespace, None))


async def recovers(client: AsyncClient, cluster: Cluster, scenario: Scenario) -> None:
    events: list[Event] = []
    try:
        async for event in await client.recover(NAME):
            events.append(event)
    except ReleaseNotFound:
        pass  # it died before there was one, or after it had gone
    warned = any(isinstance(event, RecoveryStarted | ReleaseWarning) for event in events)
    await check_at_rest(client, NAME, scenario.policy)
    await check_hooks(client, NAME, cluster.requests, warned)
    await goes_on(client, leaves_nothing=scenario.policy == "rollback")


async def goes_on(client: AsyncClient, *, leaves_nothing: bool) -> None:
    """The release can be brought up and taken down again, and leaves nothing (but what Helm forgets of a failed upgrade: the next
    one starts from the deployed revision)."""
    finished = await _finished(client, "upgrade")
    assert finished.exit_code == 0, finished
    finished = await _finished(client, "uninstall")
    assert finished.exit_code == 0, finished
    if not leaves_nothing:
        return
    assert not await live_objects(client)
    rest = (await client.kube.list("v1", "ConfigMap", namespace=client.namespace)).items
    assert [obj["metadata"]["name"] for obj in rest] in ([], ["kube-root-ca.crt"])


async def _finished(client: AsyncClient, action: str) -> ReleaseFinished:
    if action == "upgrade":
        operation = await client.upgrade(NAME, CHART, {"message": "three"}, install=True)
    else:
        operation = await client.uninstall(NAME, options=Options(delete_hooks=True))
    return await operation.finished()
