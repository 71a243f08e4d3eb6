"""A throw-away cluster in this process, for rehearsals and tests."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import AsyncIterator, Iterator
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
