"""One whole cluster: store, access layer, API server, and the parts that act on the objects."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

from steersman.cluster import credentials
from steersman.cluster.access.bootstrap import ensure_roles
from steersman.cluster.agent.begin import Begun
from steersman.cluster.api.server import ApiServer, LoggedRequest
from steersman.cluster.choice import Choice
from steersman.cluster.expiry import forget_old_events
from steersman.cluster.kinds.custom import CustomResources
from steersman.cluster.machinery import Objects
from steersman.cluster.store import Store
from steersman.cluster.workloads import WorkloadOptions, Workloads, run_workloads

NAMESPACES = ("default", "kube-system", "kube-public", "kube-node-lease")


@dataclass(frozen=True, slots=True)
class ClusterOptions:
    """How a cluster runs its Pods. `port` 0 takes a free one."""

    allow_network: bool = False  # Pods may reach what is outside the cluster
    sandbox: bool = True  # without it, containers run as plain processes of the user
    runtime: Choice = "auto"
    agent: Begun | None = None  # started already, in the best of `agent.begin.ways`
    port: int = 0


@dataclass(frozen=True, slots=True)
class RunningCluster:
    """What a started cluster offers to the process that it runs in."""

    kubeconfig: Path
    objects: Objects
    server: ApiServer
    workloads: Workloads


@contextlib.asynccontextmanager
async def run_cluster(
    folder: Path,
    options: ClusterOptions,
    *,
    persistent: bool,
    request_log: Callable[[LoggedRequest], None] | None = None,
) -> AsyncIterator[RunningCluster]:
    """Run a cluster whose files are in `folder` (which is private) until the block ends.

    Raises StoreError where the state cannot be used, OSError where the port is taken.
    """
    found = credentials.obtain(folder)
    store = Store(folder / "state.db" if persistent else None)
    try:
        objects = Objects(store)
        CustomResources(objects).load()
        for name in NAMESPACES:
            if objects.find("namespaces", name) is None:
                objects.create("namespaces", {"metadata": {"name": name}})
        workload_options = WorkloadOptions(
            folder,
            found.ca,
            sandbox=options.sandbox,
            allow_network=options.allow_network,
            runtime=options.runtime,
            agent=options.agent,
        )
        ensure_roles(objects)
        async with run_workloads(objects, workload_options) as workloads:
            server = ApiServer(
                objects,
                found,
                found.server_context(folder),
                logs=workloads.kubelet,
                pods=workloads.kubelet,
                request_log=request_log,
                accounts=workloads.tokens,
            )
            await server.start(options.port)
            if workloads.machine is not None:
                await workloads.machine.serve_api(server.listen_at)
            expiry = asyncio.create_task(forget_old_events(objects), name="event expiry")
            try:
                kubeconfig = folder / "kubeconfig"
                credentials.write_kubeconfig(kubeconfig, server.url, found)
                yield RunningCluster(kubeconfig, objects, server, workloads)
            finally:
                expiry.cancel()
                await asyncio.shield(server.stop())
    finally:
        store.close()
