"""What a cluster tells a chart that is rendered for it: its version, its APIs, and the objects that `lookup` asks for."""

from __future__ import annotations

import asyncio

from steersman.chart.capabilities import Capabilities, KubeVersion, VersionSet
from steersman.cli.connect import overrides
from steersman.cli.settings import Settings
from steersman.errors import ApiError, NoMatchingKind
from steersman.kube.client import Client, connect
from steersman.kube.interface import ObjectRef
from steersman.lazy import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

    from steersman.chart.render import Lookup


def cluster_view(settings: Settings) -> tuple[Capabilities, Lookup]:
    """The capabilities of the cluster that the settings name, and a `lookup` in it. Raises ClusterUnreachable."""
    loop = asyncio.new_event_loop()
    client = connect(settings.kubeconfig, overrides=overrides(settings))

    async def capabilities() -> Capabilities:
        version = KubeVersion.parse(await client.server_version())
        return Capabilities(kube_version=version, api_versions=VersionSet(await client.api_versions()))

    def lookup(api_version: str, kind: str, namespace: str, name: str) -> dict[str, Any]:
        return loop.run_until_complete(look_up(client, api_version, kind, namespace, name))

    return loop.run_until_complete(capabilities()), lookup


async def look_up(client: Client, api_version: str, kind: str, namespace: str, name: str) -> dict[str, Any]:
    """What Helm's `lookup` gives: the object, or a list of them for an empty name; nothing where there is none."""
    try:
        resource = await client.resource(api_version, kind)
        where = (namespace or None) if resource.namespaced else None
        if name:
            return await client.get(
                ObjectRef(api_version, kind, name, where or ("default" if resource.namespaced else None))
            )
        found = await client.list(api_version, kind, namespace=where)
    except NoMatchingKind:
        return {}
    except ApiError as error:
        if error.code == 404:
            return {}
        raise
    return {
        "apiVersion": api_version,
        "kind": f"{kind}List",
        "metadata": {"resourceVersion": found.resource_version},
        "items": found.items,
    }
