"""Pods' service accounts: every Pod has one that exists, and its token mounted."""

from __future__ import annotations

from steersman.cluster import status
from steersman.cluster.machinery import Json, Objects
from steersman.cluster.options import random_suffix
from steersman.cluster.resources import Resource

_MOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"


class PodAccounts:
    """The ServiceAccount admission plugin (`objects.admission`)."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects

    def __call__(self, operation: str, resource: Resource, new: Json, old: Json | None) -> None:
        if operation != "CREATE" or resource.storage != "pods":
            return
        spec, namespace = new["spec"], new["metadata"].get("namespace") or "default"
        name = spec.get("serviceAccountName") or spec.get("serviceAccount") or "default"
        account = self._objects.find("serviceaccounts", name, namespace)
        if account is None:
            if name != "default":
                why = f'error looking up service account {namespace}/{name}: serviceaccount "{name}" not found'
                raise status.forbidden(
                    resource, new["metadata"].get("name") or new["metadata"].get("generateName", ""), why
                )
            account = {}  # the namespace is that new
        spec["serviceAccountName"] = spec["serviceAccount"] = name
        wanted = spec.get("automountServiceAccountToken", account.get("automountServiceAccountToken", True))
        if wanted:
            self._mount(spec)

    @staticmethod
    def _mount(spec: Json) -> None:
        volume = f"kube-api-access-{random_suffix()}"
        used = False
        for container in [*(spec.get("containers") or ()), *(spec.get("initContainers") or ())]:
            mounts = container.setdefault("volumeMounts", [])
            if any(each["mountPath"] == _MOUNT for each in mounts):
                continue
            mounts.append({"name": volume, "readOnly": True, "mountPath": _MOUNT})
            used = True
        if not used:
            return
        path: Json = {"path": "namespace", "fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"}}
        sources: list[Json] = [
            {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
            {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
            {"downwardAPI": {"items": [path]}},
        ]
        spec.setdefault("volumes", []).append({"name": volume, "projected": {"sources": sources, "defaultMode": 420}})
