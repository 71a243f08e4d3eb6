"""The steps that create, change and delete a release's resources."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress

from steersman.errors import ApiError, ImmutableField, NoMatchingKind, NotFound
from steersman.kube import apply as applying
from steersman.kube.apply import ApplyOptions
from steersman.kube.interface import Kubernetes, Object, ObjectRef, Propagation
from steersman.kube.moment import done_since
from steersman.kube.ownership import MANAGED_BY, existing, owned, ownership_problems
from steersman.kube.wait import wait_deleted
from steersman.lazy import TYPE_CHECKING
from steersman.lifecycle.common import require_applicable
from steersman.lifecycle.events import ReleaseWarning, ResourceApplied, ResourceDeleted, ResourcePruned
from steersman.lifecycle.execution import Execution
from steersman.lifecycle.plan import Apply, CheckOwnership, Delete, InstallCrd, Prune, Resource
from steersman.lifecycle.policy import Action, Policy
from steersman.lifecycle.resources import KEPT, kept
from steersman.record import field, record
from steersman.release.record import ApplyMethod

if TYPE_CHECKING:
    from typing import Any, Literal

CONCURRENT_READS = 16
# From so many objects of a kind on, one list costs less than a question for each.
MANY = 10
# The same, where the list is of all objects of the kind, whosever they are.
VERY_MANY = 100
# Whoever had a CRD's fields, an older tool or `kubectl apply`: the chart is to say what they are from now on.
CRD_UPDATE = ApplyOptions(server_side=True, force_conflicts=True)
NOT_CREATED = "failed to create resource: "
Scope = tuple[str, str, str | None]
_PROPAGATION: dict[str, Propagation] = {"background": "Background", "foreground": "Foreground", "orphan": "Orphan"}


async def check_ownership(step: CheckOwnership, execution: Execution) -> None:
    """Raises OwnershipError."""
    plan = execution.plan
    if plan.action is Action.ROLLBACK:
        return  # what a rollback brings back was this release's before; Helm does not ask either
    slots = asyncio.Semaphore(CONCURRENT_READS)
    reader: Any = await _Listed.of(step.resources, execution)  # which can do what `existing` asks for

    async def look(resource: Resource) -> Object | None:
        async with slots:
            try:
                return await existing(
                    reader,
                    resource.ref,
                    release=plan.release.name,
                    namespace=plan.release.namespace,
                    action="install" if plan.action is Action.INSTALL else "update",
                    take_ownership=plan.options.take_ownership,
                )
            except NoMatchingKind:
                return None  # its CRD comes with this release

    found = await asyncio.gather(*(look(resource) for resource in step.resources))
    execution.adopted |= {str(step.resources[index].ref) for index, live in enumerate(found) if live is not None}


@record(slots=True)
class _Listed:
    """Answers what is there from one list for each kind of which there is very much to ask, and else asks the server."""

    kube: Kubernetes
    objects: dict[Scope, dict[str, Object]] = field(default_factory=dict)

    @classmethod
    async def of(cls, resources: Iterable[Resource], execution: Execution) -> _Listed:
        listed = cls(execution.kube)
        for scope, count in Counter(map(_scope, resources)).items():
            if count >= VERY_MANY:
                with suppress(ApiError, NoMatchingKind):  # then each is asked for by itself
                    found = await execution.kube.list(scope[0], scope[1], namespace=scope[2])
                    listed.objects[scope] = {item["metadata"]["name"]: item for item in found.items}
        return listed

    async def get(self, ref: ObjectRef) -> Object:
        known = self.objects.get((ref.api_version, ref.kind, ref.namespace))
        if known is None:
            return await self.kube.get(ref)
        if ref.name not in known:
            raise NotFound(f'{ref.kind} "{ref.name}" not found', code=404, reason="NotFound")
        return known[ref.name]


def _scope(resource: Resource) -> Scope:
    return resource.ref.api_version, resource.ref.kind, resource.ref.namespace


async def apply(step: Apply, execution: Execution) -> None:
    """Raises FieldConflict, ImmutableField and other ApiErrors; UsageError for options that exclude each other."""
    release = execution.plan.release
    if execution.policy is Policy.HELM and not execution.remedial:
        require_applicable(execution.plan.options, release, execution.plan.action)
    target = owned(placed(step.resource), release.name, release.namespace)
    options = execution.apply_options
    change: Literal["created", "configured", "unchanged", "replaced"]
    if step.previous is None and str(step.resource.ref) not in execution.adopted:
        live = await _create(target, options, execution)
        change = "created"
    else:
        try:
            done = await _update(step, target, options, execution)
            live = done.object
            if done.action == "applied":
                change = done_since(execution.began, live, options.field_manager)
            else:
                change = done.action
        except ImmutableField:
            if not execution.plan.options.recreate_immutable:
                raise
            live = await applying.recreate(execution.kube, target, options, until_gone=_until_gone(execution))
            change = "replaced"
    execution.written[str(step.resource.ref)] = live
    execution.emit(ResourceApplied(step=step.id, ref=step.resource.ref, change=change))


async def _create(target: Object, options: ApplyOptions, execution: Execution) -> Object:
    try:
        return await applying.create(execution.kube, target, options)
    except ApiError as error:
        if execution.plan.action is Action.INSTALL or execution.policy is Policy.ROLLBACK:
            raise
        raise _not_created(error) from error


async def _update(step: Apply, target: Object, options: ApplyOptions, execution: Execution) -> applying.Applied:
    try:
        return await applying.update(execution.kube, step.previous, target, options, hand_over=_hands_over(execution))
    except ApiError as error:
        if execution.policy is Policy.HELM and not isinstance(error, ImmutableField):
            try:
                await execution.kube.get(step.resource.ref)
            except NotFound:  # the revision before named it, but it was never there
                raise _not_created(error) from error
        raise


def _not_created(error: ApiError) -> ApiError:
    """In Helm's words."""
    return type(error)(
        f"{NOT_CREATED}{error}",
        code=error.code,
        reason=error.reason,
        details=error.details,
        hint=error.hint,
    )


async def prune(step: Prune, execution: Execution) -> None:
    reason = await _why_kept(step.resource, execution)
    if not reason:
        try:
            await execution.kube.delete(step.resource.ref)
        except NotFound:
            reason = "already gone"
    execution.emit(ResourcePruned(step=step.id, ref=step.resource.ref, kept=reason))


async def delete(step: Delete, execution: Execution) -> None:
    ref = step.resource.ref
    reason = step.kept or await _why_kept(step.resource, execution)
    if not reason:
        try:
            if not await execution.kube.delete(ref, propagation=_PROPAGATION[execution.plan.options.cascade]):
                execution.ending.add(str(ref))
        except NotFound:
            reason = "already gone"
    execution.emit(ResourceDeleted(step=step.id, ref=ref, kept=reason))


async def install_crd(step: InstallCrd, execution: Execution) -> None:
    """Create what is not there; change what is only where the step says so."""
    for resource in step.resources:
        try:
            live = await execution.kube.get(resource.ref)
        except NotFound:
            await applying.create(execution.kube, placed(resource), execution.apply_options)
            execution.emit(ResourceApplied(step=step.id, ref=resource.ref, change="created"))
            continue
        if step.update:
            done = await applying.update(execution.kube, None, placed(resource), CRD_UPDATE)
            same = _declared(done.object) == _declared(live)
            execution.emit(
                ResourceApplied(step=step.id, ref=resource.ref, change="unchanged" if same else "configured")
            )


def _declared(obj: Object) -> tuple[object, ...]:
    metadata = obj["metadata"]
    return obj.get("spec"), metadata.get("labels"), metadata.get("annotations")


def placed(resource: Resource) -> Object:
    """The object with the namespace that it goes to."""
    if resource.ref.namespace is None:
        return resource.object
    metadata = {**(resource.object.get("metadata") or {}), "namespace": resource.ref.namespace}
    return {**resource.object, "metadata": metadata}


async def _why_kept(resource: Resource, execution: Execution) -> str:
    """Why a live object is not to be deleted, or "". It is asked itself: its marks may have been changed since."""
    live = await _live(resource, execution)
    if live is None:
        return "already gone"
    if kept(live):
        return KEPT
    release = execution.plan.release
    if ownership_problems(live, release.name, release.namespace):
        execution.emit(ReleaseWarning(message=f"{resource.ref} is left alone: it is not marked as this release's"))
        return "not this release's"
    return ""


async def _live(resource: Resource, execution: Execution) -> Object | None:
    """The live object (at least its metadata). Where many of a kind are deleted, they are asked for with one list."""
    ref = resource.ref
    found = execution.marked.get((ref.api_version, ref.kind, ref.namespace))
    if found is not None and ref.name in found:
        return found[ref.name]
    try:
        return await execution.kube.get(ref)
    except (NotFound, NoMatchingKind):
        return None


async def look_at_marks(resources: Iterable[Resource], execution: Execution) -> None:
    """Before a group of deletions: read the marks of all the release's objects of the kinds of which there are many."""
    for (api_version, kind, namespace), count in Counter(map(_scope, resources)).items():
        if count < MANY:
            continue
        with suppress(ApiError, NoMatchingKind):  # then each is asked by itself
            listed = await execution.kube.list(
                api_version, kind, namespace=namespace, label_selector=f"{MANAGED_BY}=Helm"
            )
            execution.marked[api_version, kind, namespace] = {
                item["metadata"]["name"]: {"metadata": item["metadata"]} for item in listed.items
            }


def _hands_over(execution: Execution) -> bool:
    """The revision before was applied client-side, this one is server-side."""
    current = execution.plan.current
    return (
        current is not None
        and current.apply_method != ApplyMethod.SSA
        and execution.plan.release.apply_method == ApplyMethod.SSA
    )


def _until_gone(execution: Execution) -> Callable[[ObjectRef, str], Awaitable[None]]:
    async def wait(ref: ObjectRef, uid: str) -> None:
        await wait_deleted(execution.watches, [identified(ref, uid)], timeout=execution.plan.options.timeout)

    return wait


def identified(ref: ObjectRef, uid: str = "") -> Object:
    """As much of an object as a wait for its deletion needs."""
    metadata = {
        "name": ref.name,
        **({"namespace": ref.namespace} if ref.namespace else {}),
        **({"uid": uid} if uid else {}),
    }
    return {"apiVersion": ref.api_version, "kind": ref.kind, "metadata": metadata}
