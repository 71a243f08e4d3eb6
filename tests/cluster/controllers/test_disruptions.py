"""Budgets for disruptions: what they count, and what an eviction may do."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from steersman.cluster.controllers.deployments import DeploymentController
from steersman.cluster.controllers.disruptions import BUDGETS, DisruptionController
from steersman.cluster.controllers.replicasets import ReplicaSetController
from steersman.cluster.local import LocalCluster

from ..api.conftest import Api, Reply, Tool, api, cluster, kubectl_here  # noqa: TID252
from .world import World, template, world

__all__ = ["api", "cluster", "kubectl_here"]

Json = dict[str, Any]

REFUSED = "Cannot evict pod as it would violate the pod's disruption budget."
SELECTOR = {"matchLabels": {"app": "x"}}


def budget(**spec: Any) -> Json:
    return {"selector": SELECTOR, **spec}


def counts(found: World | LocalCluster, name: str = "b") -> tuple[int, ...]:
    """Expected, healthy, desired, allowed."""
    status = found.objects.get(BUDGETS, name, "default")["status"]
    return tuple(status[key] for key in ("expectedPods", "currentHealthy", "desiredHealthy", "disruptionsAllowed"))


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({"minAvailable": 2}, (5, 4, 2, 2)),
        ({"minAvailable": 5}, (5, 4, 5, 0)),
        ({"minAvailable": "50%"}, (5, 4, 3, 1)),
        ({"maxUnavailable": 1}, (5, 4, 4, 0)),
        ({"maxUnavailable": "30%"}, (5, 4, 3, 1)),
        ({"maxUnavailable": 9}, (5, 4, 0, 4)),
        ({"selector": {}, "minAvailable": 1}, (5, 4, 1, 3)),
        ({"selector": {"matchLabels": {"app": "y"}}, "minAvailable": 1}, (0, 0, 1, 0)),
    ],
)
async def test_a_budget_counts_the_pods_of_a_deployment(spec: Json, expected: tuple[int, ...]) -> None:
    async with world(DeploymentController, ReplicaSetController, DisruptionController) as found:
        deployment = {"replicas": 5, "selector": SELECTOR, "template": template({"app": "x"})}
        found.create("deployments.apps", "d", deployment)
        found.create(BUDGETS, "b", budget(**spec))
        await found.settle()
        for pod in found.pods("app=x")[:4]:
            found.say(pod, "Running")
        await found.settle()
        assert counts(found) == expected
        condition = found.status(BUDGETS, "b")["conditions"][0]
        reason = "SufficientPods" if expected[-1] else "InsufficientPods"
        assert (condition["type"], condition["reason"]) == ("DisruptionAllowed", reason)
        assert found.status(BUDGETS, "b")["observedGeneration"] == 1


async def test_pods_of_a_job_cannot_be_counted_in_percent() -> None:
    async with world(DisruptionController) as found:
        job = found.create("jobs.batch", "j", {"template": template(restartPolicy="Never")})
        owner = {
            "apiVersion": "batch/v1",
            "kind": "Job",
            "name": "j",
            "uid": job["metadata"]["uid"],
            "controller": True,
        }
        found.create("pods", "p", template()["spec"], labels={"app": "x"}, ownerReferences=[owner])
        found.create(BUDGETS, "b", budget(maxUnavailable=1))
        await found.settle()
        condition = found.status(BUDGETS, "b")["conditions"][0]
        assert (condition["reason"], condition["message"]) == (
            "SyncFailed", "jobs.batch does not implement the scale subresource",
        )  # fmt: skip


async def evict(api: Api, pod: str, **more: Any) -> Reply:
    body = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": pod}, **more}
    return await api.call("POST", f"/api/v1/namespaces/default/pods/{pod}/eviction", body)


def pods(running: LocalCluster, count: int, **labels: str) -> World:
    """So many running, ready Pods p0, p1 …"""
    found = World(running.objects)
    for number in range(count):
        made = found.create("pods", f"p{number}", template()["spec"], labels={"app": "x", **labels})
        found.say(made, "Running")
    return found


async def test_an_eviction_takes_what_the_budget_allows_and_no_more(cluster: LocalCluster, api: Api) -> None:
    found = pods(cluster, 3)
    found.create(BUDGETS, "b", budget(minAvailable=2))
    reply = await evict(api, "p0")
    assert (
        reply.body["details"]["causes"][0]["message"]
        == "The disruption budget b is still being processed by the server."
    )
    assert reply.header("Retry-After") == "10"
    async with world(DisruptionController, objects=cluster.objects):
        await found.settle()
        assert counts(cluster) == (3, 3, 2, 1)
        assert (await evict(api, "p0")).status == 201
        marked = found.get("pods", "p0")
        assert found.condition("pods", "p0", "DisruptionTarget")["reason"] == "EvictionByEvictionAPI"  # type: ignore[index]
        assert marked["metadata"]["deletionTimestamp"]
        reply = await evict(api, "p1")
        assert (reply.status, reply.body["message"], reply.body["reason"]) == (429, REFUSED, "TooManyRequests")
        cause = "The disruption budget b needs 2 healthy pods and has 2 currently"
        assert reply.body["details"] == {"causes": [{"reason": "DisruptionBudget", "message": cause}]}
        assert not found.get("pods", "p1")["metadata"].get("deletionTimestamp")
        assert (await evict(api, "p0")).status == 201  # it is on its way already


async def test_what_no_budget_is_asked_for(cluster: LocalCluster, api: Api) -> None:
    found = pods(cluster, 1)
    found.create(BUDGETS, "b", budget(minAvailable=5))
    found.create("pods", "waiting", template()["spec"], labels={"app": "x"})
    found.say(found.create("pods", "ended", template()["spec"], labels={"app": "x"}), "Succeeded")
    found.say(found.create("pods", "other", template()["spec"]), "Running")
    async with world(DisruptionController, objects=cluster.objects):
        await found.settle()
        for name, status in (("waiting", 201), ("ended", 201), ("other", 201), ("p0", 429), ("missing", 404)):
            assert (await evict(api, name)).status == status, name
    body = {"metadata": {"name": "q"}}
    reply = await api.call("POST", "/api/v1/namespaces/default/pods/p0/eviction", body)
    assert (reply.status, reply.body["message"]) == (400, "name in URL does not match name in Eviction object")
    found.create(BUDGETS, "c", budget(minAvailable=1))
    reply = await evict(api, "p0")
    assert reply.status == 500
    assert reply.body["message"].startswith("This pod has more than one PodDisruptionBudget")


@pytest.mark.parametrize(("policy", "status"), [("AlwaysAllow", 201), ("IfHealthyBudget", 429), (None, 429)])
async def test_pods_that_are_not_healthy(cluster: LocalCluster, api: Api, policy: str | None, status: int) -> None:
    found = pods(cluster, 1)
    sick = found.create("pods", "sick", template()["spec"], labels={"app": "x"})
    found.say(sick, "Running")
    sick = found.get("pods", "sick")
    sick["status"]["conditions"][0]["status"] = "False"
    cluster.objects.update_status("pods", sick)
    spec = budget(minAvailable=2) | ({"unhealthyPodEvictionPolicy": policy} if policy else {})
    found.create(BUDGETS, "b", spec)
    async with world(DisruptionController, objects=cluster.objects):
        await found.settle()
        assert (await evict(api, "sick")).status == status
        found.objects.patch(BUDGETS, "b", {"spec": {"minAvailable": 1}}, "default")
        await found.settle()
        assert counts(cluster)[1:] == (1, 1, 0)
        assert (await evict(api, "sick")).status == 201  # enough others are healthy
        assert (await evict(api, "p0")).status == 429


async def test_a_dry_run_takes_nothing(cluster: LocalCluster, api: Api) -> None:
    found = pods(cluster, 2)
    found.create(BUDGETS, "b", budget(minAvailable=1))
    async with world(DisruptionController, objects=cluster.objects):
        await found.settle()
        for _ in range(2):
            assert (await evict(api, "p0", deleteOptions={"dryRun": ["All"]})).status == 201
        assert counts(cluster)[-1] == 1


@pytest.mark.oracle
async def test_kubectl_drains_as_far_as_the_budget_allows(cluster: LocalCluster, kubectl_here: Tool) -> None:
    found = pods(cluster, 2)
    cluster.objects.create("nodes", {"metadata": {"name": "steersman"}})
    found.create(BUDGETS, "b", budget(minAvailable=1))
    async with world(DisruptionController, objects=cluster.objects):
        await found.settle()
        gone = asyncio.create_task(bury(found))
        code, output = await kubectl_here.run("drain", "steersman", "--force", "--timeout=2s")
        gone.cancel()
    assert code == 1
    assert "node/steersman cordoned" in output
    assert f"(will retry after 5s): {REFUSED}" in output
    assert len(found.pods()) == 1


async def bury(found: World) -> None:
    """In the kubelet's place: what terminates, goes."""
    async for event in found.objects.watch("pods"):
        if event.type != "DELETED" and event.object["metadata"].get("deletionTimestamp"):
            found.objects.delete("pods", event.object["metadata"]["name"], "default", grace=0)
