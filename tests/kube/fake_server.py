"""A small API server on loopback whose faults are scripted: what `Client` meets on a bad day, at will.

It keeps objects and their history, answers get, list (in pages), create, replace, patch (merge only), delete and watch, and
records every request. It is no model of Kubernetes: what Kubernetes answers is checked against real servers elsewhere.
"""

from __future__ import annotations

import asyncio
import copy
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

Object = dict[str, Any]
Answer = Callable[["FakeServer", web.Request], Awaitable[web.StreamResponse | None]]

KINDS = {
    "configmaps": ("v1", "ConfigMap"),
    "events": ("v1", "Event"),
    "pods": ("v1", "Pod"),
    "secrets": ("v1", "Secret"),
    "jobs": ("batch/v1", "Job"),
    "deployments": ("apps/v1", "Deployment"),
    "replicasets": ("apps/v1", "ReplicaSet"),
    "leases": ("coordination.k8s.io/v1", "Lease"),
}


@dataclass(frozen=True)
class Seen:
    """A request that came in."""

    method: str
    path: str
    query: dict[str, str]
    body: Any
    headers: dict[str, str]

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


@dataclass
class Fault:
    """What shall happen to the next request that `matches`; used up after `times`."""

    matches: Callable[[Seen], bool]
    answer: Answer
    times: int = 1


@dataclass
class FakeServer:
    """Use as `async with FakeServer() as server`; `url` is where it listens."""

    objects: dict[str, Object] = field(default_factory=dict)  # by path
    history: list[tuple[int, str, str, Object]] = field(default_factory=list)  # version, collection, type, object
    requests: list[Seen] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    logs: dict[tuple[str, str], Callable[[web.Request], Any]] = field(default_factory=dict)
    version: int = 100
    forgotten: int = 0  # history up to this version is compacted away
    url: str = ""
    port: int = 0
    on_request: Callable[[], None] = lambda: None
    _runner: web.AppRunner | None = None
    _changed: asyncio.Event = field(default_factory=asyncio.Event)
    _came: asyncio.Event = field(default_factory=asyncio.Event)
    _next_uid: int = 0

    async def __aenter__(self) -> FakeServer:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> None:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._handle)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.05)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port)
        await site.start()
        self.port = self._runner.addresses[0][1]
        self.url = f"http://127.0.0.1:{self.port}"

    async def stop(self) -> None:
        runner, self._runner = self._runner, None
        self._changed.set()  # so that the watches end
        if runner is not None:
            await runner.cleanup()

    def fault(self, method: str, answer: Answer, *, path: str = "", watch: bool | None = None, times: int = 1) -> None:
        """Script `answer` for the next `times` requests of `method` whose path contains `path`."""

        def matches(seen: Seen) -> bool:
            right_kind = watch is None or ("watch" in seen.query) is watch
            return seen.method == method and path in seen.path and right_kind

        self.faults.append(Fault(matches, answer, times))

    def put(self, obj: Object) -> Object:
        """Store an object as a controller would: new, or a new state of one that is there."""
        collection = collection_of(obj)
        path = f"{collection}/{obj['metadata']['name']}"
        return self._store("MODIFIED" if path in self.objects else "ADDED", collection, path, copy.deepcopy(obj))

    def remove(self, obj: Object) -> None:
        collection = collection_of(obj)
        path = f"{collection}/{obj['metadata']['name']}"
        last = self.objects.pop(path)
        self.version += 1
        last["metadata"]["resourceVersion"] = str(self.version)
        self._record(collection, "DELETED", last)

    def forget_history(self) -> None:
        """Compact: a watch from any earlier version gets 410 Gone."""
        self.version += 1
        self.forgotten = self.version

    def count(self, request: str) -> int:
        """How many requests there were whose `METHOD path` ends so."""
        return sum(str(seen).endswith(request) for seen in self.requests)

    async def wait_for(self, condition: Callable[[], bool]) -> None:
        """Wait until `condition` holds, looking after each request."""
        while not condition():
            came = self._came
            await came.wait()

    # --- answering ------------------------------------------------------------------------------------------------

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        raw = await request.read()
        body = json.loads(raw) if raw else None
        seen = Seen(request.method, request.path, dict(request.query), body, dict(request.headers))
        self.requests.append(seen)
        self.on_request()
        self._came.set()
        self._came = asyncio.Event()
        for fault in self.faults:
            if fault.matches(seen):
                fault.times -= 1
                if not fault.times:
                    self.faults.remove(fault)
                answer = await fault.answer(self, request)
                if answer is not None:
                    return answer
                break
        return await self.answer(request)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """The regular answer."""
        path, parts = request.path, request.path.strip("/").split("/")
        if path == "/version":
            return web.json_response({"gitVersion": "v1.36.2"})
        if path in ("/api", "/apis"):  # as a server from before aggregated discovery answers
            return web.json_response({"kind": "APIVersions" if path == "/api" else "APIGroupList", "versions": ["v1"]})
        if path == "/apis/apps/v1":
            served = [(plural, kind) for plural, (api_version, kind) in KINDS.items() if api_version == "apps/v1"]
            resources = [{"name": plural, "kind": kind, "namespaced": True, "verbs": []} for plural, kind in served]
            return web.json_response({"groupVersion": "apps/v1", "resources": resources})
        if parts[-1] == "log":
            return await self._log(request)
        is_collection = parts[-1] in KINDS
        handler = getattr(self, f"_{request.method.lower()}_{'many' if is_collection else 'one'}", None)
        if handler is None:
            return failure(405, "MethodNotAllowed", "no")
        answered: web.StreamResponse = await handler(request)
        return answered

    async def _get_many(self, request: web.Request) -> web.StreamResponse:
        if "watch" in request.query:
            return await self._watch(request)
        collection, items = request.path, []
        for path, obj in sorted(self.objects.items()):
            if path.rsplit("/", 1)[0] == collection:
                items.append({k: v for k, v in obj.items() if k not in ("apiVersion", "kind")})
        start, limit = int(request.query.get("continue") or 0), int(request.query.get("limit") or 0)
        page = items[start : start + limit] if limit else items[start:]
        metadata: Object = {"resourceVersion": str(self.version)}
        if limit and start + limit < len(items):
            metadata["continue"] = str(start + limit)
        return web.json_response({"kind": "List", "metadata": metadata, "items": page})

    async def _post_many(self, request: web.Request) -> web.StreamResponse:
        obj = await request.json()
        if "name" not in obj["metadata"]:
            self._next_uid += 1
            obj["metadata"]["name"] = f"{obj['metadata']['generateName']}{self._next_uid}"
        path = f"{request.path}/{obj['metadata']['name']}"
        if path in self.objects:
            return failure(409, "AlreadyExists", f"{obj['metadata']['name']} already exists")
        obj["metadata"]["managedFields"] = [{"manager": request.query.get("fieldManager"), "operation": "Update"}]
        return web.json_response(self._store("ADDED", request.path, path, obj), status=201)

    async def _get_one(self, request: web.Request) -> web.StreamResponse:
        if request.path not in self.objects:
            return failure(404, "NotFound", f"{request.path} not found")
        return web.json_response(self.objects[request.path])

    async def _put_one(self, request: web.Request) -> web.StreamResponse:
        obj, live = await request.json(), self.objects[request.path]
        sent = obj["metadata"].get("resourceVersion")
        if sent and sent != live["metadata"]["resourceVersion"]:
            return failure(409, "Conflict", "the object has been modified")
        obj["metadata"]["uid"] = live["metadata"]["uid"]
        return web.json_response(self._store("MODIFIED", request.path.rsplit("/", 1)[0], request.path, obj))

    async def _patch_one(self, request: web.Request) -> web.StreamResponse:
        patch, collection = await request.json(), request.path.rsplit("/", 1)[0]
        known = request.path in self.objects
        if isinstance(patch, list):
            patch = {operation["path"].strip("/"): operation["value"] for operation in patch}
        if not known and "apply" not in request.headers["Content-Type"]:
            return failure(404, "NotFound", f"{request.path} not found")
        base = copy.deepcopy(self.objects.get(request.path, {"metadata": {}}))
        merged = merge(base, patch)
        if request.query.get("dryRun"):
            return web.json_response(merged)
        return web.json_response(self._store("MODIFIED" if known else "ADDED", collection, request.path, merged))

    async def _delete_one(self, request: web.Request) -> web.StreamResponse:
        options = json.loads(await request.read() or b"{}")
        if request.path not in self.objects:
            return failure(404, "NotFound", f"{request.path} not found")
        live = self.objects[request.path]
        uid = (options.get("preconditions") or {}).get("uid")
        if uid and uid != live["metadata"]["uid"]:
            return failure(409, "Conflict", "the UID in the precondition does not match")
        self.remove(live)
        return web.json_response({"kind": "Status", "status": "Success"})

    async def _watch(self, request: web.Request) -> web.StreamResponse:
        since = int(request.query["resourceVersion"])
        if since < self.forgotten:
            return failure(410, "Expired", "too old resource version")
        response = await stream(request)
        sent = since
        try:
            while self._runner is not None:
                changed = self._changed
                for version, collection, kind, obj in list(self.history):
                    if version > sent and collection == request.path:
                        await response.write(json.dumps({"type": kind, "object": obj}).encode() + b"\n")
                        sent = version
                await changed.wait()
        except ConnectionResetError:
            pass
        return response

    async def _log(self, request: web.Request) -> web.StreamResponse:
        pod, container = request.path.split("/")[-2], request.query.get("container", "")
        script = self.logs.get((pod, container))
        if script is None:
            return failure(400, "BadRequest", f'container "{container}" in pod "{pod}" is waiting to start')
        response = await stream(request)
        async for line in script(request):
            await response.write(line)
        await response.write_eof()
        return response

    def _store(self, kind: str, collection: str, path: str, obj: Object) -> Object:
        self.version += 1
        metadata = obj["metadata"]
        if "uid" not in metadata:
            self._next_uid += 1
            metadata["uid"] = self.objects[path]["metadata"]["uid"] if path in self.objects else f"uid-{self._next_uid}"
        metadata["resourceVersion"] = str(self.version)
        self.objects[path] = obj
        self._record(collection, kind, obj)
        return copy.deepcopy(obj)

    def _record(self, collection: str, kind: str, obj: Object) -> None:
        self.history.append((self.version, collection, kind, copy.deepcopy(obj)))
        self._changed.set()
        self._changed = asyncio.Event()


def collection_of(obj: Object) -> str:
    plural = next(
        p for p, (api_version, kind) in KINDS.items() if (api_version, kind) == (obj["apiVersion"], obj["kind"])
    )
    root = "/api/v1" if obj["apiVersion"] == "v1" else f"/apis/{obj['apiVersion']}"
    return f"{root}/namespaces/{obj['metadata']['namespace']}/{plural}"


def merge(base: Any, patch: Any) -> Any:
    if not isinstance(patch, dict) or not isinstance(base, dict):
        return patch
    merged = {**base, **{key: merge(base.get(key), value) for key, value in patch.items()}}
    return {key: value for key, value in merged.items() if value is not None}


def failure(code: int, reason: str, message: str, headers: dict[str, str] | None = None) -> web.Response:
    status = {"kind": "Status", "status": "Failure", "code": code, "reason": reason, "message": message}
    return web.json_response(status, status=code, headers=headers)


async def stream(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    response.enable_chunked_encoding()
    await response.prepare(request)
    return response


# --- faults -------------------------------------------------------------------------------------------------------


def answers(code: int, reason: str = "", message: str = "scripted", **headers: str) -> Answer:
    """The server answers with a Status and does nothing."""

    async def answer(_: FakeServer, __: web.Request) -> web.StreamResponse:
        return failure(code, reason, message, {name.replace("_", "-"): value for name, value in headers.items()})

    return answer


async def drops_it(_: FakeServer, request: web.Request) -> web.StreamResponse:
    """The connection breaks before the server does anything."""
    return _break(request)


async def does_it_silently(server: FakeServer, request: web.Request) -> web.StreamResponse:
    """The server does what it was asked to, but the connection breaks before its answer."""
    await server.answer(request)
    return _break(request)


async def cuts_the_answer(server: FakeServer, request: web.Request) -> web.StreamResponse:
    """The server does it; its answer breaks off in the middle of the body."""
    whole = await server.answer(request)
    assert isinstance(whole, web.Response)
    assert isinstance(whole.body, bytes)
    response = web.StreamResponse(status=whole.status, headers={"Content-Length": str(len(whole.body))})
    await response.prepare(request)
    await response.write(whole.body[: len(whole.body) // 2])
    return _break(request)


def _break(request: web.Request) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()
