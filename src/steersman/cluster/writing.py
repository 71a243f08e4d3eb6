"""The steps that every write takes, as Kubernetes' generic registry has them: type, defaults, ownership, admission, validation,
and then the store."""

from __future__ import annotations

import json
import uuid
from typing import Any

from steersman.cluster import status
from steersman.cluster.cel import rules
from steersman.cluster.committing import Committing
from steersman.cluster.fields import managed as fields
from steersman.cluster.fields.managed import Writer
from steersman.cluster.fields.typed import TypedError
from steersman.cluster.kinds.catalog import strategy_of
from steersman.cluster.kinds.metadata import metadata_causes
from steersman.cluster.kinds.pods import EPHEMERAL, added_ephemeral
from steersman.cluster.options import NAMESPACE_MISMATCH, Operation, PatchKind, WriteOptions, now, random_suffix
from steersman.cluster.parts import SERVERS_OWN, allowed_part, carry, deletion_complete, spec_changed, untouched
from steersman.cluster.patch.json_patch import json_patch
from steersman.cluster.patch.merge import merge_patch
from steersman.cluster.patch.strategic import strategic_merge_patch
from steersman.cluster.resources import Resource
from steersman.cluster.schema import custom
from steersman.cluster.schema.decode import DecodeError, decode, decode_sparse, new_object
from steersman.cluster.schema.model import Node
from steersman.errors import ApiError, Invalid

Json = dict[str, Any]
Causes = list[status.Cause]


class Writing(Committing):
    """Creating, updating and patching, with all that a request may say about how."""

    def create_object(self, resource: Resource, obj: Json, namespace: str | None, options: WriteOptions) -> Json:
        """As `Objects.create`. Fields that the server fills in after the defaults are owned by nobody."""
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
        self._admit("CREATE", resource, obj, None, options)
        meta = obj["metadata"]
        self._check("CREATE", resource, obj, None, options, "")
        causes = self._metadata_causes(resource, meta) + strategy.validate(obj) + strategy.validate_create(obj)
        if resource.custom is not None:
            causes += _custom_causes(resource, obj, None)
        if causes:
            raise status.invalid(resource, meta.get("name", ""), causes)
        if self.reviewer is not None:
            self.reviewer.review("validating", "CREATE", resource, obj, None, options)
        self._check_namespace(resource, namespace, meta["name"])
        if (there := self.find(resource, meta["name"], namespace)) is not None:
            raise status.already_exists(resource, meta["name"], going=bool(there["metadata"].get("deletionTimestamp")))
        return self._commit(resource, obj, None, options)

    def update_object(self, resource: Resource, obj: Json, subresource: str, options: WriteOptions) -> Json:
        """As `Objects.update`; with a subresource (`status`, `finalize`), only that part. Raises NotFound too."""
        meta = obj.get("metadata") or {}
        record = self.record(resource, meta.get("name", ""), meta.get("namespace"))
        old = self.decode(resource, record)
        return self._replace(resource, obj, old, subresource, options)

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
        self._check_identity(resource, new, name, namespace, options)
        return self._replace(resource, new, old, subresource, options)

    def _check_identity(
        self, resource: Resource, new: Json, name: str, namespace: str | None, options: WriteOptions
    ) -> None:
        """A patch cannot make another object of one. Raises Invalid."""
        kind, version = new.get("kind"), new.get("apiVersion")
        if (version, kind) != (resource.api_version, resource.kind):
            why = f'no kind "{kind}" is registered for version "{version}"'
            raise self._unreadable(resource, new, why, options)
        meta = new.get("metadata")
        if not isinstance(meta, dict):
            return  # what its type says of that is told with all else
        if meta.get("name") != name:
            raise status.bad_request(
                f"the name of the object ({meta.get('name') or ''}) does not match the name on the URL ({name})"
            )
        if namespace and meta.get("namespace") != namespace:
            found = meta.get("namespace") or ""
            raise status.bad_request(
                f"the namespace of the object ({found}) does not match the namespace on the URL ({namespace})"
            )

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
                node, live, config, writer, force=options.force, ignored=untouched(resource, subresource)
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
        group_version, kind = patch.get("apiVersion"), patch.get("kind")
        if group_version not in (None, resource.api_version):
            words = "Incorrect version specified in apply patch. Specified patch version: {}, expected: {}"
            raise status.bad_request(words.format(group_version, resource.api_version))
        if kind not in (None, resource.kind):
            why = f"expected objects of the same type, but got {resource.kind} and {kind}"
            raise ApiError(f"failed to merge config: {why}", code=500, reason="InternalError")
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

    def _replace(self, resource: Resource, new: Json, old: Json, subresource: str, options: WriteOptions) -> Json:
        """Store `new` in the place of `old`, as far as the subresource allows; removes the object when it was only waiting
        for its last finalizer to go."""
        strategy = strategy_of(resource)
        new = self._typed(resource, new, options)
        self._check_basis(resource, new["metadata"], old["metadata"], options)
        for key in SERVERS_OWN:
            carry(key, new["metadata"], old["metadata"])
        new = allowed_part(resource, new, old, subresource)
        strategy.default(new)
        if not options.applied:
            self._own(resource, new, old, subresource, options)
        if not subresource:
            strategy.prepare_update(new, old)
            strategy.default(new)
        if (
            strategy.generation
            and subresource in ("", EPHEMERAL)
            and spec_changed(new, old, annotations=strategy.annotated_generation)
        ):
            new["metadata"]["generation"] = old["metadata"].get("generation", 0) + 1
        self._admit("UPDATE", resource, new, old, options, subresource)
        self._check("UPDATE", resource, new, old, options, subresource)
        causes = self._metadata_causes(resource, new["metadata"], old["metadata"])
        causes += strategy.validate(new)
        causes += added_ephemeral(new, old) if subresource == EPHEMERAL else strategy.validate_update(new, old)
        if resource.custom is not None:
            causes += _custom_causes(resource, new, old)
        name = old["metadata"]["name"]
        if causes:
            raise status.invalid(resource, name, causes)
        if self.reviewer is not None:
            self.reviewer.review("validating", "UPDATE", resource, new, old, options, subresource)
        new["metadata"]["resourceVersion"] = old["metadata"]["resourceVersion"]
        if new == old:
            return old  # nothing to write: the resourceVersion stays and watchers are left in peace
        record = self.store.get(resource.storage, old["metadata"].get("namespace", ""), name)
        if deletion_complete(new, resource):
            return self._remove(resource, new, record, options.dry_run)
        return self._commit(resource, new, record, options)

    def _check_basis(self, resource: Resource, meta: Json, old: Json, options: WriteOptions) -> None:
        """An update has to be based on the object as it is now. Raises Conflict, or Invalid where it does not say."""
        revision = meta.get("resourceVersion", "")
        if revision not in ("", "0") and revision != old["resourceVersion"]:
            raise status.modified(resource, old["name"])
        if not revision and strategy_of(resource).needs_revision:
            cause = status.bad_value("metadata.resourceVersion", 0, "must be specified for an update")
            raise status.invalid(resource, old["name"], [cause])
        if meta.get("uid") and meta["uid"] != old["uid"]:
            if options.applied or options.patch is not None:
                cause = status.bad_value("metadata.uid", meta["uid"], "field is immutable")
                raise status.invalid(resource, old["name"], [cause])
            why = f"Precondition failed: UID in precondition: {meta['uid']}, UID in object meta: {old['uid']}"
            raise status.conflict(resource, old["name"], why)

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
        entries = fields.record_update(node, live, new, writer, untouched(resource, subresource))
        if entries:
            new["metadata"]["managedFields"] = entries
        else:
            new["metadata"].pop("managedFields", None)

    def _admit(
        self,
        operation: Operation,
        resource: Resource,
        obj: Json,
        old: Json | None,
        options: WriteOptions,
        subresource: str = "",
    ) -> None:
        """The admission hooks, then webhooks that may change the object. What they made of it before is taken up again."""
        reviewer = self.reviewer
        if reviewer is not None and reviewer.resume(operation, resource, obj, old, options, subresource):
            strategy_of(resource).default(obj)
            return
        for hook in self.admission:
            hook(operation, resource, obj, old)
        if reviewer is not None:
            reviewer.review("mutating", operation, resource, obj, old, options, subresource)

    def _check(
        self,
        operation: Operation,
        resource: Resource,
        obj: Json,
        old: Json | None,
        options: WriteOptions,
        subresource: str,
    ) -> None:
        for check in self.checks:
            check(operation, resource, obj, old, options, subresource)

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
            name = prefix[:58] + random_suffix()
            if self.store.get(resource.storage, namespace, name) is None:
                return name


def schema_of(resource: Resource) -> Json:
    """The schema of a custom resource's version; {} where it has none."""
    assert resource.custom is not None
    return resource.custom["version"].get("schema", {}).get("openAPIV3Schema") or {}


def _custom_causes(resource: Resource, obj: Json, old: Json | None) -> Causes:
    schema = schema_of(resource)
    causes = custom.causes(schema, obj)
    if resource.custom is not None and resource.custom["rules"]:
        causes += rules.rule_causes(schema, obj, old, causes)
    return causes
