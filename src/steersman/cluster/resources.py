"""The kinds that the cluster serves: what discovery tells of each, and how to find one.

A resource is named as kubectl names it: `pods`, `jobs.batch`, `widgets.example.com`. Several versions of one resource
(`horizontalpodautoscalers.autoscaling` v1 and v2) share their objects; the first one listed is how they are stored.
"""

from __future__ import annotations

from collections.abc import Iterator, Set
from dataclasses import dataclass, field
from typing import Any

from steersman.cluster.schema.model import ANY, Compiler, Node
from steersman.manifest.kubernetes import load_schema

Json = dict[str, Any]

# Kinds whose objects several API groups show under different names: group/version/plural → where they are stored.
SHARED_STORAGE = {"events.events.k8s.io": "events"}


@dataclass(frozen=True, slots=True)
class Subresource:
    kind: str
    verbs: tuple[str, ...]
    api_version: str = ""  # empty: the resource's own


@dataclass(frozen=True, slots=True)
class Resource:
    """One served version of one kind."""

    api_version: str
    kind: str
    plural: str
    singular: str
    namespaced: bool
    verbs: tuple[str, ...]
    short_names: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    subresources: dict[str, Subresource] = field(default_factory=dict)
    list_kind: str = ""
    custom: Json | None = None  # the CRD and this version's entry, for a custom resource

    @property
    def group(self) -> str:
        return self.api_version.partition("/")[0] if "/" in self.api_version else ""

    @property
    def version(self) -> str:
        return self.api_version.rpartition("/")[2]

    @property
    def name(self) -> str:
        """`pods`, `jobs.batch`."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    @property
    def storage(self) -> str:
        """The name under which the store keeps the objects."""
        return SHARED_STORAGE.get(self.name, self.name)


class Registry:
    """All served resources: the built-in ones, and those which CRDs add and remove while the server runs."""

    def __init__(self) -> None:
        document = load_schema()
        self.definitions: dict[str, Json] = document["definitions"]
        self.compiler = Compiler(self.definitions)
        self.generation = 0  # grows whenever a CRD changes what is served
        self._by_path: dict[tuple[str, str], Resource] = {}
        self._by_name: dict[str, Resource] = {}
        self._by_kind: dict[tuple[str, str], Resource] = {}
        self._nodes: dict[tuple[str, str], Node] = {}
        self._definition_names = {
            (_api_version(gvk), gvk["kind"]): name
            for name, schema in self.definitions.items()
            for gvk in schema.get("x-kubernetes-group-version-kind", ())
        }
        for entry in document["resources"]:
            self.add(_builtin(entry))
        self.roots = tuple(dict.fromkeys(_root(resource.api_version) for resource in self))
        """Paths of the built-in groups and versions (`/api/v1`, `/apis/apps/v1`)."""

    def __iter__(self) -> Iterator[Resource]:
        return iter(self._by_path.values())

    def add(self, resource: Resource) -> None:
        self._by_path[resource.api_version, resource.plural] = resource
        self._by_kind[resource.api_version, resource.kind] = resource
        self._by_name.setdefault(resource.name, resource)
        self.generation += 1

    def remove(self, name: str) -> None:
        """Forget every version of the resource of that name."""
        for resource in [found for found in self if found.name == name]:
            del self._by_path[resource.api_version, resource.plural]
            del self._by_kind[resource.api_version, resource.kind]
            self._nodes.pop((resource.api_version, resource.kind), None)
        self._by_name.pop(name, None)
        self.generation += 1

    def at(self, api_version: str, plural: str) -> Resource | None:
        return self._by_path.get((api_version, plural))

    def named(self, name: str) -> Resource:
        """The storage version of `pods` or `jobs.batch`. Raises KeyError."""
        return self._by_name[name]

    def names(self) -> Set[str]:
        """Of all resources, as `named` takes them."""
        return self._by_name.keys()

    def of_kind(self, api_version: str, kind: str) -> Resource | None:
        return self._by_kind.get((api_version, kind))

    def definition_name(self, api_version: str, kind: str) -> str | None:
        return self._definition_names.get((api_version, kind))

    def node(self, api_version: str, kind: str) -> Node:
        """The type of a kind; `ANY` where nothing is known of it."""
        key = (api_version, kind)
        node = self._nodes.get(key)
        if node is None:
            node = self._nodes[key] = self._compile(api_version, kind)
        return node

    def known_node(self, api_version: str, kind: str) -> Node | None:
        """As `node`, but None for an unknown kind; what all groups have in common is found under any of them."""
        if kind == "DeleteOptions":
            api_version = "v1"
        return self.node(api_version, kind) if (api_version, kind) in self._definition_names else None

    def _compile(self, api_version: str, kind: str) -> Node:
        resource = self._by_kind.get((api_version, kind))
        if resource is not None and resource.custom is not None:
            from steersman.cluster.schema.structural import compile_custom

            return compile_custom(resource, self.compiler)
        name = self._definition_names.get((api_version, kind))
        return self.compiler.definition(name) if name else ANY


def _api_version(gvk: Json) -> str:
    return f"{gvk['group']}/{gvk['version']}" if gvk["group"] else str(gvk["version"])


def _root(api_version: str) -> str:
    return f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"


def _builtin(entry: Json) -> Resource:
    return Resource(
        api_version=entry["apiVersion"],
        kind=entry["kind"],
        plural=entry["plural"],
        singular=entry["singular"],
        namespaced=entry["namespaced"],
        verbs=tuple(entry["verbs"]),
        short_names=tuple(entry["shortNames"]),
        categories=tuple(entry["categories"]),
        subresources={
            name: Subresource(sub["kind"], tuple(sub["verbs"]), sub.get("apiVersion", ""))
            for name, sub in entry["subresources"].items()
        },
        list_kind=f"{entry['kind']}List",
    )
