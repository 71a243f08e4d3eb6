"""Namespaces that are deleted take everything in them along; those that live get their account and CA certificate."""

from __future__ import annotations

import contextlib
from collections import Counter

from steersman.cluster.controllers.controller import Controller, Key
from steersman.cluster.controllers.pods import set_condition
from steersman.cluster.machinery import Json, Objects, now
from steersman.cluster.resources import Resource
from steersman.errors import ApiError, NotFound

_ACCOUNT, _CERTIFICATE = "default", "kube-root-ca.crt"


class NamespaceController(Controller):
    name = "namespace-controller"
    watches = ("namespaces", "serviceaccounts", "configmaps")

    def __init__(self, objects: Objects, certificate_authority: str) -> None:
        super().__init__(objects)
        self._certificate_authority = certificate_authority

    def keys(self, resource: str, obj: Json, kind: str) -> list[Key]:
        if resource == "namespaces":
            return [("", obj["metadata"]["name"])]
        # The two objects that every namespace has come back when they are deleted.
        if kind == "DELETED" and obj["metadata"]["name"] in (_ACCOUNT, _CERTIFICATE):
            return [("", obj["metadata"]["namespace"])]
        return []

    def reconcile(self, namespace: str, name: str) -> float | None:
        found = self.objects.find("namespaces", name)
        if found is None:
            return None
        if not found["metadata"].get("deletionTimestamp"):
            self._furnish(name)
            return None
        return self._empty(found)

    def _furnish(self, name: str) -> None:
        if self.objects.find("serviceaccounts", _ACCOUNT, name) is None:
            with contextlib.suppress(ApiError):
                self.objects.create("serviceaccounts", {"metadata": {"name": _ACCOUNT}}, name)
        if self._certificate_authority and self.objects.find("configmaps", _CERTIFICATE, name) is None:
            note = "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints"
            body = {
                "metadata": {"name": _CERTIFICATE, "annotations": {"kubernetes.io/description": note}},
                "data": {"ca.crt": self._certificate_authority},
            }
            with contextlib.suppress(ApiError):
                self.objects.create("configmaps", body, name)

    def _empty(self, namespace: Json) -> float | None:
        """Pods go first, so that none of them meets a world without its Secrets and Services; then all else."""
        name = namespace["metadata"]["name"]
        filled = self.objects.store.resources()
        kinds = {each.storage: each for each in self.objects.registry if each.namespaced and each.storage in filled}
        remaining = self._delete_all([kinds["pods"]], name) if "pods" in kinds else {}
        if not remaining:
            remaining = self._delete_all(list(kinds.values()), name)
        self._say(namespace, remaining)
        if remaining:
            return 0.1
        finalizers = [each for each in namespace["spec"].get("finalizers") or () if each != "kubernetes"]
        namespace["spec"]["finalizers"] = finalizers
        with contextlib.suppress(NotFound):
            self.objects.finalize(namespace)
        return None

    def _delete_all(self, resources: list[Resource], namespace: str) -> dict[str, list[Json]]:
        """What is still there afterwards, by resource as the conditions name it (`pods.`, `jobs.batch`)."""
        left: dict[str, list[Json]] = {}
        for resource in resources:
            for obj in self.objects.list(resource, namespace):
                name = obj["metadata"]["name"]
                with contextlib.suppress(NotFound):
                    if not obj["metadata"].get("deletionTimestamp"):
                        self.objects.delete(resource, name, namespace, propagation="Background")
                if (found := self.objects.find(resource, name, namespace)) is not None:
                    left.setdefault(f"{resource.plural}.{resource.group}", []).append(found)
        return left

    def _say(self, namespace: Json, remaining: dict[str, list[Json]]) -> None:
        """Only where something remains, or did: an empty namespace is gone before anybody could read it."""
        known = (namespace.get("status") or {}).get("conditions") or []
        if not remaining and not known:
            return
        conditions = known
        for made in _conditions(remaining):
            conditions = set_condition(
                conditions, made["type"], made["status"], made["reason"], made["message"], lastTransitionTime=now()
            )
        if conditions != known:
            namespace["status"] = {"phase": "Terminating", "conditions": conditions}
            namespace["metadata"] = self.objects.update_status("namespaces", namespace)["metadata"]


def _conditions(remaining: dict[str, list[Json]]) -> list[Json]:
    """What Kubernetes says of a namespace on its way out, in its order."""
    held = Counter(
        finalizer
        for found in remaining.values()
        for obj in found
        for finalizer in obj["metadata"].get("finalizers") or ()
    )
    content = ", ".join(f"{name} has {len(found)} resource instances" for name, found in sorted(remaining.items()))
    finalizers = ", ".join(f"{name} in {count} resource instances" for name, count in sorted(held.items()))
    removed = False, "ContentRemoved", "All content successfully removed"
    deleted = "All content successfully deleted, may be waiting on finalization"
    found = (
        ("NamespaceDeletionDiscoveryFailure", (False, "ResourcesDiscovered", "All resources successfully discovered")),
        ("NamespaceDeletionGroupVersionParsingFailure",
         (False, "ParsedGroupVersions", "All legacy kube types successfully parsed")),
        ("NamespaceDeletionContentFailure", (False, "ContentDeleted", deleted)),
        ("NamespaceContentRemaining",
         (True, "SomeResourcesRemain", f"Some resources are remaining: {content}") if content else removed),
        ("NamespaceFinalizersRemaining",
         (True, "SomeFinalizersRemain", f"Some content in the namespace has finalizers remaining: {finalizers}")
         if finalizers else removed),
    )  # fmt: skip
    return [
        {"type": kind, "status": status, "reason": reason, "message": message}
        for kind, (status, reason, message) in found
    ]


def ensure_basics(objects: Objects) -> None:
    """The Services that every cluster has, so that their names and addresses are known from the first moment."""
    from steersman.cluster.network.addresses import API_SERVER, DNS

    wanted = (
        ("default", "kubernetes", API_SERVER, [{"name": "https", "port": 443, "protocol": "TCP", "targetPort": 443}]),
        ("kube-system", "kube-dns", DNS, [
            {"name": "dns", "port": 53, "protocol": "UDP", "targetPort": 53},
            {"name": "dns-tcp", "port": 53, "protocol": "TCP", "targetPort": 53},
        ]),
    )  # fmt: skip
    for namespace, name, address, ports in wanted:
        if objects.find("services", name, namespace) is None:
            labels = {"component": "apiserver", "provider": "kubernetes"} if name == "kubernetes" else {"k8s-app": name}
            body: Json = {
                "metadata": {"name": name, "namespace": namespace, "labels": labels},
                "spec": {"clusterIP": address, "clusterIPs": [address], "type": "ClusterIP", "ports": ports,
                         "sessionAffinity": "None"},
            }  # fmt: skip
            objects.create("services", body, namespace)
