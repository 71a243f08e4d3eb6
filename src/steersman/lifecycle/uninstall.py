"""uninstall: `uninstalling` → pre-delete hooks → delete in reverse order → wait → post-delete hooks → the record is removed
(`--keep-history`: `uninstalled`). The hooks are those of the newest revision."""

from __future__ import annotations

from steersman.errors import UsageError
from steersman.lifecycle.common import Groups, hooks_of, live_resources, wait_strategy
from steersman.lifecycle.hooks import LEFTOVER, planned_hooks
from steersman.lifecycle.plan import (
    AwaitDeletion,
    Delete,
    DeleteHook,
    Options,
    Plan,
    RecordRevision,
    RemoveRecords,
    Resource,
)
from steersman.lifecycle.policy import Action, Phase, Policy
from steersman.lifecycle.resources import KEPT, identity, in_uninstall_order, kept
from steersman.lifecycle.situation import Situation
from steersman.manifest.hooks import HookEvent
from steersman.record import replace
from steersman.release.record import Release, Status

UNDERWAY = "Deletion in progress (or silently failed)"
COMPLETE = "Uninstallation complete"


def plan_uninstall(situation: Situation, policy: Policy, options: Options) -> Plan:
    """The steps of an uninstall. A release that was uninstalled before (`--keep-history`) only loses its records.

    Raises ReleaseNotFound, UsageError, YamlError; under `rollback` ReleasePending.
    """
    release = situation.existing()
    if policy is Policy.ROLLBACK:
        situation.require_idle()
    all_records = RemoveRecords(versions=tuple(stored.version for stored in situation.history), reason="uninstall")
    if release.status is Status.UNINSTALLED:
        if options.keep_history:
            raise UsageError(f'the release named "{release.name}" is already deleted')
        return _plan(release, policy, options, [(all_records,)])
    resources = live_resources(release, situation, policy)
    finish = RecordRevision(release=release, status=Status.UNINSTALLED, description=options.description or COMPLETE)
    groups: Groups = [
        *_underway(release, hooks_of(release, HookEvent.PRE_DELETE, situation, policy, options), policy),
        *deletions(resources),
        *_await_deletion(resources, policy, options),
        *hooks_of(release, HookEvent.POST_DELETE, situation, policy, options),
        *(_hook_objects(release, situation, policy, options) if options.delete_hooks else []),
        (finish if options.keep_history else all_records,),
        *(superseded(situation) if options.keep_history else []),
    ]
    return _plan(release, policy, options, groups)


def _underway(release: Release, pre_hooks: Groups, policy: Policy) -> Groups:
    """Helm writes `uninstalling` with the first hook that it records, and again when the pre-delete hooks are through."""
    record = RecordRevision(release=release, status=Status.UNINSTALLING, description=UNDERWAY)
    if policy is Policy.ROLLBACK:
        return [(record,), *pre_hooks]
    return [(replace(record, staged=True),), *pre_hooks, (record,)]


def superseded(situation: Situation) -> Groups:
    """With its history kept, what was deployed before the newest revision is so no more."""
    newest = situation.existing()
    older = [stored for stored in situation.history if stored.version != newest.version]
    return [
        (RecordRevision(release=stored.release(), status=Status.SUPERSEDED),)
        for stored in older
        if stored.status is Status.DEPLOYED
    ]


def deletions(resources: tuple[Resource, ...]) -> Groups:
    """Delete by kind in uninstall order; what has the resource policy `keep` is named and left."""
    return [
        tuple(Delete(resource=resource, kept=KEPT if kept(resource.object) else "") for resource in group)
        for group in in_uninstall_order(resources)
    ]


def _await_deletion(resources: tuple[Resource, ...], policy: Policy, options: Options) -> Groups:
    refs = tuple(resource.ref for resource in resources if not kept(resource.object))
    if not refs or wait_strategy(policy, options) == "hookOnly":
        return []
    return [(AwaitDeletion(refs=refs),)]


def _hook_objects(release: Release, situation: Situation, policy: Policy, options: Options) -> Groups:
    """`--delete-hooks`: every hook's object goes with the release, each once."""
    steps: dict[tuple[str, str, str, str | None], DeleteHook] = {}
    for event in HookEvent:
        for hook in planned_hooks(release, event, policy, options, situation.cluster_scoped):
            if hook.resource.ref.kind != "CustomResourceDefinition":
                # With the release they go as its resources do: what cannot be deleted is no failure of the hook.
                steps.setdefault(
                    identity(hook.resource.ref), DeleteHook(phase=Phase.RESOURCES, hook=hook, policy=LEFTOVER)
                )
    return [tuple(steps.values())] if steps else []


def _plan(release: Release, policy: Policy, options: Options, groups: Groups) -> Plan:
    return Plan(
        action=Action.UNINSTALL,
        policy=policy,
        release=release,
        current=release,
        options=options,
        groups=tuple(groups),
    )
