"""Everything that acts on the objects: the controllers, the scheduler, the kubelet and its runtime, started as one."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from steersman.cluster.access.tokens import TokenIssuer
from steersman.cluster.agent.begin import Begun
from steersman.cluster.agent.link import SandboxUnavailable
from steersman.cluster.choice import Choice
from steersman.cluster.controllers import namespaces, nodes, volumes
from steersman.cluster.controllers.cluster_addresses import ServiceAddresses
from steersman.cluster.controllers.controller import Controller
from steersman.cluster.controllers.cronjobs import CronJobController
from steersman.cluster.controllers.daemonsets import DaemonSetController
from steersman.cluster.controllers.deployments import DeploymentController
from steersman.cluster.controllers.disruptions import DisruptionController
from steersman.cluster.controllers.endpoints import EndpointsController
from steersman.cluster.controllers.garbage import GarbageCollector
from steersman.cluster.controllers.jobs import JobController
from steersman.cluster.controllers.limits import LimitAdmission
from steersman.cluster.controllers.network_table import NetworkTable
from steersman.cluster.controllers.pod_security import PodSecurity
from steersman.cluster.controllers.priorities import PodPriorities
from steersman.cluster.controllers.quotas import QuotaAdmission, QuotaController
from steersman.cluster.controllers.replicasets import ReplicaSetController, ReplicationControllerController
from steersman.cluster.controllers.roles import RoleAggregationController
from steersman.cluster.controllers.runtime_classes import PodRuntimeClasses
from steersman.cluster.controllers.scheduling import Scheduler
from steersman.cluster.controllers.service_accounts import PodAccounts
from steersman.cluster.controllers.statefulsets import StatefulSetController
from steersman.cluster.controllers.token_secrets import TokenSecretController
from steersman.cluster.kubelet.kubelet import Kubelet, KubeletOptions
from steersman.cluster.machine import Machine
from steersman.cluster.machinery import Admission, Objects
from steersman.cluster.runtimes.images import ImageTable

log = logging.getLogger("steersman.cluster")


@dataclass(frozen=True, slots=True)
class WorkloadOptions:
    """`folder` is the cluster's private state folder; `version` what the API server says it is (`v1.36.2`)."""

    folder: Path
    certificate_authority: str = ""
    version: str = ""
    sandbox: bool = True
    allow_network: bool = False
    runtime: Choice = "auto"
    agent: Begun | None = None
    simulate: bool = True
    allow_host_path: bool = False


@dataclass(frozen=True, slots=True)
class Workloads:
    """`kubelet` and `machine` are None where Pods cannot run, for the reason in `problem`."""

    kubelet: Kubelet | None
    machine: Machine | None
    tokens: TokenIssuer
    images: ImageTable
    problem: str


@contextlib.asynccontextmanager
async def run_workloads(objects: Objects, options: WorkloadOptions) -> AsyncIterator[Workloads]:
    """Runs it all until the block ends; then no process of any Pod is left. Needs the namespaces to be there."""
    images = ImageTable(options.folder / "images.yaml")
    tokens = TokenIssuer(options.folder, objects)
    admission: list[Admission] = [
        ServiceAddresses(objects),
        PodAccounts(objects),
        PodRuntimeClasses(objects),
        PodPriorities(objects),
        LimitAdmission(objects),
        QuotaAdmission(objects),
    ]
    objects.admission += admission
    security = PodSecurity(objects)
    objects.checks.append(security)
    namespaces.ensure_basics(objects)
    volumes.ensure_storage_class(objects)
    machine, problem = await _machine(images, options)
    kubelet = _kubelet(objects, machine, tokens, options) if machine is not None else None
    controllers = _controllers(objects, options)
    controllers.append(TokenSecretController(objects, tokens, options.certificate_authority))
    if machine is not None:
        table = NetworkTable(objects, machine.link)
        machine.lost.append(lambda: table.attach(machine.link))
        controllers.append(table)
    runtime = machine.runtime.name if machine is not None else "none"
    nodes.ensure_node(objects, runtime, version=options.version, problem=problem)
    tasks = [asyncio.create_task(each.run(), name=each.name) for each in controllers]
    if kubelet is not None:
        tasks.append(asyncio.create_task(kubelet.run(), name="kubelet"))
    for task in tasks:
        task.add_done_callback(_ended)
    try:
        yield Workloads(kubelet, machine, tokens, images, problem)
    finally:
        for hook in admission:
            objects.admission.remove(hook)
        objects.checks.remove(security)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if kubelet is not None:
            await kubelet.close()
        if machine is not None:
            await machine.close()


async def _machine(images: ImageTable, options: WorkloadOptions) -> tuple[Machine | None, str]:
    try:
        folder = options.folder / "programs"
        machine = await Machine.start(
            images,
            folder,
            sandbox=options.sandbox,
            way_out=options.allow_network,
            choice=options.runtime,
            begun=options.agent,
        )
        return machine, ""
    except SandboxUnavailable as error:
        return None, f"{error}. {error.hint}"


def _kubelet(objects: Objects, machine: Machine, tokens: TokenIssuer, options: WorkloadOptions) -> Kubelet:
    kubelet_options = KubeletOptions(
        options.folder,
        simulate=options.simulate,
        allow_host_path=options.allow_host_path,
        certificate_authority=options.certificate_authority,
        token=tokens.for_pod,
    )
    kubelet = Kubelet(objects, machine.runtime, kubelet_options)
    machine.lost.append(kubelet.lost_everything)
    return kubelet


def _controllers(objects: Objects, options: WorkloadOptions) -> list[Controller]:
    return [
        JobController(objects), CronJobController(objects), ReplicaSetController(objects),
        ReplicationControllerController(objects), DeploymentController(objects), StatefulSetController(objects),
        DaemonSetController(objects), EndpointsController(objects), Scheduler(objects), GarbageCollector(objects),
        volumes.VolumeController(objects, options.folder / "volumes"), QuotaController(objects), nodes.NodeController(objects),
        namespaces.NamespaceController(objects, options.certificate_authority), RoleAggregationController(objects),
        DisruptionController(objects),
    ]  # fmt: skip


def _ended(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("%s stopped working", task.get_name(), exc_info=error)
