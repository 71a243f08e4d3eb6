"""The one narrow interface to Kubernetes that plans are executed against.

`steersman.kube.client.Client` implements it over HTTP; tests implement it in memory. Objects are plain JSON
dictionaries. Streams are generators: leave one early only by closing it (`contextlib.aclosing`). Every method raises
`steersman.errors.ApiError` (by its subclasses) or `ClusterUnreachable`.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from enum import StrEnum

from steersman.lazy import TYPE_CHECKING, Protocol
from steersman.record import record

if TYPE_CHECKING:
    from typing import Any, Literal, TypeAlias

Object = dict[str, "Any"]
Propagation: TypeAlias = 'Literal["Background", "Foreground", "Orphan"]'


class PatchType(StrEnum):
    """The media types of PATCH; the value is the Content-Type."""

    JSON = "application/json-patch+json"
    MERGE = "application/merge-patch+json"
    STRATEGIC = "application/strategic-merge-patch+json"
    APPLY = "application/apply-patch+yaml"


@record(frozen=True, slots=True)
class ObjectRef:
    """What names one object. `namespace` is None for cluster-scoped kinds."""

    api_version: str
    kind: str
    name: str
    namespace: str | None = None

    def __str__(self) -> str:
        return f"{self.kind}/{self.name}" if self.namespace is None else f"{self.kind}/{self.namespace}/{self.name}"


def ref_of(obj: Object) -> ObjectRef:
    """What names this object."""
    metadata = obj.get("metadata") or {}
    return ObjectRef(obj["apiVersion"], obj["kind"], str(metadata.get("name") or ""), metadata.get("namespace") or None)


@record(frozen=True, slots=True)
class ApiResource:
    """One served kind, as discovery tells it."""

    api_version: str
    kind: str
    plural: str
    namespaced: bool
    verbs: frozenset[str]
    short_names: tuple[str, ...] = ()
    subresources: frozenset[str] = frozenset()


@record(frozen=True, slots=True)
class WatchEvent:
    """One line of a watch. `type` BOOKMARK carries only a resourceVersion."""

    type: Literal["ADDED", "MODIFIED", "DELETED", "BOOKMARK"]
    object: Object


@record(frozen=True, slots=True)
class ObjectList:
    """The answer to a list: whole (pages already joined), with the resourceVersion to watch from."""

    items: list[Object]
    resource_version: str


class Kubernetes(Protocol):
    """What the rest of Steersman may ask of a cluster."""

    @property
    def default_namespace(self) -> str:
        """The kubeconfig context's namespace, or `default`."""
        ...

    async def server_version(self) -> str:
        """The gitVersion, e.g. `v1.36.2`."""
        ...

    async def api_versions(self) -> list[str]:
        """Every `group/version` and `group/version/Kind` served, as Helm's `.Capabilities.APIVersions`."""
        ...

    async def resource(self, api_version: str, kind: str) -> ApiResource:
        """Discovery of one kind. Raises NoMatchingKind."""
        ...

    async def get(self, ref: ObjectRef) -> Object: ...

    async def list(
        self,
        api_version: str,
        kind: str,
        *,
        namespace: str | None = None,
        label_selector: str = "",
        field_selector: str = "",
    ) -> ObjectList:
        """All objects of a kind; `namespace` None means all namespaces (or a cluster-scoped kind)."""
        ...

    async def create(
        self, obj: Object, *, field_manager: str = "steersman", dry_run: bool = False, strict: bool = False
    ) -> Object:
        """POST; `strict` here and below refuses fields that the schema does not know (servers before 1.25 ignore it)."""
        ...

    async def replace(
        self, obj: Object, *, field_manager: str = "steersman", dry_run: bool = False, strict: bool = False
    ) -> Object:
        """PUT; without a resourceVersion in `obj`, over whatever version is there."""
        ...

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
        """PATCH; `force` (take over conflicting fields) is for APPLY only. APPLY creates what is not there."""
        ...

    async def delete(
        self,
        ref: ObjectRef,
        *,
        propagation: Propagation = "Background",
        uid: str | None = None,
        grace_period: int | None = None,
        dry_run: bool = False,
    ) -> bool:
        """DELETE; returns when the server accepted it. True: the object is gone; False: it may still be coming to its end.
        `grace_period` in seconds."""
        ...

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
        """Events from `resource_version` on ("" lists first and sends ADDED for what is there). Reconnects by itself;
        after 410 it lists again and sends what it missed. After each list, the first one too, comes a BOOKMARK.
        Ends only by cancellation or an error that retrying cannot mend."""
        ...

    def pod_logs(
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
        """The log's chunks as they come (not lines); `since_time` is RFC 3339."""
        ...

    async def aclose(self) -> None: ...
