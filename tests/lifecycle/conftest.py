"""Clusters for the tests that need more than the fake: the embedded one, and a real one where a kubeconfig names it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from steersman.cluster.api.server import LoggedRequest


@dataclass(slots=True)
class Embedded:
    """An embedded cluster in a thread of its own; `requests` is every write that it took, in order."""

    kubeconfig: str = ""
    requests: list[LoggedRequest] = field(default_factory=list)


@pytest.fixture(scope="session")
def embedded() -> Iterator[Embedded]:
    from steersman.cluster.local import local_cluster

    found = Embedded()
    up, loop = threading.Event(), asyncio.new_event_loop()
    done = asyncio.Event()

    async def serve() -> None:
        try:
            async with local_cluster(request_log=found.requests) as cluster:
                found.kubeconfig = str(cluster.kubeconfig)
                up.set()
                await done.wait()
        finally:
            up.set()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()), daemon=True)
    thread.start()
    up.wait(60)
    assert found.kubeconfig, "the embedded cluster did not start"
    yield found
    loop.call_soon_threadsafe(done.set)
    thread.join(30)
    loop.close()


@pytest.fixture(scope="session")
def embedded_kubeconfig(embedded: Embedded) -> str:
    return embedded.kubeconfig
