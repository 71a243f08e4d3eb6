"""Which kinds a server serves: aggregated discovery where there is one (Kubernetes 1.26 and newer), else group by group.

What was found is kept in memory, and on disk for some minutes like kubectl's cache, one file a server. A kind that the kept
answer does not name is asked for anew, so a CRD that was just created is found. `api_versions` always asks, as Helm does
before it renders; the aggregated form makes that cheap by its ETag.
"""

from __future__ import annotations

import os
import time
from contextlib import suppress

from steersman.errors import NoMatchingKind, NotFound, ServerBusy
from steersman.kube.interface import ApiResource
from steersman.kube.session import Request, Session
from steersman.lazy import TYPE_CHECKING
from steersman.plain_json import dumps, loads
from steersman.record import field, record

if TYPE_CHECKING:
    from typing import Any

KEPT_SECONDS = 600.0
AGGREGATED = ",".join(
    f"application/json;g=apidiscovery.k8s.io;v={version};as=APIGroupDiscoveryList" for version in ("v2", "v2beta1")
)
_ALL_VERBS = frozenset(["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"])

# Served by every Kubernetes since 1.14 and not removable: no need to ask.
ALWAYS_SERVED = {
    (resource.api_version, resource.kind): resource
    for resource in (
        ApiResource("v1", "ConfigMap", "configmaps", True, _ALL_VERBS, ("cm",)),
        ApiResource("v1", "Event", "events", True, _ALL_VERBS, ("ev",)),
        ApiResource("v1", "Namespace", "namespaces", False, _ALL_VERBS, ("ns",), frozenset({"finalize", "status"})),
        ApiResource("v1", "Pod", "pods", True, _ALL_VERBS, ("po",), frozenset({"log", "status"})),
        ApiResource("v1", "Secret", "secrets", True, _ALL_VERBS),
        ApiResource("batch/v1", "Job", "jobs", True, _ALL_VERBS, (), frozenset({"status"})),
        ApiResource("coordination.k8s.io/v1", "Lease", "leases", True, _ALL_VERBS),
    )
}


@record(slots=True)
class GroupVersion:
    """What one group and version serves. `kinds` also has the kinds that only subresources speak, as Helm counts them."""

    resources: list[ApiResource]
    kinds: list[str]


@record(slots=True)
class _Known:
    """What has been learnt of a server. `aggregated` is None before the first question."""

    groups: dict[str, GroupVersion] = field(default_factory=dict)
    aggregated: bool | None = None
    etags: dict[str, str] = field(default_factory=dict)


class Discovery:
    """Answers `resource` and `api_versions` for one server. `cache` is the folder to keep answers in, or None."""

    def __init__(self, session: Session, cache: str | os.PathLike[str] | None) -> None:
        self._session = session
        self._cache = cache
        self._known: _Known | None = None

    async def resource(self, api_version: str, kind: str) -> ApiResource:
        """Discovery of one kind. Raises NoMatchingKind."""
        if (found := ALWAYS_SERVED.get((api_version, kind)) or self._find(api_version, kind)) is not None:
            return found
        await self._ask_for(api_version)
        if (found := self._find(api_version, kind)) is not None:
            return found
        raise NoMatchingKind(
            f'no matches for kind "{kind}" in version "{api_version}"',
            api_version=api_version,
            kind=kind,
            hint="Install the CRD that defines it first, or use an apiVersion that this server serves (`kubectl api-resources`).",
        )

    async def api_versions(self) -> list[str]:
        """Every `group/version` and `group/version/Kind` that is served now, sorted."""
        groups = await self._ask_for_all()
        return sorted({*groups, *(f"{version}/{kind}" for version, group in groups.items() for kind in group.kinds)})

    def _find(self, api_version: str, kind: str) -> ApiResource | None:
        group = self._kept().groups.get(api_version)
        return next((r for r in group.resources if r.kind == kind), None) if group is not None else None

    def _kept(self) -> _Known:
        if self._known is None:
            self._known = _read_cache(self._file()) or _Known()
        return self._known

    def _file(self) -> str | None:
        """One file per server; the CA is part of its name: a cluster made anew at the same address is another one."""
        if self._cache is None:
            return None
        import hashlib

        connection = self._session.connection
        digest = hashlib.sha256(connection.server.encode() + connection.tls.ca).hexdigest()[:16]
        return os.path.join(self._cache, f"{digest}.json")

    async def _ask_for(self, api_version: str) -> None:
        """Learn one group and version anew; the whole list at once where the server can."""
        known = self._kept()
        if known.aggregated is not False and await self._ask_aggregated(known):
            return
        path = "/api/v1" if api_version == "v1" else f"/apis/{api_version}"
        try:
            answer = await self._session.request(Request("GET", path))
        except NotFound:
            known.groups.pop(api_version, None)
            return
        known.groups[api_version] = from_resource_list(self._session.parsed(answer))
        _write_cache(self._file(), known)

    async def _ask_for_all(self) -> dict[str, GroupVersion]:
        known = self._kept()
        if known.aggregated is False or not await self._ask_aggregated(known):
            known.groups = await self._ask_group_by_group()
            _write_cache(self._file(), known)
        return known.groups

    async def _ask_aggregated(self, known: _Known) -> bool:
        """Ask for /api and /apis in the aggregated form. Returns False where the server does not know it."""
        groups: dict[str, GroupVersion] = {}
        etags: dict[str, str] = {}
        for path in ("/api", "/apis"):
            condition = (("If-None-Match", known.etags[path]),) if path in known.etags else ()
            accept = f"{AGGREGATED},application/json"
            answer = await self._session.request(Request("GET", path, accept=accept, headers=condition))
            if answer.status == 304:
                etags[path] = known.etags[path]
                groups.update({v: g for v, g in known.groups.items() if (v == "v1") == (path == "/api")})
                continue
            if "apidiscovery.k8s.io" not in answer.headers.get("content-type", ""):
                known.aggregated, known.etags = False, {}
                return False
            if etag := answer.headers.get("etag"):
                etags[path] = etag
            groups.update(from_aggregated(self._session.parsed(answer)))
        changed = known.aggregated is None or etags != known.etags or not etags
        known.groups, known.etags, known.aggregated = groups, etags, True
        if changed:
            _write_cache(self._file(), known)
        return True

    async def _ask_group_by_group(self) -> dict[str, GroupVersion]:
        core = await self._session.object("GET", "/api")
        named = await self._session.object("GET", "/apis")
        paths = {version: f"/api/{version}" for version in core.get("versions") or []}
        for group in named.get("groups") or []:
            paths.update({v["groupVersion"]: f"/apis/{v['groupVersion']}" for v in group.get("versions") or []})
        groups: dict[str, GroupVersion] = {}
        for api_version, path in paths.items():
            with suppress(NotFound, ServerBusy):  # a group whose server is away must not hide the others
                answer = await self._session.request(Request("GET", path))
                groups[api_version] = from_resource_list(self._session.parsed(answer))
        return groups


def from_resource_list(document: dict[str, Any]) -> GroupVersion:
    """Read an APIResourceList; subresources are listed there as `pods/log`."""
    listed = document.get("resources") or []
    resources = [
        ApiResource(
            api_version=document["groupVersion"],
            kind=entry["kind"],
            plural=entry["name"],
            namespaced=bool(entry.get("namespaced")),
            verbs=frozenset(entry.get("verbs") or ()),
            short_names=tuple(entry.get("shortNames") or ()),
            subresources=frozenset(
                e["name"].split("/", 1)[1] for e in listed if e["name"].startswith(f"{entry['name']}/")
            ),
        )
        for entry in listed
        if "/" not in entry["name"]
    ]
    return GroupVersion(resources, list(dict.fromkeys(entry["kind"] for entry in listed)))


def from_aggregated(document: dict[str, Any]) -> dict[str, GroupVersion]:
    """Read an APIGroupDiscoveryList, by group/version."""
    groups: dict[str, GroupVersion] = {}
    for group in document.get("items") or []:
        name = (group.get("metadata") or {}).get("name") or ""
        for version in group.get("versions") or []:
            api_version = f"{name}/{version['version']}" if name else version["version"]
            groups[api_version] = _from_aggregated_version(api_version, version.get("resources") or [])
    return groups


def _from_aggregated_version(api_version: str, entries: list[dict[str, Any]]) -> GroupVersion:
    resources: list[ApiResource] = []
    kinds: list[str] = []
    for entry in entries:
        kind, below = (entry.get("responseKind") or {}).get("kind"), entry.get("subresources") or []
        kinds += [k for k in (kind, *((s.get("responseKind") or {}).get("kind") for s in below)) if k]
        if kind:
            resources.append(
                ApiResource(
                    api_version=api_version,
                    kind=kind,
                    plural=entry["resource"],
                    namespaced=entry.get("scope") == "Namespaced",
                    verbs=frozenset(entry.get("verbs") or ()),
                    short_names=tuple(entry.get("shortNames") or ()),
                    subresources=frozenset(s["subresource"] for s in below),
                )
            )
    return GroupVersion(resources, list(dict.fromkeys(kinds)))


# --- the cache on disk --------------------------------------------------------------------------------------------


def default_cache() -> str:
    """$XDG_CACHE_HOME/steersman/discovery, or ~/.cache/steersman/discovery."""
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return f"{base}/steersman/discovery"


def _read_cache(file: str | None) -> _Known | None:
    if file is None:
        return None
    try:
        if time.time() - os.stat(file).st_mtime > KEPT_SECONDS:
            return None
        with open(file, encoding="utf-8") as reading:
            kept = loads(reading.read())
        groups = {
            version: GroupVersion(
                [ApiResource(version, k, p, n, frozenset(v), tuple(s), frozenset(u)) for k, p, n, v, s, u in resources],
                kinds,
            )
            for version, (resources, kinds) in kept["groups"].items()
        }
        return _Known(groups, bool(kept["aggregated"]), dict(kept["etags"]))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None  # absent, or not as we wrote it


def _write_cache(file: str | None, known: _Known) -> None:
    """Keep what is known; a cache that cannot be written is no error."""
    if file is None:
        return
    groups = {
        version: [
            [
                [r.kind, r.plural, r.namespaced, sorted(r.verbs), r.short_names, sorted(r.subresources)]
                for r in g.resources
            ],
            g.kinds,
        ]
        for version, g in known.groups.items()
    }
    text = dumps({"aggregated": known.aggregated, "etags": known.etags, "groups": groups})
    scratch = f"{file.removesuffix('.json')}.{os.getpid()}"
    with suppress(OSError):
        os.makedirs(os.path.dirname(file), exist_ok=True)
        with open(scratch, "w", encoding="utf-8") as writing:
            writing.write(text)
        os.replace(scratch, file)
