"""The steps that create, change and delete a release's resources."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Literal

from steersman.errors import ApiError, ImmutableField, NoMatchingKind, NotFound
from steersman.kube import apply as applying
from steersman.kube.apply import ApplyOptions
from steersman.kube.interface import Object, ObjectRef, Propagation
from steersman.kube.ownership import existing, owned, ownership_problems
from steersman.kube.wait import wait_deleted
from steersman.lifecycle.events import ReleaseWarning, ResourceApplied, ResourceDeleted, ResourcePruned
from steersman.lifecycle.execution import Execution
from steersman.lifecycle.plan import Apply, CheckOwnership, Delete, InstallCrd, Prune, Resource
from steersman.lifecycle.policy import Action, Policy
from steersman.lifecycle.resources import kept
from steersman.release.record import ApplyMethod

CONCURRENT_READS = 16
_PROPAGATION: dict[str, Propagation] = {"background": "Background", "foreground": "Foreground", "orphan": "Orphan"}


async def check_ownership(step: CheckOwnership, execution: Execution) -> None:
    """Raises OwnershipError."""
    plan = execution.plan
    if plan.action is Action.ROLLBACK:
        return  # what a rollback brings back was this release's before; Helm does not ask either
    slots = asyncio.Semaphore(CONCURRENT_READS)

    async def look(resource: Resource) -> Object | None:
        async with slots:
            try:
                return await existing(
                    execution.kube,
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


async def apply(step: Apply, execution: Execution) -> None:
    """Raises FieldConflict, ImmutableField and other ApiErrors."""
    release = execution.plan.release
    target = owned(placed(step.resource), release.name, release.namespace)
    options = execution.apply_options
    change: Literal["created", "configured", "unchanged", "replaced"]
    if step.previous is None and str(step.resource.ref) not in execution.adopted:
        live = await _create(target, options, execution)
        change = "created"
    else:
        try:
            done = await applying.update(
                execution.kube, step.previous, target, options, hand_over=_hands_over(execution)
            )
            change = "configured" if done.action == "applied" else done.action
            live = done.object
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
        message = f"failed to create resource: {error}"
        raise type(error)(
            message, code=error.code, reason=error.reason, details=error.details, hint=error.hint
        ) from error


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
    if reason == "resource policy":
        execution.kept.append(str(ref))
    if not reason:
        try:
            await execution.kube.delete(ref, propagation=_PROPAGATION[execution.plan.options.cascade])
        except NotFound:
            reason = "already gone"
    execution.emit(ResourceDeleted(step=step.id, ref=ref, kept=reason))


async def install_crd(step: InstallCrd, execution: Execution) -> None:
    """Create what is not there; never change what is (Helm's rule for crds/)."""
    for resource in step.resources:
        try:
            await execution.kube.get(resource.ref)
            continue
        except NotFound:
            await applying.create(execution.kube, placed(resource), execution.apply_options)
        execution.emit(ResourceApplied(step=step.id, ref=resource.ref, change="created"))


def placed(resource: Resource) -> Object:
    """The object with the namespace that it goes to."""
    if resource.ref.namespace is None:
        return resource.object
    metadata = {**(resource.object.get("metadata") or {}), "namespace": resource.ref.namespace}
    return {**resource.object, "metadata": metadata}


async def _why_kept(resource: Resource, execution: Execution) -> str:
    """Why a live object is not to be deleted, or "". It is asked itself: its marks may have been changed since."""
    try:
        live = await execution.kube.get(resource.ref)
    except (NotFound, NoMatchingKind):
        return "already gone"
    if kept(live):
        return "resource policy"
    release = execution.plan.release
    if ownership_problems(live, release.name, release.namespace):
        execution.emit(ReleaseWarning(message=f"{resource.ref} is left alone: it is not marked as this release's"))
        return "not this release's"
    return ""


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
