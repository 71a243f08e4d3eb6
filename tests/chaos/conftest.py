"""One embedded cluster and one server of victims for all of the session."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from .victim import Point, Task

if TYPE_CHECKING:
    from steersman.cluster.api.server import LoggedRequest


# How many kill points, and how many seeds of faults.
SEEDS = int(os.environ.get("STEERSMAN_CHAOS_SEEDS", "17"))


@pytest.fixture(scope="session")
def seeds() -> int:
    return SEEDS


@dataclass(slots=True)
class Cluster:
    """`requests` stays empty where the server keeps no log for us."""

    kubeconfig: str
    requests: list[LoggedRequest] = field(default_factory=list)
    namespaces: int = 0
    unique: str = field(default_factory=lambda: uuid.uuid4().hex[:6])

    def next_namespace(self) -> str:
        self.namespaces += 1
        return f"chaos-{self.namespaces}-{self.unique}"


@pytest.fixture(scope="session", params=["embedded", pytest.param("real", marks=pytest.mark.kube)])
def cluster(request: pytest.FixtureRequest) -> Cluster:
    """The embedded cluster, which logs what it is asked, and a real one."""
    if request.param == "real":
        return Cluster(request.getfixturevalue("real_kubeconfig"))
    embedded = request.getfixturevalue("embedded")
    return Cluster(str(embedded.kubeconfig), embedded.requests)


SERVERS = 4  # of victims, each for one at a time


@dataclass(slots=True)
class Victims:
    """Runs tasks in processes that may die."""

    free: queue.LifoQueue[subprocess.Popen[str]] = field(default_factory=queue.LifoQueue)

    def run(self, task: Task) -> tuple[int, list[Point]]:
        """(exit code, negative for a signal; the points that the task went through); may be called from several threads"""
        process = self.free.get()
        try:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(json.dumps(asdict(task)) + "\n")
            process.stdin.flush()
            answer: dict[str, Any] = json.loads(process.stdout.readline())
        finally:
            self.free.put(process)
        return answer["exit"], [Point(**point) for point in answer["points"]]


@pytest.fixture(scope="session")
def victims() -> Iterator[Victims]:
    from . import victim

    found = Victims()
    with ExitStack() as stack:
        for _ in range(SERVERS):
            command = [sys.executable, victim.__file__]
            process = stack.enter_context(
                subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            )
            assert process.stdin is not None
            stack.callback(process.stdin.close)
            found.free.put(process)
        yield found
