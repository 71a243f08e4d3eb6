"""Kubernetes in memory: objects, watches, Jobs that end as they are told to, workloads that get ready or do not, and faults.

It implements `steersman.kube.interface.Kubernetes` far enough for the engine: no schema, no defaults, last writer wins in a
server-side apply. What it answers to is the engine's tests; the real thing is asked in tests/kube and in the embedded suites.
"""

from __future__ import annotations

import asyncio
import copy
import itertools
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from steersman.errors import AlreadyExists, ApiError, ClusterUnreachable, Conflict, Forbidden, NoMatchingKind, NotFound
from steersman.kube.interface import (
    ApiResource,
    Object,
    ObjectList,
    ObjectRef,
    PatchType,
    Propagation,
    WatchEvent,
)
from steersman.release.selector import matches

CLUSTER_SCOPED = frozenset({"Namespace", "CustomResourceDefinition", "ClusterRole", "PersistentVolume"})
PLURALS = {"NetworkPolicy": "networkpolicies", "Ingress": "ingresses"}
Key = tuple[str, str | None, str]


@dataclass(frozen=True, slots=True)
class Request:
    """One request, as the log keeps it."""

    verb: str
    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.verb} {self.kind}/{self.name}"


@dataclass(slots=True)
class FakeKube:
    """`job_ends` says how Jobs and Pods of a name end ("Complete" where nothing is said; "" never), `unready` names workloads
    that do not get ready; `fault` is asked before each request and may raise."""

    job_ends: dict[str, str] = field(default_factory=dict)
    unready: set[str] = field(default_factory=set)
    unserved: set[str] = field(default_factory=set)
    fault: Callable[[Request], None] | None = None
    logs: dict[str, bytes] = field(default_factory=dict)
    logs_forbidden: bool = False
    log: list[Request] = field(default_factory=list)
    objects: dict[Key, Object] = field(default_factory=dict)
    dead: bool = False
    _version: Any = field(default_factory=lambda: itertools.count(1))
    default_is_gone: bool = False
    _now: int = 0
    _watches: list[tuple[str, str | None, asyncio.Queue[WatchEvent]]] = field(default_factory=list)

    # --- what tests ask -------------------------------------------------------------------------------------

    def live(self, *kinds: str) -> set[str]:
        """`Kind/name` of all objects, or of those kinds."""
        return {f"{kind}/{name}" for kind, _, name in self.objects if not kinds or kind in kinds}

    def one(self, kind: str, name: str, namespace: str | None = "default") -> Object:
        return self.objects[kind, namespace, name]

    def writes(self) -> list[str]:
        return [str(request) for request in self.log if request.verb not in ("get", "list")]

    def add(self, obj: Object) -> Object:
        """Put an object there, as somebody else would have."""
        return self._store(copy.deepcopy(obj), "ADDED")

    # --- Kubernetes -----------------------------------------------------------------------------------------

    @property
    def default_namespace(self) -> str:
        return "default"

    async def server_version(self) -> str:
        return "v1.36.2"

    async def api_versions(self) -> list[str]:
        return ["v1", "apps/v1", "batch/v1"]

    async def resource(self, api_version: str, kind: str) -> ApiResource:
        if kind in self.unserved:
            raise NoMatchingKind(
                f'no matches for kind "{kind}" in version "{api_version}"', api_version=api_version, kind=kind
            )
        plural = PLURALS.get(kind, kind.lower() + "s")
        return ApiResource(api_version, kind, plural, kind not in CLUSTER_SCOPED, frozenset({"get", "list", "watch"}))

    async def get(self, ref: ObjectRef) -> Object:
        await self._take("get", ref.kind, ref.name)
        if (ref.kind, ref.name) == ("Namespace", "default") and not self.default_is_gone:
            return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "default"}}
        return copy.deepcopy(self._found(ref))

    async def list(
        self,
        api_version: str,
        kind: str,
        *,
        namespace: str | None = None,
        label_selector: str = "",
        field_selector: str = "",
    ) -> ObjectList:
        await self._take("list", kind, label_selector)
        found = [
            copy.deepcopy(obj)
            for (found_kind, found_namespace, name), obj in self.objects.items()
            if found_kind == kind
            and namespace in (None, found_namespace)
            and matches(label_selector, obj["metadata"].get("labels") or {})
            and (not field_selector or field_selector == f"metadata.name={name}")
        ]
        return ObjectList(found, str(self._now))

    async def create(
        self, obj: Object, *, field_manager: str = "steersman", dry_run: bool = False, strict: bool = False
    ) -> Object:
        key = self._key(obj)
        await self._take("create", key[0], key[2])
        if key in self.objects:
            raise AlreadyExists(f'{key[0].lower()}s "{key[2]}" already exists', code=409, reason="AlreadyExists")
        if key[1] not in (None, "default") and ("Namespace", None, key[1]) not in self.objects:
            raise NotFound(f'namespaces "{key[1]}" not found', code=404, reason="NotFound")
        return copy.deepcopy(self._store(copy.deepcopy(obj), "ADDED"))

    async def replace(
        self, obj: Object, *, field_manager: str = "steersman", dry_run: bool = False, strict: bool = False
    ) -> Object:
        key = self._key(obj)
        await self._take("replace", key[0], key[2])
        live = self._found(ObjectRef(obj["apiVersion"], key[0], key[2], key[1]))
        version = obj["metadata"].get("resourceVersion")
        if version and version != live["metadata"]["resourceVersion"]:
            raise Conflict("the object has been modified", code=409, reason="Conflict")
        return copy.deepcopy(self._store(copy.deepcopy(obj), "MODIFIED"))

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
        await self._take("apply" if patch_type is PatchType.APPLY else "patch", ref.kind, ref.name)
        key = (ref.kind, ref.namespace, ref.name)
        if patch_type is PatchType.APPLY:
            applied = copy.deepcopy(body)
            live = self.objects.get(key)
            if live is None:
                return copy.deepcopy(self._store(applied, "ADDED"))
            if "status" in live:
                applied["status"] = live["status"]
            if _bare(live) == _bare(applied):
                return copy.deepcopy(live)
            return copy.deepcopy(self._store(applied, "MODIFIED"))
        merged = _merged(self._found(ref), body)
        return copy.deepcopy(self._store(merged, "MODIFIED"))

    async def delete(
        self,
        ref: ObjectRef,
        *,
        propagation: Propagation = "Background",
        uid: str | None = None,
        grace_period: int | None = None,
        dry_run: bool = False,
    ) -> bool:
        await self._take("delete", ref.kind, ref.name)
        live = self._found(ref)
        if uid is not None and live["metadata"]["uid"] != uid:
            raise Conflict("the UID in the precondition does not match", code=409, reason="Conflict")
        del self.objects[ref.kind, ref.namespace, ref.name]
        self._tell(WatchEvent("DELETED", copy.deepcopy(live)))
        for key, obj in list(self.objects.items()):
            owners = obj["metadata"].get("ownerReferences") or []
            if any(owner["uid"] == live["metadata"]["uid"] for owner in owners):
                del self.objects[key]
                self._tell(WatchEvent("DELETED", copy.deepcopy(obj)))
        return True

    async def watch(
        self,
        api_version: str,
        kind: str,
        *,
        namespace: str | None = None,
        label_selector: str = "",
        field_selector: str = "",
        resource_version: str = "",
    ) -> AsyncGenerator[WatchEvent, None]:
        queue: asyncio.Queue[WatchEvent] = asyncio.Queue()
        entry = (kind, namespace, queue)
        self._watches.append(entry)
        try:
            for (found_kind, found_namespace, _), obj in list(self.objects.items()):
                if found_kind == kind and namespace in (None, found_namespace):
                    yield WatchEvent("ADDED", copy.deepcopy(obj))
            yield WatchEvent("BOOKMARK", {"metadata": {"resourceVersion": str(self._now)}})
            while True:
                yield await queue.get()
        finally:
            self._watches.remove(entry)

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
        if self.logs_forbidden:
            raise Forbidden("pods/log is forbidden", code=403, reason="Forbidden")
        owner = pod.removesuffix("-pod")
        stamp = b"2026-11-22T09:15:42.123456789Z " if timestamps else b""
        for line in self.logs.get(owner, b"").splitlines():
            yield stamp + line + b"\n"

    async def aclose(self) -> None:
        pass

    # --- inside ---------------------------------------------------------------------------------------------

    async def _take(self, verb: str, kind: str, name: str) -> None:
        await asyncio.sleep(0)
        if self.dead:
            raise ClusterUnreachable("the process is dead")
        request = Request(verb, kind, name)
        if self.fault is not None:
            self.fault(request)
        self.log.append(request)

    def _key(self, obj: Object) -> Key:
        kind = obj["kind"]
        namespace = None if kind in CLUSTER_SCOPED else obj["metadata"].get("namespace") or "default"
        return kind, namespace, obj["metadata"]["name"]

    def _found(self, ref: ObjectRef) -> Object:
        try:
            return self.objects[ref.kind, ref.namespace, ref.name]
        except KeyError:
            raise NotFound(f'{ref.kind.lower()}s "{ref.name}" not found', code=404, reason="NotFound") from None

    def _store(self, obj: Object, what: Any) -> Object:
        key = self._key(obj)
        old = self.objects.get(key)
        self._now = next(self._version)
        metadata = obj["metadata"]
        if key[1] is not None:
            metadata["namespace"] = key[1]
        metadata["uid"] = old["metadata"]["uid"] if old else f"uid-{self._now}"
        metadata["resourceVersion"] = str(self._now)
        metadata.setdefault("creationTimestamp", datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))
        self._settle(obj)
        self.objects[key] = obj
        self._tell(WatchEvent(what, copy.deepcopy(obj)))
        if key[0] == "Job" and old is None:
            asyncio.get_running_loop().call_soon(self._run_job, key, metadata["uid"])
        return obj

    def _settle(self, obj: Object) -> None:
        """What controllers would make of it."""
        kind, name = obj["kind"], obj["metadata"]["name"]
        if kind == "Deployment":
            up = 0 if name in self.unready else 1
            obj["status"] = {
                "replicas": 1,
                "updatedReplicas": 1,
                "readyReplicas": up,
                "availableReplicas": up,
                "conditions": [{"type": "Available", "status": "True" if up else "False"}],
            }
        elif kind == "CustomResourceDefinition":
            obj["status"] = {"conditions": [{"type": "Established", "status": "True"}]}
        elif kind == "Job" and (obj.get("spec") or {}).get("activeDeadlineSeconds") == 1 and "status" in obj:
            obj["status"] = _job_status("DeadlineExceeded")

    def _run_job(self, key: Key, uid: str) -> None:
        job = self.objects.get(key)
        if job is None or job["metadata"]["uid"] != uid:
            return
        end = self.job_ends.get(key[2], "Complete")
        job = copy.deepcopy(job)
        job["status"] = _job_status(end)
        self._store(_pod_of(job, end), "ADDED")
        self._store(job, "MODIFIED")

    def _tell(self, event: WatchEvent) -> None:
        metadata = event.object["metadata"]
        for kind, namespace, queue in self._watches:
            if kind == event.object["kind"] and namespace in (None, metadata.get("namespace")):
                queue.put_nowait(event)


def _job_status(end: str) -> dict[str, Any]:
    if end == "Complete":
        return {"succeeded": 1, "conditions": [{"type": "Complete", "status": "True"}]}
    if not end:
        return {"active": 1, "startTime": "2026-11-22T09:15:42Z"}
    return {"failed": 1, "conditions": [{"type": "Failed", "status": "True", "reason": end}]}


def _pod_of(job: Object, end: str) -> Object:
    name = f"{job['metadata']['name']}-pod"
    codes = {"Complete": 0}
    state: dict[str, Any] = {"terminated": {"exitCode": codes.get(end, 3)}} if end else {"running": {}}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name,
            "namespace": job["metadata"]["namespace"],
            "labels": {"job-name": job["metadata"]["name"]},
            "ownerReferences": [{"uid": job["metadata"]["uid"], "kind": "Job", "name": job["metadata"]["name"]}],
        },
        "status": {
            "phase": {"Complete": "Succeeded", "": "Running"}.get(end, "Failed"),
            "containerStatuses": [{"name": "main", "restartCount": 0, "state": state}],
        },
    }


def _bare(obj: Object) -> Object:
    server_set = {"uid", "resourceVersion", "creationTimestamp", "managedFields", "namespace"}
    return {**obj, "metadata": {key: value for key, value in obj["metadata"].items() if key not in server_set}}


def _merged(old: Any, patch: Any) -> Any:
    if not isinstance(patch, dict):
        return copy.deepcopy(patch)
    result = dict(old) if isinstance(old, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = _merged(result.get(key), value)
    return result


def refuse(verb: str, kind: str, name: str, message: str = "the server refuses") -> Callable[[Request], None]:
    """A fault: that request is answered with 422."""

    def fault(request: Request) -> None:
        if (request.verb, request.kind, request.name) == (verb, kind, name):
            raise ApiError(message, code=422, reason="Invalid")

    return fault
