"""Resources that are not accepted or do not get ready, on the embedded cluster, and what is said of each."""

# ruff: noqa: E501 (the table stands a row a line)
from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.diagnose.failing_hooks import named

from steersman.client import AsyncClient
from steersman.diagnose.diagnosis import Confidence, Diagnosis
from steersman.diagnose.failure import diagnose_failure
from steersman.diagnose.resources import diagnose_step
from steersman.errors import ReleaseFailed, SteersmanError
from steersman.lifecycle.plan import Options, Step
from steersman.release.record import Release

CHART = Path(__file__).parent / "chart"
Object = dict[str, Any]


@dataclass(frozen=True)
class Broken:
    """`objects` of a chart that does not come up because of `cause`; `says` must stand in the diagnosis."""

    cause: str
    objects: tuple[Object, ...]
    says: str = ""
    before: tuple[Object, ...] = ()
    timeout: float = 6.0


def workload(container: Object, kind: str = "Deployment", **spec: Any) -> Object:
    pod = {
        "containers": [{"name": "web", "image": "busybox:1.36", "command": ["sleep", "600"], **container}],
        "terminationGracePeriodSeconds": 0,
        **spec,
    }
    labels = {"app": "web"}
    return {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": {"name": "web"},
        "spec": {"selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}, "spec": pod}},
    }


def claim(**spec: Any) -> Object:
    wanted = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Mi"}}, **spec}
    return named("PersistentVolumeClaim", "data", spec=wanted)


READY = {"exec": {"command": ["sh", "-c", "echo no database yet; exit 1"]}, "periodSeconds": 1}
FROM_SECRET = [{"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "tokens", "key": "token"}}}]
LATER = {"exec": {"command": ["true"]}, "initialDelaySeconds": 5}  # else it is ready for a moment
CRASHES = {"readinessProbe": LATER, "command": ["sh", "-c", "echo \"nc: bad address 'warehouse'\" >&2; exit 1"]}
BROKEN = {
    "readiness": Broken("readiness-probe-failing", (workload({"readinessProbe": READY}),), "no database yet"),
    "crash": Broken("name-not-resolved", (workload(CRASHES),), "warehouse"),
    "silent-crash": Broken("crash-loop", (workload({"readinessProbe": LATER, "command": ["sh", "-c", "exit 7"]}, kind="StatefulSet"),), "exit code 7"),
    "secret": Broken("secret-missing", (workload({"env": FROM_SECRET}, kind="DaemonSet"),), "Secret tokens does not exist"),
    "key": Broken("key-missing", (workload({"env": FROM_SECRET}),), "has no key token", before=(named("Secret", "tokens", stringData={"tokens": "x"}),)),
    "node": Broken("unschedulable", (workload({}, nodeSelector={"disk": "nvme"}),), "No node can take"),
    "quota": Broken("quota", (workload({}),), "quota", before=(named("ResourceQuota", "none", spec={"hard": {"pods": "0"}}),)),
    "account": Broken("service-account-missing", (workload({}, serviceAccountName="runner"),), "runner"),
    "claim": Broken("claim-unbound", (claim(storageClassName="fast"),), "fast"),
    "owned": Broken("ownership-conflict", (named("ConfigMap", "settings", data={}),), "settings", before=(named("ConfigMap", "settings"),)),
    "invalid": Broken("object-invalid", (workload({"ports": [{"containerPort": 70000}]}),), "containerPort"),
}  # fmt: skip


@pytest.mark.embedded
async def test_what_does_not_get_ready_is_explained_before_it_is_taken_away(embedded_kubeconfig: str) -> None:
    found = dict(
        zip(
            BROKEN, await asyncio.gather(*(install(embedded_kubeconfig, *each) for each in BROKEN.items())), strict=True
        )
    )
    for name, diagnosis in found.items():
        print(f"{name:14} {BROKEN[name].cause:24} {diagnosis.cause:24} {diagnosis.confidence:8} {diagnosis.problem}")
    wrong = {name: each.cause for name, each in found.items() if each.cause != BROKEN[name].cause}
    assert wrong == {}
    for name, each in found.items():
        assert BROKEN[name].says in f"{each.problem} {each.explanation}"
        assert "hook" not in f"{each.problem} {each.explanation}".lower(), name
        assert each.event == ""
    assert [name for name, each in found.items() if each.confidence is Confidence.LOW] == []


async def install(kubeconfig: str, name: str, broken: Broken) -> Diagnosis:
    space = f"unready-{name}"
    async with AsyncClient(kubeconfig=kubeconfig, namespace=space) as client:
        await client.kube.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": space}})
        for each in broken.before:
            await client.kube.create({**each, "metadata": {**each["metadata"], "namespace": space}})
        seen: list[Diagnosis | None] = []

        async def examine(release: Release, step: Step, error: SteersmanError) -> None:
            seen.append(await diagnose_step(client.kube, release, step, error))

        operation = await client.install(
            "app", CHART, {"objects": list(broken.objects)}, options=Options(timeout=broken.timeout)
        )
        operation.request.examine = examine
        with pytest.raises((ReleaseFailed, SteersmanError)) as ended:
            await operation.result()
        diagnosis = next((each for each in seen if each is not None), None)
        assert diagnosis is not None, f"{name}: nothing was examined: {ended.value}"
        return diagnosis


@pytest.mark.embedded
async def test_a_release_that_is_ready_has_nothing_to_explain(embedded_kubeconfig: str) -> None:
    async with AsyncClient(kubeconfig=embedded_kubeconfig, namespace="all-ready") as client:
        await client.kube.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "all-ready"}})
        objects = [workload({}), named("ConfigMap", "settings", data={"a": "b"})]
        await (await client.install("app", CHART, {"objects": objects})).result()
        assert await diagnose_failure(client.kube, await client.get("app", 1)) is None
