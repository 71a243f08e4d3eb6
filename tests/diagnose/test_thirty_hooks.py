"""Hooks that fail in more than thirty real ways on the embedded cluster, and what diagnose says of each."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from tests.diagnose.failing_hooks import HOOKS, FailingHook, servers

from steersman.client import AsyncClient
from steersman.diagnose.diagnosis import Confidence, Diagnosis
from steersman.diagnose.failure import diagnose_failure

CHART = Path(__file__).parent / "chart"


@pytest.mark.embedded
async def test_diagnose_names_the_cause_of_thirty_failures(embedded_kubeconfig: str) -> None:
    """Each in a namespace of its own, all at once; at least 28 of 30 right, and none confidently wrong."""
    async with AsyncClient(kubeconfig=embedded_kubeconfig, namespace="data-layer") as client:
        await namespace(client, "data-layer")
        await (await client.install("data", CHART, servers())).result()
    found = dict(
        zip(HOOKS, await asyncio.gather(*(fail(embedded_kubeconfig, *each) for each in HOOKS.items())), strict=True)
    )
    for name, diagnosis in found.items():
        print(f"{name:28} {HOOKS[name].cause!s:26} {diagnosis.cause:26} {diagnosis.confidence:8} {diagnosis.problem}")
    confident = {name: each for name, each in found.items() if each.confidence is Confidence.HIGH}
    assert [name for name, each in confident.items() if each.cause != HOOKS[name].cause] == []
    wrong = [name for name, each in found.items() if HOOKS[name].cause not in (None, each.cause)]
    assert len(HOOKS) >= 30
    assert len(wrong) <= len(HOOKS) * 2 // 30, wrong


async def fail(kubeconfig: str, name: str, hook: FailingHook) -> Diagnosis:
    async with AsyncClient(kubeconfig=kubeconfig, namespace=name) as client:
        await namespace(client, name)
        for each in hook.before:
            await client.kube.create({**each, "metadata": {**each["metadata"], "namespace": name}})
        operation = await client.install("app", CHART, hook.values())
        finished = await operation.finished()
        assert finished.error, f"{name} did not fail"
        diagnosis = await diagnose_failure(client.kube, await client.get("app", 1))
        assert diagnosis is not None, name
        return diagnosis


async def namespace(client: AsyncClient, name: str) -> None:
    await client.kube.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
