"""What is left when the cluster stops, its agent is killed, or a new server takes up where the last one ended."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import pytest

from ..workloads import PATIENCE, cluster, is_ready, is_running, job, restarts  # noqa: TID252

pytestmark = pytest.mark.embedded


def children_of(pid: int) -> list[int]:
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def mounts() -> str:
    return Path("/proc/self/mountinfo").read_text()


def exists(pid: int) -> bool:
    """Whether it lives; what is dead and waits to be reaped by the system's first process does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


async def until_gone(pids: list[int]) -> None:
    """The kernel kills them; that takes it a moment."""
    async with asyncio.timeout(PATIENCE):
        while any(exists(each) for each in pids):  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def test_no_process_and_no_mount_survives_the_cluster() -> None:
    async with cluster() as made:
        pid = made.link.pid
        made.create("jobs.batch", job("long", ["sleep", "1000"]))
        await made.pod_of("long", is_running)
        children = children_of(pid)
        assert children
        place = made.kubelet.log_folder.parent
    await until_gone([pid, *children])
    assert str(place) not in mounts()


async def test_when_the_agent_is_killed_pods_begin_anew() -> None:
    async with cluster() as made:
        made.run("stays", ["sleep", "1000"])
        made.create("jobs.batch", job("once", ["sleep", "1000"]))
        await made.until("pods", "stays", is_ready)
        await made.pod_of("once", is_ready)
        processes = children_of(made.link.pid)
        processes += [each for sandbox in processes for each in children_of(sandbox)]
        assert len(processes) == 5  # two sandboxes with a process each, and who sees to it that they end
        os.kill(made.link.pid, signal.SIGKILL)
        pod = await made.until("pods", "stays", lambda pod: restarts(pod) == 1 and is_ready(pod))
        assert pod["status"]["containerStatuses"][0]["lastState"]["terminated"]["reason"] == "Unknown"
        await until_gone(processes)
        # What must not run twice by itself has failed, as on a node that was lost.
        assert (await made.finished("once"))["reason"] == "BackoffLimitExceeded"
        condition, _ = await made.script("after", "curl -k -sS https://kubernetes || true", image="curlimages/curl:8")
        assert condition["type"] == "Complete"


async def test_a_cluster_that_starts_again_takes_up_its_pods(tmp_path: Path) -> None:
    async with cluster(tmp_path) as made:
        uid = made.run("stays", ["sleep", "1000"])["metadata"]["uid"]
        await made.until("pods", "stays", is_ready)
    assert is_ready(made.objects.get("pods", "stays", "default"))  # nobody told the API, as after a crash
    async with cluster(tmp_path, objects=made.objects) as again:
        pod = await again.until("pods", "stays", lambda pod: restarts(pod) == 1 and is_ready(pod))
        assert pod["metadata"]["uid"] == uid
