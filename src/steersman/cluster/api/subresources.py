"""What is below an object: status, scale, log, eviction, finalize, token."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

from steersman.cluster import status
from steersman.cluster.access.tokens import TokenIssuer
from steersman.cluster.api import eviction, negotiate, token_requests
from steersman.cluster.api.encode import to_bytes
from steersman.cluster.api.verbs import Answer, Call, Verbs
from steersman.cluster.node import LogRequest, LogSource
from steersman.cluster.patch.json_patch import json_patch
from steersman.cluster.patch.merge import merge_patch
from steersman.cluster.selectors import format_selector

Json = dict[str, Any]


class Subresources:
    """Carries out calls on subresources. `logs` is where container output comes from, None where no Pod ever runs;
    `accounts` makes tokens."""

    def __init__(self, verbs: Verbs, logs: LogSource | None, accounts: TokenIssuer | None = None) -> None:
        self.verbs = verbs
        self.objects = verbs.objects
        self.logs = logs
        self.accounts = accounts

    def handle(self, call: Call) -> Answer:
        """Raises ApiError."""
        name = call.target.subresource
        match name, call.method:
            case "status", "GET":
                return self.verbs.get(call)
            case "status", "PUT":
                return self.verbs.update(call)
            case "status", "PATCH":
                return self.verbs.patch(call)
            case "scale", "GET" | "PUT" | "PATCH":
                return self.scale(call)
            case "log", "GET":
                return self.log(call)
            case "eviction", "POST":
                return eviction.evict(call, self.objects)
            case "binding", "POST":
                return self.bind(call)
            case "finalize", "PUT":
                return self.verbs.update(call)
            case "token", "POST":
                return token_requests.answer(call, self.objects, self.accounts)
            case "ephemeralcontainers", "GET":
                return self.verbs.get(call)
            case "ephemeralcontainers", "PUT":
                return self.verbs.update(call)
            case "ephemeralcontainers", "PATCH":
                return self.verbs.patch(call)
            case _:
                raise status.method_not_allowed()

    # --- scale ------------------------------------------------------------------------------------------------------

    def scale(self, call: Call) -> Answer:
        target = call.target
        obj = self.objects.get(target.resource, target.name, target.namespace)
        scale = self._scale_of(call, obj)
        if call.method == "GET":
            return Answer(to_bytes(scale))
        options = self.verbs.options(call)
        if call.method == "PUT":
            wanted, _ = negotiate.read_object(call.body, call.content_type, self.objects.registry)
        else:
            kind, patch = self.verbs.read_patch(call, options)
            wanted = json_patch(scale, patch) if kind == "json" else merge_patch(scale, patch)
        revision = (wanted.get("metadata") or {}).get("resourceVersion")
        if revision and revision != obj["metadata"]["resourceVersion"]:
            raise status.modified(target.resource, target.name)
        replicas = (wanted.get("spec") or {}).get("replicas", 0)
        if not isinstance(replicas, int) or replicas < 0:
            cause = status.bad_value("spec.replicas", replicas, "must be greater than or equal to 0")
            raise status.invalid(target.resource, target.name, [cause])
        _put(obj, self._paths(call)[0], replicas)
        options.subresource = "scale"
        stored = self.objects.update_object(target.resource, obj, "", options)
        return Answer(to_bytes(self._scale_of(call, stored)))

    def _paths(self, call: Call) -> tuple[str, str, str]:
        custom = call.target.resource.custom
        if custom is None:
            return ".spec.replicas", ".status.replicas", ""
        found = custom["version"]["subresources"]["scale"]
        return found["specReplicasPath"], found["statusReplicasPath"], found.get("labelSelectorPath", "")

    def _scale_of(self, call: Call, obj: Json) -> Json:
        spec_path, status_path, selector_path = self._paths(call)
        meta = {
            key: value
            for key, value in obj["metadata"].items()
            if key in ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")
        }
        out: Json = {"kind": "Scale", "apiVersion": "autoscaling/v1", "metadata": meta}
        out["spec"] = {"replicas": _at(obj, spec_path)} if _at(obj, spec_path) else {}
        out["status"] = {"replicas": _at(obj, status_path) or 0}
        selector = _at(obj, selector_path) if selector_path else (obj.get("spec") or {}).get("selector")
        if isinstance(selector, dict):
            labels = selector if call.target.resource.storage == "replicationcontrollers" else None
            selector = format_selector({"matchLabels": labels} if labels is not None else selector)
        if selector:
            out["status"]["selector"] = selector
        return out

    # --- Pods -------------------------------------------------------------------------------------------------------

    def log(self, call: Call) -> Answer:
        target, query = call.target, call.query
        pod = self.objects.get("pods", target.name, target.namespace)
        request = LogRequest(
            namespace=target.namespace or "",
            pod=target.name,
            container=container_of(pod, query.get("container", "")),
            follow=query.get("follow") in ("true", "1"),
            previous=query.get("previous") in ("true", "1"),
            timestamps=query.get("timestamps") in ("true", "1"),
            tail_lines=negotiate.integer(query, "tailLines"),
            since=_since(query.get("sinceTime", ""), negotiate.integer(query, "sinceSeconds")),
            limit_bytes=negotiate.integer(query, "limitBytes"),
        )
        if self.logs is None:
            raise status.bad_request(f"no runtime on this cluster keeps logs of pod {target.name}")
        return Answer(content_type="text/plain", stream=_stream(self.logs, request))

    def bind(self, call: Call) -> Answer:
        """A scheduler's decision for one Pod."""
        target, options = call.target, self.verbs.options(call)
        kind = target.resource.subresources["binding"]
        body = negotiate.read_kind(call.body, call.content_type, self.objects.registry, "v1", kind.kind)
        node: Json = body.get("target") or {}
        if not node.get("name"):
            raise status.invalid(target.resource, target.name, [status.required("target.name")])
        if node.get("kind") not in (None, "", "Node"):
            raise status.invalid(
                target.resource, target.name, [status.unsupported("target.kind", node["kind"], ("Node", "<empty>"))]
            )
        labels = (body.get("metadata") or {}).get("labels")
        self.objects.bind(target.name, target.namespace or "", node["name"], labels=labels, dry_run=options.dry_run)
        made = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201}
        return Answer(to_bytes(made), 201)


async def _stream(logs: LogSource, request: LogRequest) -> AsyncIterator[bytes]:
    async for chunk in logs.logs(request):
        yield chunk


def container_of(pod: Json, wanted: str) -> str:
    """The container that is meant; the only one, or the default one, where none is named."""
    spec = pod["spec"]
    regular = [container["name"] for container in spec.get("containers", ())]
    inits = [container["name"] for container in spec.get("initContainers", ())]
    name = pod["metadata"]["name"]
    ephemeral = [container["name"] for container in spec.get("ephemeralContainers", ())]
    if wanted:
        if wanted not in regular + inits + ephemeral:
            raise status.bad_request(f"container {wanted} is not valid for pod {name}")
        return wanted
    if len(regular) == 1:
        return str(regular[0])
    choices = f"choose one of: [{' '.join(regular)}]"
    if inits:
        choices += f" or one of the init containers: [{' '.join(inits)}]"
    raise status.bad_request(f"a container name must be specified for pod {name}, {choices}")


def _since(time: str, seconds: int | None) -> datetime | None:
    if time:
        try:
            return datetime.fromisoformat(time.replace("Z", "+00:00"))
        except ValueError:
            raise status.bad_request(f'parsing time "{time}" as "2006-01-02T15:04:05Z07:00": cannot parse it') from None
    return None if seconds is None else datetime.now(UTC) - timedelta(seconds=seconds)


def _at(obj: Any, path: str) -> Any:
    for key in path.strip(".").split("."):
        obj = obj.get(key) if isinstance(obj, dict) else None
    return obj


def _put(obj: Json, path: str, value: Any) -> None:
    *parents, last = path.strip(".").split(".")
    for key in parents:
        obj = obj.setdefault(key, {})
    obj[last] = value
