"""Everything that acts on the objects: the controllers, the scheduler, the kubelet and its runtime, started as one."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from steersman.cluster.agent.link import Link, SandboxUnavailable
from steersman.cluster.controllers import namespaces, nodes, volumes
from steersman.cluster.controllers.cluster_addresses import ServiceAddresses
from steersman.cluster.controllers.controller import Controller
from steersman.cluster.controllers.cronjobs import CronJobController
from steersman.cluster.controllers.daemonsets import DaemonSetController
from steersman.cluster.controllers.deployments import DeploymentController
from steersman.cluster.controllers.endpoints import EndpointsController
from steersman.cluster.controllers.garbage import GarbageCollector
from steersman.cluster.controllers.jobs import JobController
from steersman.cluster.controllers.network_table import NetworkTable
from steersman.cluster.controllers.quotas import QuotaAdmission, QuotaController
from steersman.cluster.controllers.replicasets import ReplicaSetController, ReplicationControllerController
from steersman.cluster.controllers.scheduling import Scheduler
from steersman.cluster.controllers.service_accounts import PodAccounts, TokenIssuer
from steersman.cluster.controllers.statefulsets import StatefulSetController
from steersman.cluster.kubelet.kubelet import Kubelet, KubeletOptions
from steersman.cluster.machinery import Admission, Objects
from steersman.cluster.network.addresses import API_SERVER
from steersman.cluster.runtimes.images import ImageTable
from steersman.cluster.runtimes.process.runtime import ProcessRuntime

log = logging.getLogger("steersman.cluster")


@dataclass(frozen=True, slots=True)
class WorkloadOptions:
    """`folder` is the cluster's private state folder; `version` what the API server says it is (`v1.36.2`)."""

    folder: Path
    certificate_authority: str = ""
    version: str = ""
    sandbox: bool = True
    allow_network: bool = False
    simulate: bool = True
    allow_host_path: bool = False


@dataclass(frozen=True, slots=True)
class Workloads:
    """`kubelet` is None where Pods cannot run, for the reason in `problem`."""

    kubelet: Kubelet | None
    tokens: TokenIssuer
    images: ImageTable
    problem: str
    api_socket: socket.socket | None
    """Listens at the address of the Service `kubernetes` inside the Pods' network: the API server should serve it too."""


@contextlib.asynccontextmanager
async def run_workloads(objects: Objects, options: WorkloadOptions) -> AsyncIterator[Workloads]:
    """Runs it all until the block ends; then no process of any Pod is left. Needs the namespaces to be there."""
    images = ImageTable(options.folder / "images.yaml")
    tokens = TokenIssuer(options.folder)
    claims = options.folder / "volumes"
    admission: list[Admission] = [ServiceAddresses(objects), PodAccounts(objects), QuotaAdmission(objects)]
    objects.admission += admission
    namespaces.ensure_basics(objects)
    volumes.ensure_storage_class(objects)
    link, problem = await _link(options)
    kubelet: Kubelet | None = None
    runtime: ProcessRuntime | None = None
    api_socket: socket.socket | None = None
    controllers: list[Controller] = [
        JobController(objects), CronJobController(objects), ReplicaSetController(objects),
        ReplicationControllerController(objects), DeploymentController(objects), StatefulSetController(objects),
        DaemonSetController(objects), EndpointsController(objects), Scheduler(objects), GarbageCollector(objects),
        volumes.VolumeController(objects, claims), QuotaController(objects),
        namespaces.NamespaceController(objects, options.certificate_authority),
    ]  # fmt: skip
    if link is not None:
        runtime = ProcessRuntime(link, images, options.folder / "programs")
        kubelet = Kubelet(
            objects,
            runtime,
            KubeletOptions(
                options.folder,
                simulate=options.simulate,
                allow_host_path=options.allow_host_path,
                certificate_authority=options.certificate_authority,
                token=lambda pod, audience, seconds: tokens.for_pod(objects, pod, audience, seconds),
            ),
        )
        if link.mode != "plain":
            controllers.append(NetworkTable(objects, link))
            await link.ask("services", addresses=[API_SERVER], table=[])
            api_socket = await link.open_socket(listen=(API_SERVER, 443))
    runtime_name = (
        "process" if link is not None and link.mode != "plain" else "process (no sandbox)" if link else "none"
    )
    nodes.ensure_node(objects, runtime_name.split(" ")[0], version=options.version, problem=problem)
    tasks = [asyncio.create_task(each.run(), name=each.name) for each in controllers]
    if kubelet is not None:
        tasks.append(asyncio.create_task(kubelet.run(), name="kubelet"))
    for task in tasks:
        task.add_done_callback(_ended)
    try:
        yield Workloads(kubelet, tokens, images, problem, api_socket)
    finally:
        for hook in admission:
            objects.admission.remove(hook)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if kubelet is not None:
            await kubelet.close()
        if api_socket is not None:
            api_socket.close()
        if link is not None:
            await link.close()
        if runtime is not None:
            runtime.close()


async def _link(options: WorkloadOptions) -> tuple[Link | None, str]:
    try:
        return await Link.start(sandbox=options.sandbox), ""
    except SandboxUnavailable as error:
        return None, f"{error}. {error.hint}"


def _ended(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("%s stopped working", task.get_name(), exc_info=error)
