"""How a container is to be started (command line, environment, mounts, user, limits), once all that it refers to is there."""

from __future__ import annotations

import asyncio
import secrets
from typing import TYPE_CHECKING

from steersman.cluster.kubelet import environment, etc, identity, quantity
from steersman.cluster.kubelet.environment import ConfigError
from steersman.cluster.runtimes.images import Image
from steersman.cluster.runtimes.interface import Launch, Mount

if TYPE_CHECKING:
    from steersman.cluster.kubelet.containers import Container


async def configured(container: Container, image: Image) -> Launch:
    """Waits until all that the container refers to is there (CreateContainerConfigError meanwhile)."""
    told, tries = "", 0
    while True:
        try:
            return _launch(container, image)
        except ConfigError as error:
            message = str(error)
        if message != told or tries % 15 == 0:
            told = message
            container.warning("Failed", f"Error: {message}")
            container.waits("CreateContainerConfigError", message)
        tries += 1
        await asyncio.sleep(1.0)


def _launch(container: Container, image: Image) -> Launch:
    worker, spec = container.worker, container.spec
    pod = worker.pod
    variables = environment.build(worker.kubelet.objects, pod, spec, image.env)
    argv = environment.command_line(spec, image.entrypoint, image.command, variables)
    if not argv:
        raise ConfigError("no command specified")
    if spec.get("tty"):
        variables.setdefault("TERM", "xterm")
    who = identity.of(pod, spec, image)
    key = f"{pod['metadata']['uid']}-{spec['name']}-{secrets.token_hex(4)}"
    folder = worker.log_folder / spec["name"]
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / f"{container.state.restarts}-{key[-8:]}.log"
    message = log.with_suffix(".message")
    message.touch()
    message.chmod(0o666)
    limits = (spec.get("resources") or {}).get("limits") or {}
    security = spec.get("securityContext") or {}
    mounts = (
        *worker.etc,
        *etc.accounts(worker.volumes.folder / "etc" / spec["name"], who.user, who.group),
        *worker.volumes.mounts(spec, variables),
        Mount(str(message), spec.get("terminationMessagePath") or "/dev/termination-log"),
    )
    return Launch(
        key=key, pod=pod["metadata"]["uid"], hostname=worker.hostname, image=image, argv=argv, environment=variables,
        working_dir=spec.get("workingDir") or image.working_dir, identity=who, log=str(log), mounts=mounts,
        read_only_root=bool(security.get("readOnlyRootFilesystem")), stdin=bool(spec.get("stdin")),
        stdin_once=bool(spec.get("stdinOnce")), tty=bool(spec.get("tty")),
        memory_limit=int(quantity.parse(limits["memory"])) if "memory" in limits else None,
        cpu_limit=float(quantity.parse(limits["cpu"])) if "cpu" in limits else None,
        storage_limit=int(quantity.parse(limits["ephemeral-storage"])) if "ephemeral-storage" in limits else None,
    )  # fmt: skip
