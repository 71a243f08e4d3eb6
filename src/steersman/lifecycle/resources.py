"""The resources of a manifest: which object each document means, in which namespace, in which order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from steersman.kube.interface import Object, ObjectRef
from steersman.lazy import pattern
from steersman.lifecycle.plan import Resource
from steersman.lifecycle.scopes import CLUSTER_SCOPED, GroupKind
from steersman.manifest.documents import Document, split
from steersman.manifest.order import INSTALL_ORDER, UNINSTALL_ORDER, by_kind

RESOURCE_POLICY = "helm.sh/resource-policy"
KEPT = "resource policy"  # why an object that has it is left in place
_SOURCE = pattern(r"(?m)^# Source: (.+)$")


def group_kind(api_version: str, kind: str) -> GroupKind:
    group, slash, _ = api_version.partition("/")
    return (group if slash else "", kind)


def resources_of(
    manifest: str, namespace: str, cluster_scoped: frozenset[GroupKind] = CLUSTER_SCOPED, *, path: str = ""
) -> tuple[Resource, ...]:
    """The resources of a manifest's text, in its order; Lists are taken apart, as Helm does.

    Raises YamlError.
    """
    return tuple(
        Resource(_ref(obj, namespace, cluster_scoped), obj, _source(document))
        for document in split(path, manifest)
        for obj in _flat(document.object)
    )


def _source(document: Document) -> str:
    """The template that a document came from: stored manifests say so in a comment."""
    said = None if document.path else _SOURCE.search(document.text)
    return said[1] if said else document.path


def _flat(obj: Object) -> Iterator[Object]:
    if not obj:
        return
    if str(obj.get("kind", "")).endswith("List") and isinstance(obj.get("items"), list):
        for item in obj["items"]:
            yield from _flat(item)
    else:
        yield obj


def _ref(obj: Object, namespace: str, cluster_scoped: frozenset[GroupKind]) -> ObjectRef:
    api_version, kind = str(obj.get("apiVersion", "")), str(obj.get("kind", ""))
    metadata = obj.get("metadata") or {}
    scoped = group_kind(api_version, kind) in cluster_scoped
    return ObjectRef(
        api_version, kind, str(metadata.get("name", "")), None if scoped else metadata.get("namespace") or namespace
    )


def identity(ref: ObjectRef) -> tuple[str, str, str, str | None]:
    """What makes two references the same object, whatever version of its API each names."""
    return (*group_kind(ref.api_version, ref.kind), ref.name, ref.namespace)


def defined_kinds(resources: Iterable[Resource]) -> frozenset[GroupKind]:
    """The cluster-scoped kinds that CRDs among `resources` define."""
    found = set()
    for resource in resources:
        if resource.ref.kind == "CustomResourceDefinition":
            spec = resource.object.get("spec") or {}
            if spec.get("scope") == "Cluster":
                found.add((spec.get("group", ""), (spec.get("names") or {}).get("kind", "")))
    return frozenset(found)


def missing(before: Iterable[Resource], after: Iterable[Resource]) -> tuple[Resource, ...]:
    """The resources that `before` has and `after` no longer."""
    wanted = {identity(resource.ref) for resource in after}
    return tuple(resource for resource in before if identity(resource.ref) not in wanted)


def kept(obj: Object) -> bool:
    """Whether Helm's resource policy forbids to delete the object."""
    annotations = (obj.get("metadata") or {}).get("annotations") or {}
    return str(annotations.get(RESOURCE_POLICY, "")).strip().lower() == "keep"


def in_install_order(resources: Iterable[Resource]) -> list[tuple[Resource, ...]]:
    """The resources by kind, in Helm's install order: each group may be applied together."""
    return _grouped(resources, INSTALL_ORDER)


def in_uninstall_order(resources: Iterable[Resource]) -> list[tuple[Resource, ...]]:
    return _grouped(resources, UNINSTALL_ORDER)


def _grouped(resources: Iterable[Resource], order: Sequence[str]) -> list[tuple[Resource, ...]]:
    ordered = by_kind(resources, lambda resource: resource.ref.kind, order)
    return [tuple(group) for _, group in groupby(ordered, key=lambda resource: resource.ref.kind)]
