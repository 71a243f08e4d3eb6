"""The verbs on collections and objects: get, list, watch, create, update, patch, delete, deletecollection."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from steersman.cluster import status
from steersman.cluster.access.attributes import Attributes
from steersman.cluster.access.authorizer import Authorizer
from steersman.cluster.access.identity import ADMIN, User
from steersman.cluster.api import negotiate, paging, request_options
from steersman.cluster.api.encode import Encoder, bare, to_bytes
from steersman.cluster.api.notices import notices
from steersman.cluster.api.paths import Target
from steersman.cluster.api.request_options import check_list, check_write
from steersman.cluster.api.selection import Selection
from steersman.cluster.api.watching import watch
from steersman.cluster.machinery import Deleted, Objects, PatchKind, WriteOptions
from steersman.cluster.resources import Registry, Resource
from steersman.errors import ApiError, NotFound

Json = dict[str, Any]

PATCHES: dict[str, PatchKind] = {
    "application/json-patch+json": "json",
    "application/merge-patch+json": "merge",
    "application/strategic-merge-patch+json": "strategic",
    "application/apply-patch+yaml": "apply",
}
# Kinds that answer a deletion with the object, where the others answer with a Status.
RETURN_DELETED = {"pods", "services", "persistentvolumeclaims", "persistentvolumes", "serviceaccounts", "podtemplates",
                  "resourcequotas"}  # fmt: skip
DEPRECATED = {"endpoints": "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice"}
JOBS_WARNING = (
    "child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or set "
    "propagationPolicy=Orphan to suppress this warning"
)


@dataclass(slots=True)
class Call:
    """One request, as far as the verbs look at it."""

    method: str
    target: Target
    query: Mapping[str, str]
    accept: str = ""
    content_type: str = ""
    user_agent: str = ""
    body: bytes = b""
    user: User = ADMIN
    answers: dict[str, Any] = field(default_factory=dict)  # of webhooks, kept while the call is tried again


@dataclass(slots=True)
class Answer:
    """What goes back; `stream` instead of `body` for watches and logs."""

    body: bytes = b""
    code: int = 200
    content_type: str = "application/json"
    warnings: list[str] = field(default_factory=list)
    stream: AsyncIterator[bytes] | None = None
    headers: list[tuple[str, str]] = field(default_factory=list)


class Verbs:
    """Carries out calls on `objects`."""

    def __init__(self, objects: Objects, authorizer: Authorizer) -> None:
        self.objects = objects
        self.authorizer = authorizer

    def handle(self, call: Call) -> Answer:
        """Everything but subresources. Raises ApiError."""
        answer = self._carry_out(call)
        if deprecated := DEPRECATED.get(call.target.resource.name):
            answer.warnings.insert(0, deprecated)
        return answer

    def _carry_out(self, call: Call) -> Answer:
        named = bool(call.target.name)
        match call.method, named:
            case "GET", True:
                return self.get(call)
            case "GET", False:
                return self.watch(call) if call.query.get("watch") in ("1", "true") else self.list(call)
            case "POST", False:
                return self.create(call)
            case "PUT", True:
                return self.update(call)
            case "PATCH", True:
                return self.patch(call)
            case "DELETE", True:
                return self.delete(call)
            case "DELETE", False:
                return self.delete_collection(call)
            case _:
                raise status.method_not_allowed()

    # --- reading ----------------------------------------------------------------------------------------------------

    def get(self, call: Call) -> Answer:
        target = call.target
        if call.query.get("watch") in ("1", "true"):
            return self.watch(call)
        record = self.objects.record(target.resource, target.name, target.namespace)
        if (wanted := paging.revision_of(call.query)) > self.objects.store.revision:
            raise paging.too_large(wanted, self.objects.store.revision)
        return Answer(self.encoder(call).record(record))

    def list(self, call: Call) -> Answer:
        target, query = call.target, call.query
        selection = Selection(target.resource, query)
        limit = negotiate.integer(query, "limit") or 0
        store = self.objects.store
        check_list(query)
        begin = paging.start(store, query, target.namespace)
        records = paging.records(store, target.resource.storage, target.namespace, begin)
        meta: Json = {"resourceVersion": str(begin.revision)}
        if not selection.all:
            records = [record for record in records if selection.matches(record)]
        if 0 < limit < len(records):
            meta["continue"] = paging.token(begin.revision, records[limit - 1], target.namespace)
            if selection.all:
                meta["remainingItemCount"] = len(records) - limit
            records = records[:limit]
        return Answer(self.encoder(call).many(records, meta))

    def watch(self, call: Call) -> Answer:
        target = call.target
        query = call.query
        if target.name:
            query = {**query, "fieldSelector": f"metadata.name={target.name}"}
        check_list({**query, "watch": "true"})
        Selection(target.resource, query)  # a selector that cannot be parsed is answered with 400, not in the stream
        return Answer(stream=watch(self.objects, target.resource, target.namespace, self.encoder(call), query))

    # --- writing ----------------------------------------------------------------------------------------------------

    def create(self, call: Call) -> Answer:
        target, options = call.target, self.options(call)
        obj = self.read_object(call, options)
        if obj["metadata"].get("resourceVersion"):
            raise ApiError("resourceVersion should not be set on objects to be created", code=500)
        made = self.objects.create_object(target.resource, obj, target.namespace, options)
        warnings = options.warnings + notices(target.resource, made)
        return Answer(self.encoder(call).one(made), 201, warnings=warnings)

    def update(self, call: Call) -> Answer:
        target, options = call.target, self.options(call)
        obj = self.read_object(call, options)
        _same_name(obj["metadata"], target)
        stored = self.objects.update_object(target.resource, obj, target.subresource, options)
        return Answer(self.encoder(call).one(stored), warnings=options.warnings)

    def patch(self, call: Call) -> Answer:
        target, options = call.target, self.options(call)
        kind, patch = self.read_patch(call, options)
        existed = self.objects.store.get(target.resource.storage, target.namespace or "", target.name) is not None
        if kind == "apply" and not existed and not call.user.is_master:
            self._check_creation(call)
        found = self.objects.patch_object(
            target.resource, target.name, target.namespace, patch, kind, target.subresource, options
        )
        warnings = options.warnings + notices(target.resource, found)
        return Answer(self.encoder(call).one(found), 200 if existed else 201, warnings=warnings)

    def _check_creation(self, call: Call) -> None:
        """Applying what is not there creates it, which takes one more right. Raises Forbidden."""
        target = call.target
        namespace = target.namespace or ""
        wanted = Attributes(
            call.user, "create", target.resource.group, target.resource.plural, "", target.name, namespace
        )
        decision = self.authorizer.decide(wanted)
        if not decision.allowed:
            raise wanted.forbidden(decision.reason)

    def delete(self, call: Call) -> Answer:
        target = call.target
        arguments = delete_arguments(call, self.objects.registry)
        options = WriteOptions(user=call.user, answers=call.answers)
        deleted = self.objects.delete(target.resource, target.name, target.namespace, **arguments, options=options)
        warnings = options.warnings
        if target.resource.name == "jobs.batch" and arguments["propagation"] is None:
            warnings.append(JOBS_WARNING)
        return Answer(self._deleted(call, deleted), warnings=warnings)

    def _deleted(self, call: Call, deleted: Deleted) -> bytes:
        resource = call.target.resource
        if not deleted.gone or resource.storage in RETURN_DELETED:
            return self.encoder(call).one(deleted.object)
        meta = deleted.object["metadata"]
        return to_bytes(status.success(resource, meta["name"], meta["uid"]))

    def delete_collection(self, call: Call) -> Answer:
        target = call.target
        if target.resource.storage == "namespaces":
            raise status.method_not_allowed()
        arguments = delete_arguments(call, self.objects.registry)
        selection = Selection(target.resource, call.query)
        items: list[Json] = []
        for record in self.objects.store.list(target.resource.storage, target.namespace):
            if selection.matches(record):
                try:
                    options = WriteOptions(user=call.user, answers=call.answers)
                    found = self.objects.delete(
                        target.resource, record.name, record.namespace or None, **arguments, options=options
                    )
                except NotFound:
                    continue  # an admission hook or an owner took it away meanwhile
                items.append(found.object if target.resource.custom is not None else bare(found.object))
        meta = {"resourceVersion": str(self.objects.store.revision)}
        kind = {"kind": target.resource.list_kind, "apiVersion": target.resource.api_version}
        return Answer(to_bytes({**kind, "metadata": meta, "items": items}))

    # --- reading requests -------------------------------------------------------------------------------------------

    def encoder(self, call: Call) -> Encoder:
        accepted = negotiate.accepted(call.accept)
        return Encoder(self.objects, call.target.resource, accepted, call.query.get("includeObject", ""))

    def options(self, call: Call) -> WriteOptions:
        query = call.query
        manager = query.get("fieldManager") or call.user_agent.partition("/")[0] or "unknown"
        check_write(call.method, query, apply=PATCHES.get(call.content_type.partition(";")[0].strip()) == "apply")
        validation = query.get("fieldValidation") or "Warn"
        return WriteOptions(
            manager,
            query.get("dryRun") == "All",
            validation=validation,  # type: ignore[arg-type]
            force=query.get("force") in ("true", "1"),
            user=call.user,
            answers=call.answers,
        )

    def read_object(self, call: Call, options: WriteOptions) -> Json:
        check = options.validation != "Ignore"
        obj, options.duplicates = negotiate.read_object(
            call.body, call.content_type, self.objects.registry, find_duplicates=check
        )
        resource = call.target.resource
        kind, version = obj.get("kind") or resource.kind, obj.get("apiVersion") or resource.api_version
        if (version, kind) != (resource.api_version, resource.kind):
            raise _wrong_kind(resource, version, kind)
        obj["kind"], obj["apiVersion"] = kind, version
        if obj.get("metadata") is None:
            obj["metadata"] = {}
        if not isinstance(obj["metadata"], dict):
            raise status.undecodable(resource, f"metadata is no object: {obj['metadata']!r}")
        return obj

    def read_patch(self, call: Call, options: WriteOptions) -> tuple[PatchKind, Any]:
        media = call.content_type.partition(";")[0].strip()
        kind = PATCHES.get(media)
        if kind is None or (kind == "strategic" and call.target.resource.custom is not None):
            custom = call.target.resource.custom is not None
            raise negotiate.unsupported_media_type(
                [name for name, found in PATCHES.items() if not (custom and found == "strategic")]
            )
        if kind == "apply":
            return kind, negotiate.read_yaml(call.body)
        check = options.validation != "Ignore" and kind != "json"
        problem = "" if kind == "strategic" else "error decoding patch: "
        patch, options.duplicates = negotiate.read_json(call.body, find_duplicates=check, problem=problem)
        return kind, patch


def delete_arguments(call: Call, registry: Registry) -> Json:
    """What DeleteOptions and the query say, as keyword arguments of `Objects.delete`."""
    options = negotiate.read_object(call.body, call.content_type, registry)[0] if call.body.strip() else {}
    return request_options.delete_arguments(options, call.query)


def _same_name(meta: Json, target: Target) -> None:
    if not meta.get("name"):
        raise status.bad_request("name must be provided")
    if meta["name"] != target.name:
        raise status.bad_request(
            f"the name of the object ({meta['name']}) does not match the name on the URL ({target.name})"
        )
    meta["namespace"] = namespace = meta.get("namespace") or target.namespace
    if namespace != target.namespace:
        raise status.bad_request(
            f"the namespace of the object ({namespace}) does not match the namespace on the request ({target.namespace})"
        )


def _wrong_kind(resource: Resource, version: str, kind: str) -> Exception:
    if version != resource.api_version:
        return status.bad_request(
            f"the API version in the data ({version}) does not match the expected API version ({resource.api_version})"
        )
    return status.undecodable(resource, f'the data is of kind "{kind}"')
