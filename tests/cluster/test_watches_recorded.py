"""The Jobs that ran while Kubernetes 1.36.2 was recorded, run again: what watchers are told, step by step."""

from __future__ import annotations

import asyncio
import copy
from pathlib import Path
from typing import Any

import pytest

from steersman.cluster.local import LocalCluster, local_cluster

from .api.conftest import Tool
from .api.recorded import differences, recording

pytestmark = [pytest.mark.embedded, pytest.mark.oracle]

Json = dict[str, Any]

RECORDED_AT = 66.0  # seconds after the recording began; then objects were changed by hand
# Those that end by what they run. The others wait for what never comes, until their deadline, for half a minute each.
QUICK = ("ok", "fails", "backoff", "two", "init", "suspended")
PATIENCE = 60.0  # seconds
LOGS = (
    "kubectl logs job/ok",
    "kubectl logs job/init --all-containers",
)  # the third that is recorded is of a Pod that never ran
# Kubernetes looks at a Job no more than once a second: its two Pods, which end together, it sees end at once.
BATCHED = ("two",)


def step(job: Json) -> Json:
    """What a Job's status counts and says, without times; and without `ready`, which a Pod that ends soon never was."""
    status: Json = job.get("status") or {}
    counted: Json = {key: status.get(key, 0) for key in ("active", "terminating", "succeeded", "failed")}
    uncounted: Json = status.get("uncountedTerminatedPods") or {}
    waiting = {key: len(names) for key, names in uncounted.items() if names}
    said = [(each["type"], each["status"], each.get("reason", "")) for each in status.get("conditions") or ()]
    return {**counted, "uncounted": waiting, "conditions": said}


def pod_step(pod: Json) -> tuple[Any, ...]:
    """How far a Pod has come: phase, its containers' states with exit codes, whether finalizers hold it."""
    status: Json = pod.get("status") or {}
    states = []
    nothing: tuple[str, Json] = ("", {})
    for container in (*status.get("initContainerStatuses", ()), *status.get("containerStatuses", ())):
        kind, about = next(iter(container.get("state", {}).items()), nothing)
        states.append((container["name"], kind, about.get("exitCode"), about.get("reason", "")))
    return status.get("phase"), tuple(states), bool(pod["metadata"].get("finalizers"))


def steps(events: list[Json]) -> list[Json]:
    """Every one that can be told from the one before it."""
    out: list[Json] = []
    for event in events:
        found = step(event)
        if not out or out[-1] != found:
            out.append(found)
    return out


def recorded(kind: str) -> list[Json]:
    found: list[Json] = [
        event["object"]
        for event in recording("watches.json.gz")[kind]
        if event["type"] in ("ADDED", "MODIFIED") and event["t"] < RECORDED_AT
    ]
    return found


def manifest(job: Json) -> Json:
    """What a recorded Job was made from."""
    spec = copy.deepcopy(job["spec"])
    spec.pop("selector", None)
    spec.pop("manualSelector", None)
    spec["template"].pop("metadata", None)
    return {"metadata": {"name": job["metadata"]["name"]}, "spec": spec}


async def watched(
    cluster: LocalCluster, resource: str, into: list[Json], wanted: set[str], done: asyncio.Event
) -> None:
    """Collects what is told, until every Job in `wanted` has ended."""
    async for event in cluster.objects.watch(resource, "default"):
        if event.type != "DELETED":
            into.append(copy.deepcopy(event.object))
        if ended(event.object):
            wanted.discard(event.object["metadata"]["name"])
        if not wanted:
            done.set()


def ended(job: Json) -> bool:
    return any(
        each["type"] in ("Complete", "Failed", "Suspended")
        for each in (job.get("status") or {}).get("conditions") or ()
    )


async def test_jobs_and_their_pods_take_the_recorded_steps(kubectl: Path, tmp_path: Path) -> None:
    wanted_jobs, wanted_pods = recorded("jobs"), recorded("pods")
    async with local_cluster() as cluster:
        if cluster.objects.get("nodes", "steersman")["spec"].get("taints"):
            pytest.skip("no sandbox on this machine")
        jobs: list[Json] = []
        pods: list[Json] = []
        left, done = set(QUICK), asyncio.Event()
        watches = [
            asyncio.create_task(watched(cluster, resource, into, left, done))
            for resource, into in (("jobs.batch", jobs), ("pods", pods))
        ]
        firsts = {name: next(job for job in wanted_jobs if job["metadata"]["name"] == name) for name in QUICK}
        for job in firsts.values():
            cluster.objects.create("jobs.batch", manifest(job), "default")
        await asyncio.wait_for(done.wait(), PATIENCE)
        tool = Tool(kubectl, cluster.kubeconfig, tmp_path)
        logs = {command: await tool(*command.split()[1:]) for command in LOGS}
        for task in watches:
            task.cancel()
        await asyncio.gather(*watches, return_exceptions=True)
    texts = recording("kubectl-1.37-text.json")
    # Of several containers kubectl shows the logs in whatever order.
    problems = [
        f"{command}: {text!r}"
        for command, text in logs.items()
        if sorted(text.split()) != sorted(texts[command].split())
    ]
    for name in QUICK:
        found, wanted = (
            steps([job for job in each if job["metadata"]["name"] == name]) for each in (jobs, wanted_jobs)
        )
        if name in BATCHED:
            found, wanted = found[-1:], wanted[-1:]
        problems += [f"{name}: {line}" for line in differences(found, wanted)]
        ours, theirs = (pod_steps(each, name) for each in (pods, wanted_pods))
        if ours != theirs:
            problems.append(f"{name}'s Pods: {sorted(map(str, ours ^ theirs))}")
    assert not problems, "\n".join(problems)


def pod_steps(pods: list[Json], job: str) -> set[tuple[Any, ...]]:
    """All states that Pods of the Job were seen in."""
    return {pod_step(pod) for pod in pods if (pod["metadata"].get("labels") or {}).get("job-name") == job}
