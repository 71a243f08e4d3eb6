"""Objects as the server tells them to people: the tables that `kubectl get` prints, and Helm below RESOURCES.

Source: https://kubernetes.io/docs/reference/using-api/api-concepts/#receiving-resources-as-tables
"""

from __future__ import annotations

from steersman.kube.client import Client, collection_path, selectors
from steersman.kube.interface import Object, ObjectRef
from steersman.kube.session import Query, Request

_TABLE = "application/json;as=Table;v={};g=meta.k8s.io"
ACCEPT = ",".join((_TABLE.format("v1"), _TABLE.format("v1beta1"), "application/json"))


class Tables:
    """Reads over a client's connection. A server that has no table for a kind answers with the object itself."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def get(self, ref: ObjectRef) -> Object:
        """A table of one row. Raises what `Client.get` raises."""
        return await self._read(await self._client.path_of(ref))

    async def pods(self, namespace: str | None, label_selector: str) -> Object:
        """The table of these Pods. Raises what `Client.list` raises."""
        pods = await self._client.resource("v1", "Pod")
        return await self._read(collection_path(pods, namespace), selectors(label_selector, ""))

    async def _read(self, path: str, query: Query | None = None) -> Object:
        answer = await self._client.session.request(Request("GET", path, query, accept=ACCEPT))
        return self._client.session.parsed(answer)
