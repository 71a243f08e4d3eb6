"""ResourceQuotas: refused at admission where a limit would be exceeded, and what is used, in the status.

Source: kubernetes.io "Resource Quotas"; the message is the quota admission plugin's.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from steersman.cluster import status
from steersman.cluster.controllers import pods
from steersman.cluster.controllers.controller import Controller, Key, key_of
from steersman.cluster.controllers.scheduling import requests
from steersman.cluster.kubelet import quantity
from steersman.cluster.machinery import Json, Objects
from steersman.cluster.resources import Resource

_COUNTED = {
    "pods": "pods", "services": "services", "secrets": "secrets", "configmaps": "configmaps",
    "persistentvolumeclaims": "persistentvolumeclaims", "replicationcontrollers": "replicationcontrollers",
    "resourcequotas": "resourcequotas",
}  # fmt: skip


def usage_of(storage: str, obj: Json) -> dict[str, Decimal]:
    """What one object counts towards a quota, by the quota's resource names."""
    used = {f"count/{storage}": Decimal(1)}
    if storage in _COUNTED:
        used[storage] = Decimal(1)
    spec = obj.get("spec") or {}
    if storage == "pods":
        if pods.is_finished(obj):
            return {f"count/{storage}": Decimal(1)}
        limits = _sum_limits(spec)
        for resource, amount in requests(spec).items():
            if resource != "pods":
                used[f"requests.{resource}"] = amount
                if resource in ("cpu", "memory", "ephemeral-storage"):
                    used[resource] = amount
        used |= {f"limits.{resource}": amount for resource, amount in limits.items()}
    elif storage == "persistentvolumeclaims":
        asked = ((spec.get("resources") or {}).get("requests") or {}).get("storage")
        if asked is not None:
            used["requests.storage"] = quantity.parse(asked)
    elif storage == "services":
        ports = spec.get("ports") or ()
        if spec.get("type") in ("NodePort", "LoadBalancer"):
            used["services.nodeports"] = Decimal(len(ports))
        if spec.get("type") == "LoadBalancer":
            used["services.loadbalancers"] = Decimal(1)
    return used


def _sum_limits(spec: Json) -> dict[str, Decimal]:
    total: dict[str, Decimal] = {}
    for container in spec.get("containers") or ():
        for resource, amount in ((container.get("resources") or {}).get("limits") or {}).items():
            total[resource] = total.get(resource, Decimal(0)) + quantity.parse(amount)
    return total


def _concerns(quota: Json, storage: str, obj: Json) -> bool:
    """Whether the quota's scopes take the object in (scopes are about Pods only)."""
    scopes = quota["spec"].get("scopes") or ()
    if not scopes:
        return True
    if storage != "pods":
        return False
    spec = obj["spec"]
    best_effort = not any(container.get("resources") for container in spec["containers"])
    facts = {
        "BestEffort": best_effort, "NotBestEffort": not best_effort,
        "Terminating": spec.get("activeDeadlineSeconds") is not None,
        "NotTerminating": spec.get("activeDeadlineSeconds") is None,
    }  # fmt: skip
    return all(facts.get(scope, True) for scope in scopes)


def used_in(objects: Objects, quota: Json) -> dict[str, Decimal]:
    """What is used of everything that the quota limits."""
    total = {resource: Decimal(0) for resource in quota["spec"].get("hard") or {}}
    for storage in _kinds(objects, total):
        for obj in objects.list(storage, quota["metadata"]["namespace"]):
            if _concerns(quota, storage, obj):
                for resource, amount in usage_of(storage, obj).items():
                    if resource in total:
                        total[resource] += amount
    return total


def _kinds(objects: Objects, wanted: Iterable[str]) -> set[str]:
    kinds: set[str] = set()
    for resource in wanted:
        if resource.startswith("count/"):
            kinds.add(resource[6:])
        elif resource.startswith("services"):
            kinds.add("services")
        elif resource == "requests.storage":
            kinds.add("persistentvolumeclaims")
        else:
            kinds.add(_COUNTED.get(resource, "pods"))
    return kinds & set(objects.registry.names())


class QuotaAdmission:
    """An admission hook: refuses what would exceed a quota of its namespace."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects

    def __call__(self, operation: str, resource: Resource, new: Json, old: Json | None) -> None:
        namespace = new["metadata"].get("namespace")
        if operation != "CREATE" or not namespace or resource.storage == "resourcequotas":
            return
        for quota in self._objects.list("resourcequotas", namespace):
            self._check(quota, resource, new)

    def _check(self, quota: Json, resource: Resource, new: Json) -> None:
        hard = {name: quantity.parse(amount) for name, amount in (quota["spec"].get("hard") or {}).items()}
        if not _concerns(quota, resource.storage, new):
            return
        asked = {name: amount for name, amount in usage_of(resource.storage, new).items() if name in hard}
        name = new["metadata"].get("name") or new["metadata"].get("generateName", "")
        quota_name = quota["metadata"]["name"]
        if resource.storage == "pods":
            limited = {each for each in hard if each in ("cpu", "memory") or each.startswith(("requests.", "limits."))}
            limited -= {"requests.storage"}
            if missing := sorted(limited - set(asked)):
                raise status.forbidden(
                    resource, name, f"failed quota: {quota_name}: must specify {_for_containers(missing, new)}"
                )
        used = used_in(self._objects, quota)
        over = sorted(each for each, amount in asked.items() if amount and used[each] + amount > hard[each])
        if over:
            parts = [
                ",".join(f"{each}={_text(each, amounts[each])}" for each in over) for amounts in (asked, used, hard)
            ]
            why = f"exceeded quota: {quota_name}, requested: {parts[0]}, used: {parts[1]}, limited: {parts[2]}"
            raise status.forbidden(resource, name, why)


def _for_containers(missing: list[str], pod: Json) -> str:
    names = ",".join(container["name"] for container in pod["spec"]["containers"])
    return "; ".join(f"{each} for: {names}" for each in missing)


def _text(resource: str, amount: Decimal) -> str:
    return quantity.cores(amount) if resource.endswith("cpu") else quantity.size(amount)


class QuotaController(Controller):
    """Keeps `status.hard` and `status.used`."""

    name = "resourcequota-controller"
    watches = ("resourcequotas", "pods", "services", "secrets", "configmaps", "persistentvolumeclaims", "jobs.batch")

    def keys(self, resource: str, obj: Json, kind: str) -> Iterable[Key]:
        if resource == "resourcequotas":
            return [key_of(obj)]
        return [key_of(each) for each in self.objects.list("resourcequotas", obj["metadata"]["namespace"])]

    def reconcile(self, namespace: str, name: str) -> float | None:
        quota = self.objects.find("resourcequotas", name, namespace)
        if quota is None:
            return None
        hard = quota["spec"].get("hard") or {}
        used = {each: _text(each, amount) for each, amount in used_in(self.objects, quota).items()}
        wanted = {"hard": hard, "used": used}
        if quota.get("status") != wanted:
            quota["status"] = wanted
            self.objects.update_status("resourcequotas", quota)
        return None
