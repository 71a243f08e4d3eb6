"""The scheduler of a one-node cluster: binds Pods to the node, or says why it cannot."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from steersman.cluster.controllers import pods
from steersman.cluster.controllers.controller import Controller, Key, key_of
from steersman.cluster.kubelet import quantity
from steersman.cluster.machinery import Json, now

_NO_PREEMPTION = "no new claims to deallocate, preemption: 0/1 nodes are available:"
_IGNORED_TAINTS = ("PreferNoSchedule",)
_CLOSED = {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}


class Scheduler(Controller):
    name = "default-scheduler"
    watches = ("pods", "nodes", "persistentvolumeclaims", "persistentvolumes")

    def keys(self, resource: str, obj: Json, kind: str) -> Iterable[Key]:
        if resource != "pods":
            return [key_of(pod) for pod in self._waiting()]
        if kind == "DELETED" or pods.is_finished(obj):
            return [key_of(pod) for pod in self._waiting()]
        return [] if obj["spec"].get("nodeName") else [key_of(obj)]

    def _waiting(self) -> list[Json]:
        return [pod for pod in self.objects.list("pods", fields="spec.nodeName=") if not pods.is_finished(pod)]

    def reconcile(self, namespace: str, name: str) -> float | None:
        pod = self.objects.find("pods", name, namespace)
        if pod is None or pod["spec"].get("nodeName") or pods.is_terminating(pod):
            return None
        if pod["spec"].get("schedulerName", "default-scheduler") != "default-scheduler" or pod["spec"].get(
            "schedulingGates"
        ):
            return None
        node = next(iter(self.objects.list("nodes")), None)
        if node is None:
            return 0.1
        problem = self._problem(pod, node)
        if problem is not None:
            self._refuse(pod, f"0/1 nodes are available: {problem}")
            return None
        self._bind(pod, node["metadata"]["name"])
        return None

    def _problem(self, pod: Json, node: Json) -> str | None:
        namespace = pod["metadata"]["namespace"]
        for volume in pod["spec"].get("volumes") or ():
            source = volume.get("persistentVolumeClaim")
            if source is None:
                continue
            claim = self.objects.find("persistentvolumeclaims", source["claimName"], namespace)
            if claim is None:
                return f'persistentvolumeclaim "{source["claimName"]}" not found. not found'
            if claim["metadata"].get("deletionTimestamp"):
                return f'persistentvolumeclaim "{source["claimName"]}" is being deleted. not found'
            if (claim.get("status") or {}).get("phase") != "Bound":
                return "pod has unbound immediate PersistentVolumeClaims. not found"
        if (mismatch := fits_node(pod["spec"], node)) is not None:
            return f"{mismatch} {_NO_PREEMPTION} 1 Preemption is not helpful for scheduling."
        short = self._short_of(pod, node)
        if short:
            words = ", ".join(f"1 Insufficient {resource}" for resource in short)
            return f"{words}. {_NO_PREEMPTION} 1 No preemption victims found for incoming pod."
        return None

    def _short_of(self, pod: Json, node: Json) -> list[str]:
        allocatable = node["status"]["allocatable"]
        used: dict[str, Decimal] = {}
        for other in self.objects.list("pods"):
            if other["spec"].get("nodeName") and not pods.is_finished(other):
                for resource, amount in requests(other["spec"]).items():
                    used[resource] = used.get(resource, Decimal(0)) + amount
        wanted = requests(pod["spec"])
        return sorted(
            resource
            for resource, amount in wanted.items()
            if amount and used.get(resource, Decimal(0)) + amount > quantity.parse(allocatable.get(resource, "0"))
        )

    def _refuse(self, pod: Json, message: str) -> None:
        condition = _condition(pod, "False") | {"reason": "Unschedulable", "message": message}
        others = [each for each in (pod.get("status") or {}).get("conditions") or () if each["type"] != "PodScheduled"]
        old = [each for each in (pod.get("status") or {}).get("conditions") or () if each["type"] == "PodScheduled"]
        if old and old[0].get("message") == message:
            return
        pod.setdefault("status", {})["conditions"] = [*others, condition]
        self.objects.update_status("pods", pod, field_manager="kube-scheduler")
        self.events.new_style(pod, "Warning", "FailedScheduling", "Scheduling", message)

    def _bind(self, pod: Json, node: str) -> None:
        namespace, name = key_of(pod)
        self.objects.bind(name, namespace, node, uid=pod["metadata"]["uid"])
        self.events.new_style(
            pod, "Normal", "Scheduled", "Binding", f"Successfully assigned {namespace}/{name} to {node}"
        )


def _condition(pod: Json, status: str) -> Json:
    return {
        "type": "PodScheduled", "observedGeneration": pod["metadata"].get("generation", 1), "status": status,
        "lastProbeTime": None, "lastTransitionTime": now(),
    }  # fmt: skip


def requests(spec: Json) -> dict[str, Decimal]:
    """What a Pod asks for: the sum of its containers and sidecars, or its greediest init container where that is more."""
    total: dict[str, Decimal] = {"pods": Decimal(1)}
    for container in [*spec["containers"], *(spec.get("initContainers") or ())]:
        runs_along = container in spec["containers"] or container.get("restartPolicy") == "Always"
        resources = container.get("resources") or {}
        asked = {**(resources.get("limits") or {}), **(resources.get("requests") or {})}
        for resource, amount in asked.items():
            value = quantity.parse(amount)
            total[resource] = (
                total.get(resource, Decimal(0)) + value if runs_along else max(total.get(resource, value), value)
            )
    for resource, amount in (spec.get("overhead") or {}).items():
        total[resource] = total.get(resource, Decimal(0)) + quantity.parse(amount)
    return total


def fits_node(spec: Json, node: Json) -> str | None:
    """None where the node's labels and taints suit the Pod, else the scheduler's words."""
    tolerations = spec.get("tolerations") or ()
    if node["spec"].get("unschedulable") and not any(_tolerates(each, _CLOSED) for each in tolerations):
        return "1 node(s) were unschedulable."
    for taint in node["spec"].get("taints") or ():
        if taint["effect"] not in _IGNORED_TAINTS and not any(_tolerates(each, taint) for each in tolerations):
            return f"1 node(s) had untolerated taint(s) {{{taint['key']}: {taint.get('value', '')}}}."
    labels = node["metadata"].get("labels") or {}
    for key, value in (spec.get("nodeSelector") or {}).items():
        if labels.get(key) != value:
            return "1 node(s) didn't match Pod's node affinity/selector."
    affinity = ((spec.get("affinity") or {}).get("nodeAffinity") or {}).get(
        "requiredDuringSchedulingIgnoredDuringExecution"
    )
    if affinity and not any(_term_matches(term, labels, node) for term in affinity.get("nodeSelectorTerms") or ()):
        return "1 node(s) didn't match Pod's node affinity/selector."
    return None


def _term_matches(term: Json, labels: Json, node: Json) -> bool:
    fields = {"metadata.name": node["metadata"]["name"]}
    return all(_expression_matches(each, labels) for each in term.get("matchExpressions") or ()) and all(
        _expression_matches(each, fields) for each in term.get("matchFields") or ()
    )


def _expression_matches(expression: Json, labels: Json) -> bool:
    value: Any = labels.get(expression["key"])
    values = expression.get("values") or []
    match expression["operator"]:
        case "In":
            return value in values
        case "NotIn":
            return value not in values
        case "Exists":
            return value is not None
        case "DoesNotExist":
            return value is None
        case "Gt":
            return value is not None and int(value) > int(values[0])
        case "Lt":
            return value is not None and int(value) < int(values[0])
    return False


def _tolerates(toleration: Json, taint: Json) -> bool:
    if toleration.get("effect") and toleration["effect"] != taint["effect"]:
        return False
    if toleration.get("key") and toleration["key"] != taint["key"]:
        return False
    if toleration.get("operator") == "Exists":
        return True
    return bool(toleration.get("key")) and toleration.get("value", "") == taint.get("value", "")
