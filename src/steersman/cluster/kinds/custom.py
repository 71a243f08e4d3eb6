"""CustomResourceDefinitions: what one adds to the served resources, and the conditions that say so."""

from __future__ import annotations

from typing import Any, Literal

from steersman.cluster.cel.rules import has_rules
from steersman.cluster.kinds.cluster import CRDS
from steersman.cluster.machinery import Objects, now
from steersman.cluster.resources import Resource, Subresource

Json = dict[str, Any]

VERBS = ("delete", "deletecollection", "get", "list", "patch", "create", "update", "watch")


class CustomResources:
    """Keeps the registry in step with the CRDs in the store."""

    def __init__(self, objects: Objects) -> None:
        self.objects = objects

    def load(self) -> None:
        """Serve what the stored CRDs say, and follow every later change of one."""
        for crd in self.objects.list(CRDS):
            self._serve(crd)
        self.objects.admission.append(self._admit)
        self.objects.written.append(self._written)

    def _admit(
        self, operation: Literal["CREATE", "UPDATE", "DELETE"], resource: Resource, obj: Json, old: Json | None
    ) -> None:
        if resource.storage == CRDS and operation != "DELETE":
            establish(obj)

    def _written(self, resource: Resource, obj: Json, gone: bool) -> None:
        if resource.storage != CRDS:
            return
        name = f"{obj['spec']['names']['plural']}.{obj['spec']['group']}"
        if gone or obj["metadata"].get("deletionTimestamp"):
            for record in self.objects.store.list(name):
                self.objects.delete(name, record.name, record.namespace or None)
        self.objects.registry.remove(name)
        if not gone:
            self._serve(obj)

    def _serve(self, crd: Json) -> None:
        for resource in resources_of(crd):
            self.objects.registry.add(resource)


def establish(crd: Json) -> None:
    """Accept the names and set the conditions; here nothing stands in the way of either."""
    spec: Json = crd.get("spec") or {}
    names = dict(spec.get("names") or {})
    if not names.get("kind") or not names.get("plural") or not spec.get("versions"):
        return  # validation will say what is missing
    names.setdefault("singular", names["kind"].lower())
    names.setdefault("listKind", f"{names['kind']}List")
    spec["names"] = names
    spec.setdefault("conversion", {"strategy": "None"})
    status: Json = crd.get("status") or {}
    have = {condition["type"] for condition in status.get("conditions", ())}
    conditions = list(status.get("conditions", ()))
    for kind, reason, message in (
        ("NamesAccepted", "NoConflicts", "no conflicts found"),
        ("Established", "InitialNamesAccepted", "the initial names have been accepted"),
    ):
        if kind not in have:
            conditions.append(
                {"type": kind, "status": "True", "lastTransitionTime": now(), "reason": reason, "message": message}
            )
    stored = [version["name"] for version in spec["versions"] if version.get("storage")]
    known = list(status.get("storedVersions", ()))
    crd["status"] = {
        "conditions": conditions,
        "acceptedNames": names,
        "storedVersions": known + [name for name in stored if name not in known],
    }


def resources_of(crd: Json) -> list[Resource]:
    """The served versions, the storage version first."""
    spec = crd["spec"]
    names = spec["names"]
    versions = [version for version in spec["versions"] if version.get("served")]
    versions.sort(key=lambda version: not version.get("storage"))
    out: list[Resource] = []
    for version in versions:
        subresources: dict[str, Subresource] = {}
        declared = version.get("subresources") or {}
        if "status" in declared:
            subresources["status"] = Subresource(names["kind"], ("get", "patch", "update"))
        if "scale" in declared:
            subresources["scale"] = Subresource("Scale", ("get", "patch", "update"), "autoscaling/v1")
        out.append(
            Resource(
                api_version=f"{spec['group']}/{version['name']}",
                kind=names["kind"],
                plural=names["plural"],
                singular=names.get("singular", names["kind"].lower()),
                namespaced=spec["scope"] == "Namespaced",
                verbs=VERBS,
                short_names=tuple(names.get("shortNames", ())),
                categories=tuple(names.get("categories", ())),
                subresources=subresources,
                list_kind=names.get("listKind", f"{names['kind']}List"),
                custom={"name": crd["metadata"]["name"], "version": version, "rules": has_rules(version.get("schema"))},
            )
        )
    return out
