"""The one Node object: what this machine has and which runtime runs its Pods."""

from __future__ import annotations

import os
import platform
from decimal import Decimal

from steersman.cluster.kubelet import quantity
from steersman.cluster.kubelet.environment import machine_has
from steersman.cluster.kubelet.kubelet import NODE
from steersman.cluster.machinery import Json, Objects, now
from steersman.cluster.network.addresses import BRIDGE

_MACHINES = {"x86_64": "amd64", "aarch64": "arm64", "armv7l": "arm"}
_PRESSURES = (
    ("MemoryPressure", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
    ("DiskPressure", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
    ("PIDPressure", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
)


def ensure_node(objects: Objects, runtime: str, *, version: str, problem: str = "") -> Json:
    """Makes the Node, or brings it up to date. With a `problem` it is not ready and takes no Pods, and says why."""
    architecture = _MACHINES.get(platform.machine(), platform.machine())
    labels = {
        "beta.kubernetes.io/arch": architecture, "beta.kubernetes.io/os": "linux", "kubernetes.io/arch": architecture,
        "kubernetes.io/hostname": NODE, "kubernetes.io/os": "linux", "node-role.kubernetes.io/control-plane": "",
        "steersman.dev/runtime": runtime,
    }  # fmt: skip
    taints = [{"key": "node.kubernetes.io/not-ready", "effect": "NoSchedule"}] if problem else []
    node = objects.find("nodes", NODE)
    if node is None:
        node = objects.create(
            "nodes", {"metadata": {"name": NODE, "labels": labels}, "spec": {"podCIDR": "10.244.0.0/16"}}
        )
    node["metadata"]["labels"] = {**(node["metadata"].get("labels") or {}), **labels}
    node["spec"]["taints"] = taints
    node = objects.update("nodes", node)
    capacity = {
        "cpu": str(os.cpu_count() or 1), "memory": f"{int(machine_has('memory')) // 1024}Ki", "pods": "1000",
        "ephemeral-storage": quantity.size(Decimal(_disk())),
    }  # fmt: skip
    stamp = now()
    conditions = [
        {
            "type": kind,
            "status": "False",
            "lastHeartbeatTime": stamp,
            "lastTransitionTime": stamp,
            "reason": reason,
            "message": words,
        }
        for kind, reason, words in _PRESSURES
    ]
    ready: Json = {
        "type": "Ready",
        "status": "False" if problem else "True",
        "lastHeartbeatTime": stamp,
        "lastTransitionTime": stamp,
    }
    ready |= {
        "reason": "KubeletNotReady" if problem else "KubeletReady",
        "message": problem or "kubelet is posting ready status",
    }
    system = platform.uname()
    node["status"] = {
        "capacity": capacity, "allocatable": dict(capacity), "conditions": [*conditions, ready],
        "addresses": [{"type": "InternalIP", "address": BRIDGE}, {"type": "Hostname", "address": NODE}],
        "nodeInfo": {
            "architecture": architecture, "operatingSystem": "linux", "kernelVersion": system.release, "osImage": _system_name(),
            "containerRuntimeVersion": f"{runtime}://steersman", "kubeletVersion": version, "kubeProxyVersion": "",
            "machineID": "", "systemUUID": "", "bootID": "",
        },
    }  # fmt: skip
    return objects.update_status("nodes", node)


def _disk() -> int:
    found = os.statvfs("/")
    return found.f_frsize * found.f_blocks


def _system_name() -> str:
    try:
        return platform.freedesktop_os_release().get("PRETTY_NAME", "Linux")
    except OSError:
        return "Linux"
