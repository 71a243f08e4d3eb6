"""The embedded cluster, in a thread with an event loop of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

import pytest


@pytest.fixture(scope="session")
def embedded_kubeconfig() -> Iterator[str]:
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
