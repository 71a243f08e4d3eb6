"""Clusters for the tests that need more than the fake: the embedded one, and a real one where a kubeconfig names it."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Iterator

import pytest


@pytest.fixture(scope="session")
def embedded_kubeconfig() -> Iterator[str]:
    """The embedded cluster, in a thread with an event loop of its own."""
    from steersman.cluster.local import local_cluster

    ready: list[str] = []
    up, loop = threading.Event(), asyncio.new_event_loop()
    done = asyncio.Event()

    async def serve() -> None:
        try:
            async with local_cluster() as cluster:
                ready.append(str(cluster.kubeconfig))
                up.set()
                await done.wait()
        finally:
            up.set()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()), daemon=True)
    thread.start()
    up.wait(60)
    assert ready, "the embedded cluster did not start"
    yield ready[0]
    loop.call_soon_threadsafe(done.set)
    thread.join(30)
    loop.close()


@pytest.fixture(scope="session")
def real_kubeconfig() -> str:
    path = os.environ.get("STEERSMAN_TEST_KUBECONFIG", "")
    if not path:
        pytest.skip("STEERSMAN_TEST_KUBECONFIG names no Kubernetes with a node")
    return path
