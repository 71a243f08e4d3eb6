"""Steps that several actions share."""

from __future__ import annotations

from collections.abc import Iterable

from steersman.errors import UsageError
from steersman.lifecycle.hooks import hook_groups, hook_labels, planned_hooks
from steersman.lifecycle.plan import (
    Apply,
    CheckOwnership,
    InstallCrd,
    Options,
    Prune,
    RecordRevision,
    RemoveRecords,
    Resource,
    RunHook,
    Step,
    WaitReady,
)
from steersman.lifecycle.policy import Action, Policy, default_wait
from steersman.lifecycle.resources import (
    identity,
    in_install_order,
    in_uninstall_order,
    kept,
    missing,
    resources_of,
)
from steersman.lifecycle.situation import Situation
from steersman.manifest.hooks import HookEvent
from steersman.record import record
from steersman.release.record import ApplyMethod, Release, Status
from steersman.release.storage import beyond_history_max

Groups = list[tuple[Step, ...]]


@record(frozen=True, slots=True)
class Wanted:
    """What an install or upgrade is to bring about. `crds` are the files of `crds/`: (path, text).

    `dropped` are the manifests that Helm would drop in silence, because their hook annotation names an unknown event: (path,
    text); policy `rollback` refuses them.
    """

    release: Release
    crds: tuple[tuple[str, str], ...] = ()
    dropped: tuple[tuple[str, str], ...] = ()


def record_new(situation: Situation, release: Release, status: Status, description: str, options: Options) -> Groups:
    """Drop what `--history-max` no longer allows, then write the new revision."""
    surplus = beyond_history_max(situation.history, options.history_max)
    drop: Groups = [(RemoveRecords(versions=surplus, reason="history-max"),)] if surplus else []
    return [*drop, (RecordRevision(release=release, status=status, description=description, create=True),)]


def hooks_of(release: Release, event: HookEvent, situation: Situation, policy: Policy, options: Options) -> Groups:
    if options.no_hooks:
        return []
    hooks = planned_hooks(release, event, policy, options, situation.cluster_scoped)
    return hook_groups(hooks, policy, hook_labels(release, policy))


def changes(before: Iterable[Resource], after: Iterable[Resource]) -> Groups:
    """From one set of resources to another: create and change by kind in install order, then prune in uninstall order."""
    old, new = tuple(before), tuple(after)
    previous = {identity(resource.ref): resource.object for resource in old}
    groups: Groups = [
        tuple(Apply(resource=resource, previous=previous.get(identity(resource.ref))) for resource in group)
        for group in in_install_order(new)
    ]
    gone = [resource for resource in missing(old, new) if not kept(resource.object)]
    return groups + [tuple(Prune(resource=resource) for resource in group) for group in in_uninstall_order(gone)]


def ownership(before: Iterable[Resource], after: Iterable[Resource]) -> Groups:
    """Look at what the action would create before it touches anything."""
    old = {identity(resource.ref) for resource in before}
    new = tuple(resource for resource in after if identity(resource.ref) not in old)
    return [(CheckOwnership(resources=new),)] if new else []


def succession(old: Iterable[Release], new: RecordRevision, policy: Policy) -> Groups:
    """The new revision is deployed, the old ones are superseded.

    Helm writes it in the other order, and a process that dies in between leaves no deployed revision at all.
    """
    superseded: Groups = [(RecordRevision(release=release, status=Status.SUPERSEDED),) for release in old]
    return [*superseded, (new,)] if policy is Policy.HELM else [(new,), *superseded]


def crds(wanted: Wanted, situation: Situation, options: Options) -> Groups:
    """A step for each file of `crds/`."""
    if options.skip_crds:
        return []
    return [
        (
            InstallCrd(
                path=path,
                resources=resources_of(text, situation.namespace, situation.cluster_scoped, path=path),
                update=options.upgrade_crds,
            ),
        )
        for path, text in wanted.crds
    ]


def closing(action: Action, release: Release, situation: Situation, policy: Policy, options: Options) -> Groups:
    """The records that end an install, upgrade or rollback well."""
    if action is Action.INSTALL:
        return [(_deployed(release, options.description or "Install complete"),)]
    if action is Action.UPGRADE:
        return succession([situation.upgraded()], _deployed(release, options.description or "Upgrade complete"), policy)
    old = [stored.release() for stored in situation.history if stored.status is Status.DEPLOYED]
    return succession(old, _deployed(release, None), policy)


def _deployed(release: Release, description: str | None) -> RecordRevision:
    return RecordRevision(release=release, status=Status.DEPLOYED, description=description)


def apply_method(options: Options, before: Release) -> str:
    """Helm's `--server-side=auto`: as the revision before was applied (none said: client-side)."""
    if options.server_side is None:
        return before.apply_method or str(ApplyMethod.CSA)
    return str(ApplyMethod.SSA if options.server_side else ApplyMethod.CSA)


def require_applicable(options: Options, release: Release, action: Action) -> None:
    """Raises UsageError, in Helm's words: there are no conflicts to force where nobody owns fields."""
    if options.force_conflicts and action is not Action.INSTALL and release.apply_method != ApplyMethod.SSA:
        raise UsageError(
            "invalid client update option(s): forceConflicts enabled when serverSideApply disabled",
            hint="the release was applied client-side; --server-side=true applies it server-side from now on",
        )


def wait_strategy(policy: Policy, options: Options) -> str:
    return options.wait or default_wait(policy)


def waits(resources: tuple[Resource, ...], post_hooks: Groups, policy: Policy, options: Options) -> Groups:
    """Wait for the resources, run the post hooks, and require what was put off because a hook had to run first."""
    if wait_strategy(policy, options) == "hookOnly" or not resources:
        return post_hooks
    patient = policy is Policy.ROLLBACK and any(isinstance(step, RunHook) for group in post_hooks for step in group)
    first = WaitReady(resources=resources, patience=options.hook_patience if patient else None)
    second: Groups = [(WaitReady(resources=resources, after_hooks=True),)] if patient else []
    return [(first,), *post_hooks, *second]


def live_resources(current: Release | None, situation: Situation, policy: Policy) -> tuple[Resource, ...]:
    """What may be there of the release: `current`'s resources, and what failed attempts may have left beside them.

    Helm only looks at the current revision, and forgets the rest.
    """
    found = manifest_resources(current, situation)
    if policy is Policy.HELM:
        return found
    for release in situation.possibly_live:
        if current is None or release.version != current.version:
            found += missing(manifest_resources(release, situation), found)
    return found


def manifest_resources(release: Release | None, situation: Situation) -> tuple[Resource, ...]:
    return () if release is None else resources_of(release.manifest, situation.namespace, situation.cluster_scoped)
