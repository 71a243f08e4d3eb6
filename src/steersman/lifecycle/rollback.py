"""rollback: recorded `pending-rollback` → pre-rollback hooks → back to the target's manifests → wait → post-rollback hooks →
`deployed`. The hooks are those of the revision that is returned to."""

from __future__ import annotations

from steersman.lifecycle.common import (
    Groups,
    apply_method,
    changes,
    closing,
    hooks_of,
    live_resources,
    manifest_resources,
    ownership,
    record_new,
    waits,
)
from steersman.lifecycle.plan import Options, Plan
from steersman.lifecycle.policy import Action, Policy
from steersman.lifecycle.situation import Situation
from steersman.manifest.hooks import HookEvent
from steersman.record import replace
from steersman.release.record import Info, Release, Status


def plan_rollback(situation: Situation, revision: int, policy: Policy, options: Options) -> Plan:
    """The steps back to `revision` (0: the one before).

    Raises ReleaseNotFound, HookAnnotationError, YamlError; under `rollback` ReleasePending.
    """
    target = situation.rollback_target(revision, policy)
    if policy is Policy.ROLLBACK:
        situation.require_idle()
    return plan_return(situation, situation.existing(), target, policy, options)


def plan_return(situation: Situation, current: Release, target: Release, policy: Policy, options: Options) -> Plan:
    """The steps from `current`, whatever state it is in, back to `target` by a new revision."""
    release = returned(target, current, situation.next_revision, options)
    after = manifest_resources(release, situation)
    before = live_resources(current, situation, policy)
    groups: Groups = [
        *ownership(before, after),
        *record_new(situation, release, Status.PENDING_ROLLBACK, release.info.description, options),
        *hooks_of(release, HookEvent.PRE_ROLLBACK, situation, policy, options),
        *changes(before, after),
        *waits(after, hooks_of(release, HookEvent.POST_ROLLBACK, situation, policy, options), policy, options),
        *closing(Action.ROLLBACK, release, situation, policy, options),
    ]
    return Plan(
        action=Action.ROLLBACK,
        policy=policy,
        release=release,
        current=current,
        options=options,
        groups=tuple(groups),
    )


def returned(target: Release, current: Release, version: int, options: Options) -> Release:
    """The new revision that repeats `target`."""
    description = options.description or f"Rollback to {target.version}"
    info = Info(
        first_deployed=current.info.first_deployed,
        description=description,
        notes=target.info.notes,
        rollback_revision=target.version,
    )
    return replace(
        target,
        version=version,
        info=info,
        hooks=[replace(hook) for hook in target.hooks],
        apply_method=apply_method(options, target),
    )
