"""Waits end when they should: ready, failed, hopeless, deleted, out of time. A controller is played by the test."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from steersman.errors import Forbidden, KubernetesError, ObjectDeleted, WaitFailed, WaitTimedOut
from steersman.kube import wait as wait_module
from steersman.kube.client import Client
from steersman.kube.interface import Object, ref_of
from steersman.kube.readiness import assess_completion
from steersman.kube.wait import Change, wait_completed, wait_deleted, wait_ready
from steersman.kube.watches import Watches

from .fake_server import FakeServer, answers, drops_it, stream
from .test_retry import config_map

COMPLETE = {"succeeded": 1, "conditions": [{"type": "Complete", "status": "True"}]}
FAILED = {
    "failed": 1,
    "conditions": [{"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded", "message": "too often"}],
}
READY = {
    "replicas": 1,
    "updatedReplicas": 1,
    "availableReplicas": 1,
    "readyReplicas": 1,
    "conditions": [{"type": "Available", "status": "True"}],
}


def job(name: str = "j", status: Any = None, **metadata: Any) -> Object:
    base = {"name": name, "namespace": "ns", **metadata}
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": base, "spec": {}, "status": status or {}}


def deployment(name: str = "d", status: Any = None, **spec: Any) -> Object:
    metadata = {"name": name, "namespace": "ns"}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec, "status": status or {}}


def pod(owner: Object, waiting: str = "", exit_code: int = 0) -> Object:
    state: Object = {"waiting": {"reason": waiting, "message": f"{waiting}!"}} if waiting else {}
    if exit_code:
        state = {"terminated": {"exitCode": exit_code, "reason": "Error"}}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "p", "namespace": "ns", "ownerReferences": [{"uid": owner["metadata"]["uid"]}]},
        "status": {"phase": "Pending", "containerStatuses": [{"name": "main", "state": state}]},
    }


def paths(server: FakeServer) -> list[str]:
    """The paths that were asked for."""
    return [seen.path for seen in server.requests]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wait_module, "LOOK_FOR_REASONS_AFTER", 0.0)
    monkeypatch.setattr(wait_module, "LOOK_AGAIN_AFTER", 0.01)


@pytest.fixture
async def watches(client: Client) -> AsyncIterator[Watches]:
    async with Watches(client) as watches:
        yield watches


async def watched(server: FakeServer, count: int = 1) -> None:
    """Until `count` watches are open."""
    await server.wait_for(lambda: sum("watch" in seen.query for seen in server.requests) >= count)


async def test_a_job_that_completes(watches: Watches, server: FakeServer) -> None:
    live = server.put(job())
    changes: list[Change] = []
    waiting = asyncio.create_task(wait_completed(watches, live, timeout=10, on_change=changes.append))
    await watched(server)
    server.put({**live, "status": {"active": 1}})
    server.put({**live, "status": COMPLETE})
    assert (await waiting)["status"] == COMPLETE
    assert [change.readiness.message for change in changes] == ["Job in progress", "Job Completed. succeeded: 1/1"]


async def test_a_job_that_fails_says_why(watches: Watches, server: FakeServer) -> None:
    live = server.put(job())
    server.put(pod(live, exit_code=3))
    waiting = asyncio.create_task(wait_completed(watches, live, timeout=10))
    await watched(server)
    server.put({**live, "status": FAILED})
    with pytest.raises(WaitFailed) as caught:
        await waiting
    text = "resource Job/ns/j not ready. status: Failed, message: Job Failed. failed: 1/1"
    assert str(caught.value) == f"{text} (BackoffLimitExceeded)"
    (unready,) = caught.value.resources
    assert unready.evidence == ("too often", "p/main: exit code 3 (Error)")


async def test_many_objects_share_one_watch_per_kind(watches: Watches, server: FakeServer) -> None:
    jobs = [server.put(job(f"j{number}")) for number in range(20)]
    maps = [server.put(config_map(f"c{number}")) for number in range(20)]
    waiting = asyncio.create_task(wait_ready(watches, [*jobs, *maps], timeout=10, until=assess_completion))
    await watched(server)
    for each in jobs:
        server.put({**each, "status": COMPLETE})
    done = await waiting
    assert set(done) == {ref_of(each) for each in jobs}
    assert sum("watch" in seen.query and seen.path.endswith("/jobs") for seen in server.requests) == 1
    assert not [path for path in paths(server) if "configmaps" in path]


async def test_the_old_job_of_the_name_is_not_taken_for_the_new_one(watches: Watches, server: FakeServer) -> None:
    """`before-hook-creation`: the watch still holds the finished Job of the last time when the new one is waited for."""
    old = server.put(job("j", COMPLETE))
    keep_open = asyncio.create_task(wait_completed(watches, server.put(job("other")), timeout=10))
    await watched(server)
    await wait_completed(watches, old, timeout=10)
    server.remove(old)
    new = server.put(job("j"))
    waiting = asyncio.create_task(wait_completed(watches, new, timeout=10))
    await asyncio.sleep(0)
    server.put({**new, "status": FAILED})
    with pytest.raises(WaitFailed):
        await waiting
    keep_open.cancel()


@pytest.mark.parametrize("status", [COMPLETE, FAILED])
async def test_a_job_whose_time_to_live_is_over_counts_by_its_end(
    watches: Watches, server: FakeServer, status: Any
) -> None:
    live = server.put(job())
    waiting = asyncio.create_task(wait_completed(watches, live, timeout=10))
    await watched(server)
    server.objects["/apis/batch/v1/namespaces/ns/jobs/j"]["status"] = (
        status  # nobody saw this state but the deletion's event
    )
    server.remove(live)
    if status is COMPLETE:
        assert (await waiting)["status"] == COMPLETE
    else:
        with pytest.raises(WaitFailed):
            await waiting


async def test_a_deleted_job_ends_the_wait(watches: Watches, server: FakeServer) -> None:
    live = server.put(job())
    waiting = asyncio.create_task(wait_completed(watches, live, timeout=10))
    await watched(server)
    server.remove(live)
    with pytest.raises(ObjectDeleted, match="Job/ns/j was deleted") as caught:
        await waiting
    assert (caught.value.kind, caught.value.namespace, caught.value.name) == ("Job", "ns", "j")


async def test_what_was_never_there_ends_the_wait(watches: Watches) -> None:
    with pytest.raises(ObjectDeleted):
        await wait_completed(watches, job("none"), timeout=10)


async def test_a_deletion_while_nobody_watched_ends_the_wait(watches: Watches, server: FakeServer) -> None:
    """The connection breaks, the Job goes, and the server has forgotten the history."""
    live = server.put(job())
    hold = asyncio.Event()

    async def breaks(fake: FakeServer, request: Any) -> Any:
        await hold.wait()
        return await drops_it(fake, request)

    server.fault("GET", breaks, watch=True)
    waiting = asyncio.create_task(wait_completed(watches, live, timeout=10))
    await watched(server)
    server.remove(live)
    server.forget_history()
    hold.set()
    with pytest.raises(ObjectDeleted):
        await waiting


async def test_out_of_time(watches: Watches, server: FakeServer) -> None:
    live = server.put(deployment())
    with pytest.raises(WaitTimedOut) as caught:
        await wait_ready(watches, [live], timeout=1, fail_fast=False)
    assert str(caught.value) == (
        "resource Deployment/ns/d not ready. status: InProgress, message: Replicas: 0/1\ncontext deadline exceeded"
    )
    assert "--timeout" in caught.value.hint


async def test_ready_then_not_then_ready(watches: Watches, server: FakeServer) -> None:
    """All must be ready at the same time."""
    one, two = server.put(deployment("one", READY)), server.put(deployment("two"))
    waiting = asyncio.create_task(wait_ready(watches, [one, two], timeout=10, fail_fast=False))
    await watched(server)
    server.put({**one, "status": {}})
    server.put({**two, "status": READY})
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(asyncio.shield(waiting), 0.1)
    server.put({**one, "status": READY})
    await waiting


async def test_what_cannot_succeed_ends_the_wait(watches: Watches, server: FakeServer) -> None:
    live = server.put(job())
    changes: list[Change] = []
    waiting = asyncio.create_task(wait_completed(watches, live, timeout=10, on_change=changes.append))
    await watched(server)
    server.put(pod(live, "InvalidImageName"))
    with pytest.raises(WaitFailed, match=r"Job in progress \(InvalidImageName\)") as caught:
        await waiting
    assert caught.value.resources[0].evidence == ("InvalidImageName!", "p/main: InvalidImageName")
    assert [change.failure.reason for change in changes if change.failure] == ["InvalidImageName"]


async def test_what_may_pass_is_given_time(watches: Watches, server: FakeServer) -> None:
    live = server.put(job())
    changes: list[Change] = []
    waiting = asyncio.create_task(wait_completed(watches, live, timeout=10, on_change=changes.append))
    await watched(server)
    server.put(pod(live, "ErrImagePull"))
    while not any(change.failure for change in changes):  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    server.put({**live, "status": COMPLETE})
    await waiting


async def test_without_permission_for_pods_the_wait_goes_on(watches: Watches, server: FakeServer) -> None:
    live = server.put(job())
    for path in ("/pods", "/events"):
        server.fault("GET", answers(403, "Forbidden", "no"), path=path, times=1000)
    waiting = asyncio.create_task(wait_completed(watches, live, timeout=10))
    await watched(server)
    await server.wait_for(lambda: any("/pods" in path for path in paths(server)))
    server.put({**live, "status": COMPLETE})
    await waiting


async def test_lost_permission_for_the_kind_itself_ends_it(watches: Watches, server: FakeServer) -> None:
    live = server.put(job())
    server.fault("GET", answers(403, "Forbidden", "no"), path="/jobs", times=1000)
    with pytest.raises(Forbidden):
        await wait_completed(watches, live, timeout=10)


async def test_an_unschedulable_pod_gets_its_time_by_our_own_clock(
    watches: Watches, server: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its creation may lie in the past or the future of our clock; what counts is how long we have seen it so."""
    unscheduled = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "no node"}
    for created in ("2001-01-01T00:00:00Z", "2999-01-01T00:00:00Z"):
        live = server.put(
            {
                "apiVersion": "v1",
                "kind": "Pod",
                "metadata": {"name": "p", "namespace": "ns", "creationTimestamp": created},
                "status": {"phase": "Pending", "conditions": [unscheduled]},
            }
        )
        changes: list[Change] = []
        monkeypatch.setattr(wait_module, "SCHEDULE_WINDOW_SECONDS", 0.1)
        with pytest.raises(WaitFailed, match="Pod could not be scheduled"):
            await wait_ready(watches, [live], timeout=10, fail_fast=False, on_change=changes.append)
        assert changes[0].readiness.message == "Pod has not been scheduled"
        assert changes[-1].elapsed >= 0.1


async def test_a_watch_that_breaks_ends_the_wait(watches: Watches, server: FakeServer) -> None:
    """Even where the reason is one that nobody thought of."""
    live = server.put(job())

    async def says_nonsense(_: FakeServer, request: Any) -> Any:
        response = await stream(request)
        await response.write(b'{"type": "ADDED", "object": {"metadata": {"resourceVersion": "1"}}}\n')
        return response

    server.fault("GET", says_nonsense, watch=True)
    with pytest.raises(KubernetesError, match="the watch of Job broke"):
        await wait_completed(watches, live, timeout=10)


async def test_deletions(watches: Watches, server: FakeServer) -> None:
    gone, going, replaced = (server.put(config_map(name)) for name in ("gone", "going", "replaced"))
    server.remove(gone)
    waiting = asyncio.create_task(wait_deleted(watches, [gone, going, replaced], timeout=10))
    await watched(server)
    server.remove(going)
    server.remove(replaced)
    server.put(config_map("replaced"))
    await waiting


async def test_a_deletion_out_of_time(watches: Watches, server: FakeServer) -> None:
    live = server.put(
        {**config_map(), "metadata": {**config_map()["metadata"], "deletionTimestamp": "2026-01-01T00:00:00Z"}}
    )
    with pytest.raises(WaitTimedOut) as caught:
        await wait_deleted(watches, [live], timeout=1)
    assert str(caught.value) == (
        "resource ConfigMap/ns/a still exists. status: Terminating, message: Resource scheduled for deletion\n"
        "context deadline exceeded"
    )


async def test_a_wait_leaves_nothing_behind(watches: Watches, server: FakeServer) -> None:
    await wait_completed(watches, server.put(job("j", COMPLETE)), timeout=10)
    assert watches._streams == {}
