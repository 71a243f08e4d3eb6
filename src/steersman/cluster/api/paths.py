"""From a URL path to what it names."""

from __future__ import annotations

from dataclasses import dataclass

from steersman.cluster.resources import Registry, Resource


@dataclass(frozen=True, slots=True)
class Target:
    """A collection (`name` empty), an object, or a subresource of one. `namespace` None means all of them."""

    resource: Resource
    namespace: str | None
    name: str = ""
    subresource: str = ""


def parse(path: str, registry: Registry) -> Target | None:
    """None where the path names nothing that is served."""
    parts = path.strip("/").split("/")
    if parts[0] == "api" and len(parts) > 2:
        api_version, rest = parts[1], parts[2:]
    elif parts[0] == "apis" and len(parts) > 3:
        api_version, rest = f"{parts[1]}/{parts[2]}", parts[3:]
    else:
        return None
    namespace: str | None = None
    if rest[0] == "namespaces" and len(rest) > 2 and rest[2] not in ("status", "finalize"):
        namespace, rest = rest[1], rest[2:]
    resource = registry.at(api_version, rest[0])
    if resource is None or (namespace is not None and not resource.namespaced) or len(rest) > 3:
        return None
    name = rest[1] if len(rest) > 1 else ""
    subresource = rest[2] if len(rest) > 2 else ""
    if name and resource.namespaced and namespace is None:
        return None
    if subresource and subresource not in resource.subresources:
        return None
    return Target(resource, namespace if resource.namespaced else None, name, subresource)
