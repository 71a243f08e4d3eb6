"""The client: `connect(...)` makes a `Client`, which implements `kube.interface.Kubernetes` over HTTP.

Every write that is not safe to repeat is read back when its answer never came (see `once`): the caller gets the true
result, or OutcomeUnknown where even that cannot tell.
"""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

from steersman.errors import ClusterUnreachable, Gone
from steersman.kube.config import DEFAULT_NAMESPACE, Overrides, load_connection
from steersman.kube.discovery import Discovery, default_cache
from steersman.kube.interface import (
    ApiResource,
    Object,
    ObjectList,
    ObjectRef,
    PatchType,
    Propagation,
    WatchEvent,
    ref_of,
)
from steersman.kube.network import ConnectionLost, Network
from steersman.kube.once import create_once, delete_once, replace_once
from steersman.kube.retry import Repeat
from steersman.kube.session import Request, Session, quote
from steersman.lazy import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

PAGE = 500  # objects per page of a list, as kubectl asks for
DEFAULT_CACHE = ""


def connect(
    kubeconfig: str | None = None,
    *,
    overrides: Overrides | None = None,
    network: Network | None = None,
    cache: str | os.PathLike[str] | None = DEFAULT_CACHE,
    on_warning: Callable[[str], None] | None = None,
    on_waiting: Callable[[str], None] | None = None,
) -> Client:
    """Make a client for the cluster that the kubeconfig, the environment and `overrides` name. Sends nothing yet.

    `network` is asyncio's unless given (see `kube.network`); `cache` is the folder for discovery's answers, None for none;
    `on_warning` gets the server's warnings, `on_waiting` a line when an answer or retrying takes long. Raises
    ClusterUnreachable where nothing names a cluster.
    """
    connection = load_connection(kubeconfig, overrides)
    if network is None:
        from steersman.kube.asyncio_network import AsyncioNetwork

        network = AsyncioNetwork()
    session = Session(connection, network, on_warning=on_warning, on_waiting=on_waiting)
    return Client(session, cache=default_cache() if cache == DEFAULT_CACHE else cache)


class Client:
    """One API server, as one user. Use within one event loop; close with `aclose` or `async with`."""

    def __init__(self, session: Session, *, cache: str | os.PathLike[str] | None = None) -> None:
        self.session = session
        self.discovery = Discovery(session, cache)
        self._version: str = ""

    async def __aenter__(self) -> Client:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        await self.session.aclose()

    @property
    def default_namespace(self) -> str:
        return self.session.connection.namespace or DEFAULT_NAMESPACE

    async def server_version(self) -> str:
        if not self._version:
            answer = await self.session.object("GET", "/version")
            if "gitVersion" not in answer:
                raise self.session.trouble.no_api_server("it does not tell Kubernetes' version")
            self._version = str(answer["gitVersion"])
        return self._version

    async def api_versions(self) -> list[str]:
        return await self.discovery.api_versions()

    async def resource(self, api_version: str, kind: str) -> ApiResource:
        return await self.discovery.resource(api_version, kind)

    async def get(self, ref: ObjectRef) -> Object:
        return await self.session.resource("GET", await self.path_of(ref))

    async def list(
        self,
        api_version: str,
        kind: str,
        *,
        namespace: str | None = None,
        label_selector: str = "",
        field_selector: str = "",
    ) -> ObjectList:
        path = collection_path(await self.resource(api_version, kind), namespace)
        query = selectors(label_selector, field_selector)
        pages = {"limit": str(PAGE)}
        items: list[Object] = []
        while True:
            try:
                page = await self.session.object("GET", path, {**query, **pages})
            except Gone:
                if "continue" not in pages:
                    raise
                items, pages = [], {}  # the pages' snapshot expired: take all in one answer
                continue
            # items of a list carry no type of their own; readers of single objects expect it
            items += [{"apiVersion": api_version, "kind": kind, **item} for item in _items(page, self.session)]
            metadata = page.get("metadata") or {}
            if not metadata.get("continue"):
                return ObjectList(items, str(metadata.get("resourceVersion") or ""))
            pages = {"limit": str(PAGE), "continue": metadata["continue"]}

    async def create(
        self,
        obj: Object,
        *,
        field_manager: str = "steersman",
        dry_run: bool = False,
        strict: bool = False,
    ) -> Object:
        resource = await self.resource(obj["apiVersion"], obj["kind"])
        metadata = obj.get("metadata") or {}
        path = collection_path(resource, self._namespace(resource, metadata.get("namespace")))
        query = writing(field_manager, dry_run=dry_run, strict=strict)
        if dry_run:
            return await self.session.resource("POST", path, query, obj)
        return await create_once(self.session, path, query, obj, field_manager)

    async def replace(
        self,
        obj: Object,
        *,
        field_manager: str = "steersman",
        dry_run: bool = False,
        strict: bool = False,
    ) -> Object:
        path = await self.path_of(ref_of(obj))
        query = writing(field_manager, dry_run=dry_run, strict=strict)
        # Without a resourceVersion it says the same however often; with one, a second time meets the first one's Conflict.
        if dry_run or not obj["metadata"].get("resourceVersion"):
            return await self.session.resource("PUT", path, query, obj)
        return await replace_once(self.session, path, query, obj)

    async def patch(
        self,
        ref: ObjectRef,
        body: Any,
        patch_type: PatchType,
        *,
        field_manager: str = "steersman",
        force: bool = False,
        dry_run: bool = False,
        subresource: str = "",
        strict: bool = False,
    ) -> Object:
        path = await self.path_of(ref) + (f"/{subresource}" if subresource else "")
        query = writing(field_manager, dry_run=dry_run, strict=strict)
        if force and patch_type is PatchType.APPLY:
            query["force"] = "true"
        # An apply and a merge name the wanted result; only a JSON patch, which names edits, may do another thing the second time.
        repeat = Repeat.UNSAFE if patch_type is PatchType.JSON and not dry_run else Repeat.SAFE
        return await self.session.resource("PATCH", path, query, body, repeat=repeat, content_type=patch_type.value)

    async def delete(
        self,
        ref: ObjectRef,
        *,
        propagation: Propagation = "Background",
        uid: str | None = None,
        grace_period: int | None = None,
        dry_run: bool = False,
    ) -> bool:
        path = await self.path_of(ref)
        options: dict[str, Any] = {"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": propagation}
        if uid is not None:
            options["preconditions"] = {"uid": uid}
        if grace_period is not None:
            options["gracePeriodSeconds"] = grace_period
        if dry_run:
            await self.session.object("DELETE", path, {"dryRun": "All"}, options)
            return False
        return await delete_once(self.session, path, options)

    def watch(
        self,
        api_version: str,
        kind: str,
        *,
        namespace: str | None = None,
        label_selector: str = "",
        field_selector: str = "",
        resource_version: str = "",
    ) -> AsyncGenerator[WatchEvent, None]:
        from steersman.kube.watch import Watched, watch

        watched = Watched(api_version, kind, namespace, label_selector, field_selector)
        return watch(self, watched, resource_version)

    async def pod_logs(
        self,
        namespace: str,
        pod: str,
        *,
        container: str = "",
        follow: bool = False,
        previous: bool = False,
        tail_lines: int | None = None,
        timestamps: bool = False,
        since_time: str = "",
    ) -> AsyncGenerator[bytes, None]:
        query = {
            "container": container,
            "follow": "true" if follow else "",
            "previous": "true" if previous else "",
            "tailLines": "" if tail_lines is None else str(tail_lines),
            "timestamps": "true" if timestamps else "",
            "sinceTime": since_time,
        }
        path = f"/api/v1/namespaces/{quote(namespace)}/pods/{quote(pod)}/log"
        request = Request("GET", path, {key: value for key, value in query.items() if value}, accept="*/*")
        try:
            async with aclosing(self.session.stream(request)) as pieces:
                async for piece in pieces:
                    yield piece
        except ConnectionLost as error:
            raise ClusterUnreachable(f"the log of pod {namespace}/{pod} broke off: {error}") from error

    async def path_of(self, ref: ObjectRef) -> str:
        """The URL path of an object. Raises NoMatchingKind."""
        resource = await self.resource(ref.api_version, ref.kind)
        return f"{collection_path(resource, self._namespace(resource, ref.namespace))}/{quote(ref.name)}"

    def _namespace(self, resource: ApiResource, namespace: str | None) -> str | None:
        return (namespace or self.default_namespace) if resource.namespaced else None


def _items(page: Object, session: Session) -> list[Object]:
    """The items of a list. Raises ClusterUnreachable where it is no list at all, lest that be taken for an empty one."""
    items = page.get("items") or []
    if not isinstance(items, list) or ("items" not in page and not str(page.get("kind")).endswith("List")):
        raise session.trouble.no_api_server("its answer to a list is none")
    if not all(isinstance(item, dict) and isinstance(item.get("metadata"), dict) for item in items):
        raise session.trouble.no_api_server("its list has items that are no objects")
    return items


def collection_path(resource: ApiResource, namespace: str | None) -> str:
    """The URL path of a kind's collection; all namespaces where `namespace` is None."""
    root = f"/api/{resource.api_version}" if "/" not in resource.api_version else f"/apis/{resource.api_version}"
    within = f"/namespaces/{quote(namespace)}" if namespace and resource.namespaced else ""
    return f"{root}{within}/{resource.plural}"


def selectors(label_selector: str, field_selector: str) -> dict[str, str]:
    """The query parameters of a list or watch."""
    both = {"labelSelector": label_selector, "fieldSelector": field_selector}
    return {key: value for key, value in both.items() if value}


def writing(field_manager: str, *, dry_run: bool, strict: bool) -> dict[str, str]:
    """The query parameters of a write; `strict` refuses fields that the schema does not know (servers before 1.25 ignore it)."""
    query = {"fieldManager": field_manager}
    if dry_run:
        query["dryRun"] = "All"
    if strict:
        query["fieldValidation"] = "Strict"
    return query
