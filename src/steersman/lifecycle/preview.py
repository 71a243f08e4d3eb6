"""What a plan would change, resource by resource: the cluster is asked by dry runs, nothing is written."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Literal

from steersman.errors import ApiError, KubernetesError, NoMatchingKind, NotFound
from steersman.kube import apply as applying
from steersman.kube.apply import ApplyOptions
from steersman.kube.interface import Kubernetes, Object, ObjectRef
from steersman.kube.ownership import owned
from steersman.lifecycle.consequences import Consequence, consequences
from steersman.lifecycle.plan import Apply, Delete, InstallCrd, Plan, Prune, Resource, RunHook
from steersman.lifecycle.resource_steps import CRD_UPDATE, placed
from steersman.lifecycle.resources import KEPT, kept
from steersman.lifecycle.runs import HookRun
from steersman.manifest.diff import text_diff
from steersman.record import record, replace
from steersman.release.record import ApplyMethod, Release

CONCURRENT_DRY_RUNS = 16

Verb = Literal["create", "change", "none", "delete", "keep"]


@record(frozen=True, slots=True)
class ResourceChange:
    """What one step would do. `diff` is unified YAML, Secrets masked; `note` the server's objection, or why it is kept."""

    step: str
    ref: ObjectRef
    verb: Verb
    diff: str = ""
    note: str = ""


@record(frozen=True, slots=True)
class Preview:
    """A plan with what it would change, and what a failure in each of its phases would lead to."""

    plan: Plan
    changes: tuple[ResourceChange, ...]
    consequences: tuple[Consequence, ...]

    @property
    def changes_anything(self) -> bool:
        return any(change.verb in ("create", "change", "delete") for change in self.changes)


async def preview(kube: Kubernetes, plan: Plan, previous: Release | None = None) -> Preview:
    """Ask the cluster what each step of a plan would do; `previous` is the revision that is deployed now.

    Raises ClusterUnreachable, Unauthorized.
    """
    slots = asyncio.Semaphore(CONCURRENT_DRY_RUNS)

    async def look(step: Apply | Prune | Delete) -> ResourceChange:
        async with slots:
            return await (_applied(kube, plan, step) if isinstance(step, Apply) else _removed(kube, step))

    async def look_at_crd(step: InstallCrd, resource: Resource) -> ResourceChange:
        async with slots:
            return await _crd(kube, step, resource)

    steps = [step for step in plan.steps if isinstance(step, Apply | Prune | Delete)]
    crds = [(step, resource) for step in plan.steps if isinstance(step, InstallCrd) for resource in step.resources]
    changes = await asyncio.gather(*(look_at_crd(*each) for each in crds), *(look(step) for step in steps))
    return Preview(plan, tuple(changes), consequences(plan, previous))


async def live_object(kube: Kubernetes, ref: ObjectRef) -> Object | None:
    try:
        return await kube.get(ref)
    except (NotFound, NoMatchingKind):
        return None


async def _applied(kube: Kubernetes, plan: Plan, step: Apply) -> ResourceChange:
    ref = step.resource.ref
    target = owned(placed(step.resource), plan.release.name, plan.release.namespace)
    live = await live_object(kube, ref)
    if live is None:
        return ResourceChange(step.id, ref, "create", text_diff(None, target))
    options = ApplyOptions(
        server_side=plan.release.apply_method != ApplyMethod.CSA,
        force_conflicts=plan.options.force_conflicts,
        force_replace=plan.options.force_replace,
        dry_run=True,
    )
    try:
        after = (await applying.update(kube, step.previous, target, options)).object
    except (ApiError, KubernetesError) as error:
        return ResourceChange(step.id, ref, "change", text_diff(live, target, ignore_server_fields=True), str(error))
    diff = text_diff(live, after, ignore_server_fields=True)
    return ResourceChange(step.id, ref, "change" if diff else "none", diff)


async def _crd(kube: Kubernetes, step: InstallCrd, resource: Resource) -> ResourceChange:
    ref, target = resource.ref, placed(resource)
    live = await live_object(kube, ref)
    if live is None:
        return ResourceChange(step.id, ref, "create")
    if not step.update:
        return ResourceChange(
            step.id, ref, "none", note="it is there already, and CRDs are not updated without --upgrade-crds"
        )
    try:
        after = (await applying.update(kube, None, target, replace(CRD_UPDATE, dry_run=True))).object
    except (ApiError, KubernetesError) as error:
        return ResourceChange(step.id, ref, "change", text_diff(live, target, ignore_server_fields=True), str(error))
    diff = text_diff(live, after, ignore_server_fields=True)
    return ResourceChange(step.id, ref, "change" if diff else "none", diff)


async def _removed(kube: Kubernetes, step: Prune | Delete) -> ResourceChange:
    ref = step.resource.ref
    live = await live_object(kube, ref)
    if live is None:
        return ResourceChange(step.id, ref, "none", note="already gone")
    if kept(live) or (isinstance(step, Delete) and step.kept):
        return ResourceChange(step.id, ref, "keep", note=KEPT)
    return ResourceChange(step.id, ref, "delete")


def expected_seconds(plan: Plan, runs: list[HookRun]) -> dict[str, float]:
    """By step id, how long a hook took when it last succeeded."""
    last = {(run.event, run.kind, run.hook): run for run in runs if run.result == "Succeeded" and run.ended}
    expected = {}
    for step in plan.steps:
        if isinstance(step, RunHook):
            run = last.get((str(step.hook.event), step.hook.hook.kind, step.hook.hook.name))
            if run is not None:
                expected[step.id] = (_moment(run.ended) - _moment(run.started)).total_seconds()
    return expected


def _moment(time: str) -> datetime:
    """A record's time to the microsecond, which is as far as datetime goes."""
    return datetime.fromisoformat(f"{time[:19]}{time[19:26].rstrip('Z')}")
