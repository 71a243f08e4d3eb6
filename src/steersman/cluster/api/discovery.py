"""Discovery: which groups, versions and resources there are, in the old form and in the aggregated one (v2)."""

from __future__ import annotations

import platform
from typing import Any

from steersman.cluster.resources import Registry, Resource

Json = dict[str, Any]

AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
GIT_VERSION = "v1.36.2+steersman"


def version() -> Json:
    machine = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
    return {
        "major": "1",
        "minor": "36",
        "emulationMajor": "1",
        "emulationMinor": "36",
        "minCompatibilityMajor": "1",
        "minCompatibilityMinor": "35",
        "gitVersion": GIT_VERSION,
        "gitCommit": "",
        "gitTreeState": "clean",
        "buildDate": "1970-01-01T00:00:00Z",
        "goVersion": "none",
        "compiler": "cpython",
        "platform": f"linux/{machine}",
    }


def groups(registry: Registry) -> dict[str, list[str]]:
    """Every group with its versions, the preferred one first; the core group is ``."""
    out: dict[str, list[str]] = {}
    for resource in registry:
        versions = out.setdefault(resource.group, [])
        if resource.version not in versions:
            versions.append(resource.version)
    return out


def api_versions(address: str) -> Json:
    """GET /api."""
    return {
        "kind": "APIVersions",
        "versions": ["v1"],
        "serverAddressByClientCIDRs": [{"clientCIDR": "0.0.0.0/0", "serverAddress": address}],
    }


def _group(name: str, versions: list[str]) -> Json:
    entries = [{"groupVersion": f"{name}/{version}", "version": version} for version in versions]
    return {"name": name, "versions": entries, "preferredVersion": entries[0]}


def group_list(registry: Registry) -> Json:
    """GET /apis."""
    found = [_group(name, versions) for name, versions in groups(registry).items() if name]
    return {"kind": "APIGroupList", "apiVersion": "v1", "groups": found}


def group(registry: Registry, name: str) -> Json | None:
    """GET /apis/GROUP."""
    versions = groups(registry).get(name) if name else None
    return {"kind": "APIGroup", "apiVersion": "v1", **_group(name, versions)} if versions else None


def resource_list(registry: Registry, api_version: str) -> Json | None:
    """GET /api/v1 and /apis/GROUP/VERSION."""
    entries: list[Json] = []
    for resource in registry:
        if resource.api_version == api_version:
            entries += _entries(resource)
    if not entries:
        return None
    head: Json = {"kind": "APIResourceList", "groupVersion": api_version, "resources": entries}
    return head if api_version == "v1" else {"kind": "APIResourceList", "apiVersion": "v1", **head}


def _entries(resource: Resource) -> list[Json]:
    own: Json = {
        "name": resource.plural,
        "singularName": resource.singular,
        "namespaced": resource.namespaced,
        "kind": resource.kind,
        "verbs": list(resource.verbs),
    }
    if resource.short_names:
        own["shortNames"] = list(resource.short_names)
    if resource.categories:
        own["categories"] = list(resource.categories)
    out = [own]
    for name, sub in resource.subresources.items():
        entry: Json = {"name": f"{resource.plural}/{name}", "singularName": "", "namespaced": resource.namespaced}
        if sub.api_version:
            group_name, _, found = sub.api_version.rpartition("/")
            entry |= {"group": group_name, "version": found} if group_name else {"version": found}
        out.append({**entry, "kind": sub.kind, "verbs": list(sub.verbs)})
    return out


def aggregated(registry: Registry, *, core: bool) -> Json:
    """The v2 form of GET /api (`core`) and GET /apis."""
    items: list[Json] = []
    for name, versions in groups(registry).items():
        if (name == "") is not core:
            continue
        found: list[Json] = []
        for one in versions:
            api_version = f"{name}/{one}" if name else one
            resources = [_aggregated(resource) for resource in registry if resource.api_version == api_version]
            found.append({"version": one, "resources": resources, "freshness": "Current"})
        items.append({"metadata": {"name": name} if name else {}, "versions": found})
    return {"kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "metadata": {}, "items": items}


def _kind(api_version: str, kind: str) -> Json:
    group_name, _, found = api_version.rpartition("/")
    return {"group": group_name, "version": found, "kind": kind}


def _aggregated(resource: Resource) -> Json:
    out: Json = {
        "resource": resource.plural,
        "responseKind": _kind(resource.api_version, resource.kind),
        "scope": "Namespaced" if resource.namespaced else "Cluster",
        "singularResource": resource.singular,
        "verbs": list(resource.verbs),
    }
    if resource.short_names:
        out["shortNames"] = list(resource.short_names)
    if resource.categories:
        out["categories"] = list(resource.categories)
    if resource.subresources:
        out["subresources"] = [
            {
                "subresource": name,
                "responseKind": _kind(sub.api_version or resource.api_version, sub.kind),
                "verbs": list(sub.verbs),
            }
            for name, sub in resource.subresources.items()
        ]
    return out
