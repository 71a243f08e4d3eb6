"""A real process, really killed (SIGKILL) in the middle of an upgrade: the next command sees at once that it is dead, says so and
puts the release in order."""

from __future__ import annotations

import asyncio
import sys

import pytest

from steersman.kube.interface import ObjectRef
from steersman.lifecycle.events import RecoveryStarted
from steersman.lifecycle.policy import Policy

from .table import CHART, act, release, statuses

pytestmark = [pytest.mark.embedded, pytest.mark.chaos]

# Upgrades, says each step, and waits at the one where it is to die.
VICTIM = """
import asyncio, sys
from steersman.client import AsyncClient
from steersman.lifecycle.events import StepStarted

async def main(kubeconfig, name, chart, last):
    async with AsyncClient(kubeconfig=kubeconfig) as client:
        async for event in await client.upgrade(name, chart, {"message": "two"}):
            if isinstance(event, StepStarted) and event.step == last:
                print("here", flush=True)
                import time; time.sleep(600)

asyncio.run(main(*sys.argv[1:]))
"""

DEATHS = {
    "record/2/pending-upgrade": ("1:deployed", ""),
    "pre-upgrade/0/{0}-pre-upgrade": ("1:deployed 2:failed", "upgrade"),
    "apply/Service/default/{0}": ("1:superseded 2:failed 3:deployed", "upgrade"),
    "post-upgrade/0/{0}-post-upgrade": ("1:superseded 2:deployed", "upgrade"),
    "record/1/superseded": ("1:superseded 2:deployed", "upgrade"),
}


@pytest.mark.parametrize("step", DEATHS)
async def test_killed_at(embedded_kubeconfig: str, step: str) -> None:
    name = f"kill-{list(DEATHS).index(step)}"
    after, recovered = DEATHS[step]
    async with release(embedded_kubeconfig, Policy.ROLLBACK, name) as client:
        await act(client, "install", name, {})
        victim = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            VICTIM,
            embedded_kubeconfig,
            name,
            str(CHART),
            step.format(name),
            stdout=asyncio.subprocess.PIPE,
        )
        assert victim.stdout is not None
        assert await victim.stdout.readline() == b"here\n"
        victim.kill()
        await victim.wait()
        operation = await client.recover(name)
        told = [event async for event in operation if isinstance(event, RecoveryStarted)]
        assert [str(event.action) for event in told] == ([recovered] if recovered else [])
        assert all(f"(pid {victim.pid}) died during upgrade" in event.message for event in told)
        assert await statuses(client, name) == after
        leases = (await client.kube.list("coordination.k8s.io/v1", "Lease", namespace=client.namespace)).items
        assert not [found for found in leases if found["metadata"]["name"] == f"steersman-{name}"]
        manifest = await client.get_manifest(name)
        live = await client.kube.get(ObjectRef("v1", "ConfigMap", f"{name}-settings", "default"))
        assert f'message: "{live["data"]["message"]}"' in manifest
