"""What a Pod asks for and is not given in this cluster, so that nobody believes that it was."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from steersman.cluster.runtimes.capabilities import withheld

Json = dict[str, Any]

_OF_THE_HOST = {
    "hostNetwork": "each Pod has a network of its own",
    "hostPID": "Pods see no process of the machine",
    "hostIPC": "Pods share no memory with the machine",
    "shareProcessNamespace": "each container sees its own processes only",
}


def not_given(spec: Json, path: str = "spec") -> list[str]:
    """A line for each such field of a Pod's spec, which is at `path`: where it is, and how it is instead."""
    found = [f"{path}.{key}: {instead}" for key, instead in _OF_THE_HOST.items() if spec.get(key)]
    for kind in ("initContainers", "containers", "ephemeralContainers"):
        for index, container in enumerate(spec.get(kind) or ()):
            found += _of_container(container, f"{path}.{kind}[{index}]", host_network=bool(spec.get("hostNetwork")))
    return found


def _of_container(container: Json, path: str, *, host_network: bool) -> Iterator[str]:
    context: Json = container.get("securityContext") or {}
    if context.get("privileged"):
        yield f"{path}.securityContext.privileged: containers have the usual rights of an unprivileged one at most"
    if lacking := withheld((context.get("capabilities") or {}).get("add") or ()):
        yield f"{path}.securityContext.capabilities.add: {', '.join(lacking)} cannot be had"
    if (context.get("seccompProfile") or {}).get("type") == "Localhost":
        yield f"{path}.securityContext.seccompProfile: system calls are not filtered"
    if not host_network:
        for number, port in enumerate(container.get("ports") or ()):
            if port.get("hostPort"):
                yield f"{path}.ports[{number}].hostPort: nothing listens on the machine for it; use `kubectl port-forward`"
    if container.get("targetContainerName"):
        yield f"{path}.targetContainerName: each container sees its own processes only"


def template_path(kind: str) -> list[str]:
    """Where in an object of that kind a Pod's spec is; empty where there is none."""
    if kind == "Pod":
        return ["spec"]
    if kind == "CronJob":
        return ["spec", "jobTemplate", "spec", "template", "spec"]
    templated = ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController", "Job")
    return ["spec", "template", "spec"] if kind in templated else []
