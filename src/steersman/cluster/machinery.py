"""The access layer of the cluster: every read and write, from HTTP or from a controller, goes through `Objects`.

It gives writes their meaning as Kubernetes' generic registry does: names and uids, generation, optimistic concurrency,
finalizers and graceful deletion, status apart from spec, field ownership. All methods but `watch` are plain calls that
finish at once on the event loop's thread, so a read-modify-write without an `await` in between cannot be raced.

For a controller::

    pod = objects.create("pods", {...}, namespace="default")
    pod["status"]["phase"] = "Running"
    objects.update_status("pods", pod)
    async for event in objects.watch("jobs.batch"):  # first ADDED for what is there, then changes for ever
        ...

Resources are named as for kubectl: `pods`, `jobs.batch`, `widgets.example.com`. Objects are JSON dictionaries of which the
caller may change its copy at will. Errors are those of `steersman.errors` (NotFound, AlreadyExists, Conflict, Invalid …).
"""

from __future__ import annotations

import json
import random
import uuid
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from steersman.cluster import selectors, status
from steersman.cluster.fields import managed as fields
from steersman.cluster.fields.fieldset import FieldSet
from steersman.cluster.fields.managed import Writer
from steersman.cluster.fields.typed import TypedError
from steersman.cluster.history import Change, EventType, Record
from steersman.cluster.kinds.catalog import strategy_of
from steersman.cluster.kinds.conversion import converts, from_storage, to_storage
from steersman.cluster.kinds.metadata import metadata_causes
from steersman.cluster.kinds.strategy import Propagation
from steersman.cluster.patch.json_patch import json_patch
from steersman.cluster.patch.merge import merge_patch
from steersman.cluster.patch.strategic import strategic_merge_patch
from steersman.cluster.resources import Registry, Resource
from steersman.cluster.schema import custom
from steersman.cluster.schema.decode import DecodeError, decode, decode_sparse, new_object
from steersman.cluster.schema.model import Node
from steersman.cluster.store import Store
from steersman.errors import Invalid

Json = dict[str, Any]
Causes = list[status.Cause]
PatchKind = Literal["json", "merge", "strategic", "apply"]

NAMESPACE_MISMATCH = "the namespace of the provided object does not match the namespace sent on the request"
CONTROLLER = "kube-controller-manager"
_NAME_LETTERS = "bcdfghjklmnpqrstvwxz2456789"  # no vowels, so that no generated name spells a word
_RANDOM = random.SystemRandom()


@dataclass(frozen=True, slots=True)
class WatchEvent:
    """One change of one object. `resource` is the store's name of its kind (`jobs.batch`)."""

    type: EventType
    object: Json
    resource: str


@dataclass(frozen=True, slots=True)
class Deleted:
    """What a deletion did: `gone` says that the object is away; else it is marked and waits (finalizers, grace)."""

    object: Json
    gone: bool


@dataclass(slots=True)
class WriteOptions:
    """How a write is made. `warnings` collects what the API sends as Warning headers."""

    field_manager: str = CONTROLLER
    dry_run: bool = False
    validation: Literal["Ignore", "Warn", "Strict"] = "Ignore"  # of fields that the kind does not have
    duplicates: list[str] = field(default_factory=list)  # paths of keys that the request's body has twice
    force: bool = False  # server-side apply: take over what others own
    subresource: str = ""  # named in managedFields where the write came through one that is not `status`
    patch: tuple[PatchKind, Any] | None = None  # what the object was made by, where that was a patch
    applied: bool = False  # managedFields have been settled by server-side apply
    warnings: list[str] = field(default_factory=list)


# An admission hook sees (operation CREATE, UPDATE or DELETE; resource; new object; old object or None), may change the new
# object, and raises Forbidden or Invalid to refuse.
Admission = Callable[[Literal["CREATE", "UPDATE", "DELETE"], Resource, Json, Json | None], None]

# Called after every write that was stored, with the object as stored and whether it is gone.
Written = Callable[[Resource, Json, bool], None]


def now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Objects:
    """All objects of a cluster. `admission` hooks run in order before every write, `written` hooks after it."""

    def __init__(self, store: Store, registry: Registry | None = None) -> None:
        self.store = store
        self.registry = registry or Registry()
        self.admission: list[Admission] = []
        self.written: list[Written] = []

    # --- reading ----------------------------------------------------------------------------------------------------

    def get(self, resource: str | Resource, name: str, namespace: str | None = None) -> Json:
        """Raises NotFound."""
        found = self._resource(resource)
        return self.decode(found, self.record(found, name, namespace))

    def find(self, resource: str | Resource, name: str, namespace: str | None = None) -> Json | None:
        """As `get`, but None where there is no such object."""
        found = self._resource(resource)
        record = self.store.get(found.storage, namespace or "", name)
        return None if record is None else self.decode(found, record)

    def list(
        self, resource: str | Resource, namespace: str | None = None, *, labels: str | Json = "", fields: str = ""
    ) -> list[Json]:
        """In order of namespace and name. `labels` is a selector text or a LabelSelector object."""
        found = self._resource(resource)
        test = selectors.label_test(labels) if isinstance(labels, str) else selectors.match_labels(labels)
        records = self.store.list(found.storage, namespace)
        out = [self.decode(found, record) for record in records if test is None or test(record.labels)]
        by_field = selectors.field_test(fields, found.storage)
        return out if by_field is None else [obj for obj in out if by_field(obj)]

    async def watch(
        self,
        resource: str | Resource | None,
        namespace: str | None = None,
        *,
        labels: str = "",
        since: str | None = None,
    ) -> AsyncIterator[WatchEvent]:
        """Changes for ever; first an ADDED for every object that is there, unless `since` names a resourceVersion.

        `resource` None watches every kind. An object that stops matching `labels` is told as DELETED. Raises Gone where
        `since`, or a watcher that has fallen behind, is older than the history.
        """
        found = None if resource is None else self._resource(resource)
        storage = "" if found is None else found.storage
        test = selectors.label_test(labels)
        if since is None:
            since = str(self.store.revision)
            for name in self.store.resources() if found is None else [storage]:
                for record in self.store.list(name, namespace):
                    if test is None or test(record.labels):
                        yield WatchEvent("ADDED", self.decode(self._resource(name), record), name)
        cursor = self.store.history.cursor(storage, int(since))
        while await cursor.wait():
            for change in cursor.take():
                kind = selected(change, test)
                name = change.record.resource
                if kind is None or (namespace is not None and change.record.namespace != namespace):
                    continue
                if name in self.registry.names():
                    yield WatchEvent(kind, self.decode(self._resource(name), change.record), name)

    def record(self, resource: Resource, name: str, namespace: str | None) -> Record:
        """Raises NotFound."""
        record = self.store.get(resource.storage, namespace or "", name)
        if record is None:
            raise status.not_found(resource, name)
        return record

    def decode(self, resource: Resource, record: Record) -> Json:
        obj = json.loads(record.body)
        if converts(resource):
            obj = from_storage(resource, obj)
        return {"kind": resource.kind, "apiVersion": resource.api_version, **obj}

    # --- writing ----------------------------------------------------------------------------------------------------

    def create(
        self,
        resource: str | Resource,
        obj: Json,
        namespace: str | None = None,
        *,
        field_manager: str = CONTROLLER,
        dry_run: bool = False,
    ) -> Json:
        """Raises AlreadyExists, Invalid, NotFound (no such namespace), Forbidden (namespace terminating, admission)."""
        options = WriteOptions(field_manager, dry_run)
        return self.create_object(self._resource(resource), obj, namespace, options)

    def create_object(self, resource: Resource, obj: Json, namespace: str | None, options: WriteOptions) -> Json:
        strategy = strategy_of(resource)
        obj = self._typed(resource, obj, options)
        meta: Json = obj["metadata"]
        namespace = self._namespace_of(resource, meta, namespace)
        generated = not meta.get("name") and bool(meta.get("generateName"))
        for key in ("deletionTimestamp", "deletionGracePeriodSeconds", "selfLink", "resourceVersion", "generation"):
            meta.pop(key, None)
        meta["uid"] = str(uuid.uuid4())
        meta["creationTimestamp"] = now()
        if strategy.generation:
            meta["generation"] = 1
        if generated:
            meta["name"] = self._generate_name(resource, namespace, meta["generateName"])
        if "status" in resource.subresources and obj.pop("status", None) is not None and resource.custom is None:
            obj["status"] = {}
        strategy.default(obj)
        if not options.applied:
            self._own(resource, obj, {}, "", options)
        strategy.prepare_create(obj)
        strategy.default(obj)
        self._admit("CREATE", resource, obj, None)
        causes = self._metadata_causes(resource, meta) + strategy.validate(obj)
        if resource.custom is not None:
            causes += custom.causes(schema_of(resource), obj)
        if causes:
            raise status.invalid(resource, meta.get("name", ""), causes)
        self._check_namespace(resource, namespace, meta["name"])
        if self.store.get(resource.storage, namespace, meta["name"]) is not None:
            raise status.already_exists(resource, meta["name"])
        return self._commit(resource, obj, None, options)

    def update(
        self, resource: str | Resource, obj: Json, *, field_manager: str = CONTROLLER, dry_run: bool = False
    ) -> Json:
        """Replace all but the status. Raises Conflict where `obj` carries an older resourceVersion than the store's."""
        return self.update_object(self._resource(resource), obj, "", WriteOptions(field_manager, dry_run))

    def finalize(self, namespace: Json) -> Json:
        """Replace a Namespace's `spec.finalizers`; the last one gone, the Namespace is removed."""
        return self.update_object(self._resource("namespaces"), namespace, "finalize", WriteOptions())

    def update_status(self, resource: str | Resource, obj: Json, *, field_manager: str = CONTROLLER) -> Json:
        """Replace the status only; whatever else `obj` says is not looked at, but for its resourceVersion."""
        return self.update_object(self._resource(resource), obj, "status", WriteOptions(field_manager))

    def update_object(self, resource: Resource, obj: Json, subresource: str, options: WriteOptions) -> Json:
        meta = obj.get("metadata") or {}
        record = self.record(resource, meta.get("name", ""), meta.get("namespace"))
        old = self.decode(resource, record)
        return self._replace(resource, obj, old, subresource, options)

    def patch(
        self,
        resource: str | Resource,
        name: str,
        patch: Any,
        namespace: str | None = None,
        *,
        kind: PatchKind = "merge",
        subresource: str = "",
        field_manager: str = CONTROLLER,
        dry_run: bool = False,
    ) -> Json:
        """Apply one patch to the object as it is now. Raises NotFound, Invalid, Conflict."""
        found = self._resource(resource)
        options = WriteOptions(field_manager, dry_run)
        return self.patch_object(found, name, namespace, patch, kind, subresource, options)

    def patch_object(
        self,
        resource: Resource,
        name: str,
        namespace: str | None,
        patch: Any,
        kind: PatchKind,
        subresource: str,
        options: WriteOptions,
    ) -> Json:
        """PATCH; `apply` creates what is not there."""
        if kind == "apply":
            return self._apply(resource, name, namespace, patch, subresource, options)
        old = self.decode(resource, self.record(resource, name, namespace))
        new: Json
        if kind == "json":
            new = json_patch(old, patch)
        elif kind == "merge":
            new = merge_patch(old, patch)
        else:
            new = strategic_merge_patch(self._node(resource), old, patch)
        options.patch = kind, patch
        return self._replace(resource, new, old, subresource, options)

    def _apply(
        self, resource: Resource, name: str, namespace: str | None, patch: Any, subresource: str, options: WriteOptions
    ) -> Json:
        config = self._applied_config(resource, name, namespace, patch)
        record = self.store.get(resource.storage, namespace or "", name)
        if record is None and subresource:
            raise status.not_found(resource, name)
        node = self._node(resource)
        live = decode(node, {}, []) if record is None else self.decode(resource, record)
        writer = Writer(options.field_manager, resource.api_version, subresource, now())
        try:
            merged, entries = fields.apply(
                node, live, config, writer, force=options.force, ignored=_untouched(resource, subresource)
            )
        except TypedError as error:
            raise status.untyped(resource, namespace, name, str(error)) from None
        merged["metadata"]["managedFields"] = entries
        options.applied = True
        if record is None:
            merged |= {"kind": resource.kind, "apiVersion": resource.api_version}
            return self.create_object(resource, merged, namespace, options)
        return self._replace(resource, merged, live, subresource, options)

    def _applied_config(self, resource: Resource, name: str, namespace: str | None, patch: Any) -> Json:
        """The object that an apply patch holds, read by its type."""
        if not isinstance(patch, dict):
            raise status.bad_request("error decoding YAML: the patch is not an object")
        unknown: list[str] = []
        try:
            config: Json = decode_sparse(self._node(resource), patch, unknown)
        except DecodeError as error:
            raise status.untyped(resource, namespace, name, str(error)) from None
        if unknown:
            problems = "\n".join(f".{path}: field not declared in schema" for path in unknown)
            raise status.untyped(resource, namespace, name, problems)
        meta: Json = config.setdefault("metadata", {})
        if meta.get("managedFields"):
            raise status.bad_request("metadata.managedFields must be nil")
        if meta.setdefault("name", name) != name:
            raise status.bad_request(
                f"the name of the object ({meta['name']}) does not match the name on the URL ({name})"
            )
        if namespace and meta.setdefault("namespace", namespace) != namespace:
            raise status.bad_request(NAMESPACE_MISMATCH)
        return config

    def delete(
        self,
        resource: str | Resource,
        name: str,
        namespace: str | None = None,
        *,
        propagation: Propagation | None = None,
        grace: int | None = None,
        uid: str | None = None,
        resource_version: str | None = None,
        dry_run: bool = False,
    ) -> Deleted:
        """Mark for deletion, or remove at once where nothing holds the object back.

        `grace` in seconds (0: at once, also for a Pod that is already terminating); `propagation` None means what the kind
        does by default. Raises NotFound, and Conflict where `uid` or `resource_version` are not the object's.
        """
        found = self._resource(resource)
        record = self.record(found, name, namespace)
        old = self.decode(found, record)
        meta: Json = old["metadata"]
        self._check_preconditions(found, meta, uid, resource_version)
        self._admit("DELETE", found, old, old)
        strategy = strategy_of(found)
        finalizers = _finalizers_for(meta.get("finalizers", []), propagation or strategy.propagation)
        seconds = strategy.grace(old, grace)
        held = bool(finalizers) or (found.storage == "namespaces" and bool(old.get("spec", {}).get("finalizers")))
        options = WriteOptions(dry_run=dry_run)
        if "deletionTimestamp" in meta:
            left = meta.get("deletionGracePeriodSeconds", 0)
            if grace is None or seconds >= left:
                if left or held:
                    return Deleted(old, gone=False)
            elif seconds or held:
                _mark(meta, seconds, since=meta["deletionTimestamp"], left=left)
                return Deleted(self._commit(found, old, record, options), gone=False)
            return Deleted(self._remove(found, old, record, dry_run), gone=True)
        if not seconds and not held:
            return Deleted(self._remove(found, old, record, dry_run), gone=True)
        _mark(meta, seconds)
        _set_finalizers(meta, finalizers)
        if found.storage == "namespaces":
            old.setdefault("status", {})["phase"] = "Terminating"
        if meta.get("generation"):
            meta["generation"] += 1
        return Deleted(self._commit(found, old, record, options), gone=False)

    # --- the steps of a write ---------------------------------------------------------------------------------------

    def _replace(self, resource: Resource, new: Json, old: Json, subresource: str, options: WriteOptions) -> Json:
        strategy = strategy_of(resource)
        new = self._typed(resource, new, options)
        meta, old_meta = new["metadata"], old["metadata"]
        name = old_meta["name"]
        revision = meta.get("resourceVersion", "")
        if revision not in ("", "0") and revision != old_meta["resourceVersion"]:
            raise status.modified(resource, name)
        if not revision and strategy.needs_revision:
            cause = status.bad_value("metadata.resourceVersion", 0, "must be specified for an update")
            raise status.invalid(resource, name, [cause])
        if meta.get("uid") and meta["uid"] != old_meta["uid"]:
            raise status.conflict(
                resource, name, f"Precondition failed: UID in precondition: {meta['uid']}, UID in object meta: {old_meta['uid']}"
            )  # fmt: skip
        for key in (
            "uid",
            "creationTimestamp",
            "deletionTimestamp",
            "deletionGracePeriodSeconds",
            "generation",
            "selfLink",
        ):
            _carry(key, meta, old_meta)
        if subresource:
            part = "spec" if subresource == "finalize" else "status"
            new = {**old, part: new.get(part, {})}
            kept: Json = {**old_meta, "managedFields": meta.get("managedFields", [])}
            if resource.custom is None:  # controllers of built-in kinds leave notes beside the status
                _carry("annotations", kept, meta)
            new["metadata"] = kept
        else:
            for part in _apart(resource):
                _carry(part, new, old)
        strategy.default(new)
        if not options.applied:
            self._own(resource, new, old, subresource, options)
        if not subresource:
            strategy.prepare_update(new, old)
            strategy.default(new)
        if strategy.generation and not subresource and _spec_changed(new, old):
            new["metadata"]["generation"] = old_meta.get("generation", 0) + 1
        self._admit("UPDATE", resource, new, old)
        causes = self._metadata_causes(resource, new["metadata"], old_meta)
        causes += strategy.validate(new) + strategy.validate_update(new, old)
        if resource.custom is not None:
            causes += custom.causes(schema_of(resource), new)
        if causes:
            raise status.invalid(resource, name, causes)
        record = self.store.get(resource.storage, old_meta.get("namespace", ""), name)
        new["metadata"]["resourceVersion"] = old_meta["resourceVersion"]
        if new == old:
            return old  # nothing to write: the resourceVersion stays and watchers are left in peace
        if _deletion_complete(new, resource):
            return self._remove(resource, new, record, options.dry_run)
        return self._commit(resource, new, record, options)

    def _node(self, resource: Resource) -> Node:
        return self.registry.node(resource.api_version, resource.kind)

    def _typed(self, resource: Resource, obj: Json, options: WriteOptions) -> Json:
        """`obj` as its Go type would read it, sharing nothing with it; complains of what the type does not know."""
        unknown: list[str] = []
        try:
            out: Json = decode(self._node(resource), obj, unknown)
        except DecodeError as error:
            raise self._unreadable(resource, obj, str(error), options) from None
        problems = [f'unknown field "{path}"' for path in unknown]
        problems += [f'duplicate field "{path}"' for path in options.duplicates]
        if problems and options.validation == "Strict":
            raise self._unreadable(resource, obj, "strict decoding error: " + ", ".join(problems), options)
        if options.validation == "Warn":
            options.warnings += problems
        if resource.custom is not None:
            custom.apply_defaults(schema_of(resource), out)
        return out

    def _unreadable(self, resource: Resource, obj: Json, why: str, options: WriteOptions) -> Invalid:
        """A body that is no such object is a bad request; a patch that makes none of one is invalid, and is shown."""
        if options.patch is None:
            return status.undecodable(resource, why)
        kind, patch = options.patch
        shown = status.go_map(patch) if kind == "strategic" else json.dumps(obj, separators=(",", ":"), sort_keys=True)
        return status.bad_patch(shown, why)

    def _own(self, resource: Resource, new: Json, old: Json, subresource: str, options: WriteOptions) -> None:
        """Note in managedFields who changed what."""
        node = self._node(resource)
        writer = Writer(options.field_manager, resource.api_version, subresource or options.subresource, now())
        live = old or new_object(node)
        entries = fields.record_update(node, live, new, writer, _untouched(resource, subresource))
        if entries:
            new["metadata"]["managedFields"] = entries
        else:
            new["metadata"].pop("managedFields", None)

    def _commit(self, resource: Resource, obj: Json, previous: Record | None, options: WriteOptions) -> Json:
        obj = dict[str, Any](kind=resource.kind, apiVersion=resource.api_version) | obj
        if options.dry_run:
            if previous is None:
                obj["metadata"].pop("resourceVersion", None)
            return obj
        self.store.put(self._encode(resource, obj))
        for hook in self.written:
            hook(resource, obj, False)
        return obj

    def _remove(self, resource: Resource, obj: Json, record: Record | None, dry_run: bool) -> Json:
        if not dry_run and record is not None:
            self.store.delete(self._encode(resource, obj))
            for hook in self.written:
                hook(resource, obj, True)
        return obj

    def _encode(self, resource: Resource, obj: Json) -> Record:
        revision = self.store.revision + 1
        meta: Json = obj["metadata"]
        meta["resourceVersion"] = str(revision)
        body = {key: value for key, value in obj.items() if key not in ("kind", "apiVersion")}
        if converts(resource):
            body = to_storage(resource, body)
        encoded = json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode()
        labels = dict(meta.get("labels") or {})
        return Record(resource.storage, meta.get("namespace", ""), meta["name"], revision, encoded, labels)

    def _admit(
        self, operation: Literal["CREATE", "UPDATE", "DELETE"], resource: Resource, obj: Json, old: Json | None
    ) -> None:
        for hook in self.admission:
            hook(operation, resource, obj, old)

    def _metadata_causes(self, resource: Resource, meta: Json, old: Json | None = None) -> Causes:
        return metadata_causes(meta, old, strategy_of(resource).check_name)

    def _namespace_of(self, resource: Resource, meta: Json, namespace: str | None) -> str:
        if not resource.namespaced:
            meta.pop("namespace", None)
            return ""
        namespace = namespace or meta.get("namespace") or "default"
        if meta.setdefault("namespace", namespace) != namespace:
            raise status.bad_request(NAMESPACE_MISMATCH)
        return namespace

    def _check_namespace(self, resource: Resource, namespace: str, name: str) -> None:
        if not resource.namespaced:
            return
        found = self.find("namespaces", namespace)
        if found is None:
            raise status.not_found(self.registry.named("namespaces"), namespace)
        if found["metadata"].get("deletionTimestamp"):
            why = f"unable to create new content in namespace {namespace} because it is being terminated"
            cause: Json = {
                "reason": "NamespaceTerminating",
                "message": f"namespace {namespace} is being terminated",
                "field": "metadata.namespace",
            }
            raise status.forbidden(resource, name, why, [cause])

    def _generate_name(self, resource: Resource, namespace: str, prefix: str) -> str:
        while True:
            suffix = "".join(_RANDOM.choices(_NAME_LETTERS, k=5))
            name = prefix[:58] + suffix
            if self.store.get(resource.storage, namespace, name) is None:
                return name

    def _check_preconditions(
        self, resource: Resource, meta: Json, uid: str | None, resource_version: str | None
    ) -> None:
        for word, wanted, found in (
            ("UID", uid, meta["uid"]),
            ("ResourceVersion", resource_version, meta["resourceVersion"]),
        ):
            if wanted and wanted != found:
                why = f"the {word} in the precondition ({wanted}) does not match the {word} in record ({found}). "
                why += "The object might have been deleted and then recreated"
                raise status.conflict(resource, meta["name"], why)

    def _resource(self, resource: str | Resource) -> Resource:
        return resource if isinstance(resource, Resource) else self.registry.named(resource)


def selected(change: Change, test: selectors.LabelTest | None) -> EventType | None:
    """How a watcher with a label selector sees a change: an object that starts to match is ADDED, one that stops DELETED."""
    if test is None:
        return change.type
    before = change.previous is not None and test(change.previous.labels)
    after = change.type != "DELETED" and test(change.record.labels)
    if after:
        return "MODIFIED" if before else "ADDED"
    return "DELETED" if before else None


def _untouched(resource: Resource, subresource: str) -> FieldSet:
    """The top-level fields that a write through this subresource cannot change."""
    if subresource == "status":
        return {"f:spec": {}, "f:metadata": {}} if resource.custom is not None else {"f:spec": {}}
    return {"f:status": {}} if "status" in resource.subresources else {}


def schema_of(resource: Resource) -> Json:
    """The schema of a custom resource's version; {} where it has none."""
    assert resource.custom is not None
    return resource.custom["version"].get("schema", {}).get("openAPIV3Schema") or {}


def _apart(resource: Resource) -> tuple[str, ...]:
    """What an update of the object itself cannot change, because a subresource is for that."""
    parts = ("status",) if "status" in resource.subresources else ()
    return (*parts, "spec") if "finalize" in resource.subresources else parts


def _carry(key: str, new: Json, old: Json) -> None:
    if key in old:
        new[key] = old[key]
    else:
        new.pop(key, None)


def _finalizers_for(finalizers: list[str], propagation: Propagation) -> list[str]:
    """The propagation policy is told to the garbage collector as a finalizer."""
    out = [name for name in finalizers if name not in ("orphan", "foregroundDeletion")]
    if propagation == "Orphan":
        return [*out, "orphan"]
    if propagation == "Foreground":
        return [*out, "foregroundDeletion"]
    return out


def _set_finalizers(meta: Json, finalizers: list[str]) -> None:
    if finalizers:
        meta["finalizers"] = finalizers
    else:
        meta.pop("finalizers", None)


def _mark(meta: Json, seconds: int, *, since: str = "", left: int = 0) -> None:
    """Set the deletion timestamp, which is when the grace ends; a shorter grace counts from the first mark."""
    start = datetime.now(UTC)
    if since:
        start = datetime.strptime(since, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC) - timedelta(seconds=left)
    meta["deletionTimestamp"] = (start + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")
    meta["deletionGracePeriodSeconds"] = seconds


def _spec_changed(new: Json, old: Json) -> bool:
    ignored = ("metadata", "status", "kind", "apiVersion")
    left = {key: value for key, value in new.items() if key not in ignored}
    return left != {key: value for key, value in old.items() if key not in ignored}


def _deletion_complete(obj: Json, resource: Resource) -> bool:
    meta = obj["metadata"]
    if not meta.get("deletionTimestamp") or meta.get("finalizers") or meta.get("deletionGracePeriodSeconds"):
        return False
    return resource.storage != "namespaces" or not obj.get("spec", {}).get("finalizers")
