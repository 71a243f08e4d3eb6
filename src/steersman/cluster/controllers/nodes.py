"""The one Node object: what this machine has and which runtime runs its Pods."""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime
from decimal import Decimal

from steersman.cluster.controllers.controller import Controller
from steersman.cluster.kubelet import quantity
from steersman.cluster.kubelet.environment import machine_has
from steersman.cluster.kubelet.kubelet import NODE
from steersman.cluster.machinery import Json, Objects, now
from steersman.cluster.network.addresses import BRIDGE

_MACHINES = {"x86_64": "amd64", "aarch64": "arm64", "armv7l": "arm"}
_PODS = "10.244.0.0/16"
_NOT_READY, _UNSCHEDULABLE = "node.kubernetes.io/not-ready", "node.kubernetes.io/unschedulable"
_LEASES, _LEASE_SECONDS, _BEAT = "kube-node-lease", 40, 10.0  # the kubelet's own numbers
_PRESSURES = (
    ("MemoryPressure", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
    ("DiskPressure", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
    ("PIDPressure", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
)


class NodeController(Controller):
    """Keeps the Node's lease fresh, as a sign of life, and its taints true to `spec.unschedulable`."""

    name = "node-controller"
    watches = ("nodes",)

    def reconcile(self, namespace: str, name: str) -> float | None:
        node = self.objects.find("nodes", name)
        if node is None:
            return None
        taints = node["spec"].get("taints") or []
        closed = bool(node["spec"].get("unschedulable"))
        if closed != any(each["key"] == _UNSCHEDULABLE for each in taints):
            others = [each for each in taints if each["key"] != _UNSCHEDULABLE]
            mark = {"key": _UNSCHEDULABLE, "effect": "NoSchedule", "timeAdded": now()}
            node["spec"]["taints"] = [*others, mark] if closed else others
            self.objects.update("nodes", node)
        self._beat(node)
        return _BEAT

    def _beat(self, node: Json) -> None:
        name = node["metadata"]["name"]
        lease = self.objects.find("leases.coordination.k8s.io", name, _LEASES)
        stamp = datetime.now(UTC)
        if lease is None:
            owner = {"apiVersion": "v1", "kind": "Node", "name": name, "uid": node["metadata"]["uid"]}
            body: Json = {
                "metadata": {"name": name, "namespace": _LEASES, "ownerReferences": [owner]},
                "spec": {"holderIdentity": name, "leaseDurationSeconds": _LEASE_SECONDS, "renewTime": _micro(stamp)},
            }
            self.objects.create("leases.coordination.k8s.io", body, _LEASES)
        elif (stamp - datetime.fromisoformat(lease["spec"]["renewTime"])).total_seconds() >= _BEAT:
            lease["spec"]["renewTime"] = _micro(stamp)
            self.objects.update("leases.coordination.k8s.io", lease)


def _micro(stamp: datetime) -> str:
    """A MicroTime."""
    return stamp.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def ensure_node(objects: Objects, runtime: str, *, version: str, problem: str = "") -> Json:
    """Makes the Node, or brings it up to date. With a `problem` it is not ready and takes no Pods, and says why."""
    architecture = _MACHINES.get(platform.machine(), platform.machine())
    labels = {
        "beta.kubernetes.io/arch": architecture, "beta.kubernetes.io/os": "linux", "kubernetes.io/arch": architecture,
        "kubernetes.io/hostname": NODE, "kubernetes.io/os": "linux", "node-role.kubernetes.io/control-plane": "",
        "steersman.dev/runtime": runtime,
    }  # fmt: skip
    taints = [{"key": _NOT_READY, "effect": "NoSchedule"}] if problem else []
    node = objects.find("nodes", NODE)
    if node is None:
        node = objects.create(
            "nodes",
            {"metadata": {"name": NODE, "labels": labels}, "spec": {"podCIDR": _PODS, "podCIDRs": [_PODS]}},
        )
    node["metadata"]["labels"] = {**(node["metadata"].get("labels") or {}), **labels}
    node["spec"]["taints"] = [each for each in node["spec"].get("taints") or () if each["key"] != _NOT_READY] + taints
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
