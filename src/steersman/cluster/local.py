"""A throw-away cluster in this process, for rehearsals and tests."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
import threading
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path

from steersman.cluster import folders
from steersman.cluster.api.server import LoggedRequest
from steersman.cluster.assembly import ClusterOptions, run_cluster
from steersman.cluster.choice import Choice
from steersman.cluster.machinery import Objects


@dataclass(frozen=True, slots=True)
class LocalCluster:
    """`objects` is the access layer behind the API; `requests` grows with every write when a log was asked for."""

    kubeconfig: Path
    url: str
    objects: Objects
    requests: list[LoggedRequest] = field(default_factory=list)


@contextlib.contextmanager
def _folder() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="steersman-cluster-"))
    try:
        yield made
    finally:
        folders.remove(made)


@contextlib.asynccontextmanager
async def local_cluster(
    *,
    allow_network: bool = False,
    sandbox: bool = True,
    runtime: Choice = "auto",
    request_log: list[LoggedRequest] | None = None,
) -> AsyncIterator[LocalCluster]:
    """An empty cluster that lives as long as the block; nothing of it is left behind.

    `request_log` takes every writing request in the order in which they were carried out.
    """
    with _folder() as folder:
        options = ClusterOptions(allow_network=allow_network, sandbox=sandbox, runtime=runtime)
        log = request_log.append if request_log is not None else None
        async with run_cluster(folder, options, persistent=False, request_log=log) as running:
            requests = request_log if request_log is not None else []
            yield LocalCluster(running.kubeconfig, running.server.url, running.objects, requests)


@contextlib.contextmanager
def local_cluster_in_thread(
    *,
    allow_network: bool = False,
    sandbox: bool = True,
    runtime: Choice = "auto",
    request_log: list[LoggedRequest] | None = None,
) -> Iterator[LocalCluster]:
    """The same for a program without an event loop, such as a suite of tests: it runs on one of its own, in a thread.

    What hinders the cluster from starting is raised here.
    """
    ready: Future[tuple[LocalCluster, asyncio.Event]] = Future()
    loop = asyncio.new_event_loop()

    async def serve() -> None:
        done = asyncio.Event()
        try:
            async with local_cluster(
                allow_network=allow_network, sandbox=sandbox, runtime=runtime, request_log=request_log
            ) as cluster:
                ready.set_result((cluster, done))
                await done.wait()
        except BaseException as error:
            if ready.done():
                raise
            ready.set_exception(error)

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),), name="steersman-cluster", daemon=True)
    thread.start()
    try:
        cluster, done = ready.result()
        try:
            yield cluster
        finally:
            loop.call_soon_threadsafe(done.set)
    finally:
        thread.join()
        loop.close()
