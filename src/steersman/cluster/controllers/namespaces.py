"""Namespaces that are deleted take everything in them along; those that live get their account and CA certificate."""

from __future__ import annotations

import contextlib

from steersman.cluster.controllers.controller import Controller, Key
from steersman.cluster.machinery import Json, Objects, now
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
        name = namespace["metadata"]["name"]
        left = 0
        for resource in {each.storage: each for each in self.objects.registry if each.namespaced}.values():
            if resource.storage not in self.objects.store.resources():
                continue
            for obj in self.objects.list(resource, name):
                with contextlib.suppress(NotFound):
                    if not obj["metadata"].get("deletionTimestamp"):
                        self.objects.delete(resource, obj["metadata"]["name"], name, propagation="Background")
                left += self.objects.find(resource, obj["metadata"]["name"], name) is not None
        if left:
            self._say(namespace, left)
            return 0.1
        finalizers = [each for each in namespace["spec"].get("finalizers") or () if each != "kubernetes"]
        namespace["spec"]["finalizers"] = finalizers
        with contextlib.suppress(NotFound):
            self.objects.finalize(namespace)
        return None

    def _say(self, namespace: Json, left: int) -> None:
        words = f"Some resources are remaining: {left} in total"
        condition = {"type": "NamespaceContentRemaining", "status": "True", "reason": "SomeResourcesRemain",
                     "message": words, "lastTransitionTime": now()}  # fmt: skip
        known = (namespace.get("status") or {}).get("conditions") or []
        if any(each["type"] == condition["type"] for each in known):
            return
        namespace["status"] = {"phase": "Terminating", "conditions": [*known, condition]}
        self.objects.update_status("namespaces", namespace)


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
