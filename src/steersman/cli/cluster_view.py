"""What a cluster tells a chart that is rendered for it: its version, its APIs, and the objects that `lookup` asks for."""

from __future__ import annotations

import asyncio

from steersman.chart.capabilities import Capabilities, KubeVersion, VersionSet
from steersman.cli.settings import Settings
from steersman.errors import ApiError, NoMatchingKind
from steersman.kube.client import Client, connect
from steersman.kube.config import Impersonation, Overrides
from steersman.kube.interface import ObjectRef
from steersman.lazy import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

    from steersman.chart.render import Lookup


def cluster_view(settings: Settings) -> tuple[Capabilities, Lookup]:
    """The capabilities of the cluster that the settings name, and a `lookup` in it. Raises ClusterUnreachable."""
    loop = asyncio.new_event_loop()
    client = connect(settings.kubeconfig, overrides=_overrides(settings))

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


def _overrides(settings: Settings) -> Overrides:
    return Overrides(
        context=settings.kube_context or "",
        namespace=settings.namespace or "",
        server=settings.kube_apiserver or "",
        token=settings.kube_token or "",
        ca_file=settings.kube_ca_file or "",
        insecure_skip_tls_verify=settings.kube_insecure_skip_tls_verify or None,
        tls_server_name=settings.kube_tls_server_name or "",
        impersonation=Impersonation(user=settings.kube_as_user or "", groups=tuple(settings.kube_as_group)),
    )
