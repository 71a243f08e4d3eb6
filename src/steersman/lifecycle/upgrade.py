"""upgrade: recorded `pending-upgrade` → pre-upgrade hooks → create, patch, prune → wait → post-upgrade hooks → new revision
`deployed`, old one `superseded`."""

from __future__ import annotations

from dataclasses import replace

from steersman.lifecycle.common import (
    Groups,
    Wanted,
    apply_method,
    changes,
    closing,
    hooks_of,
    manifest_resources,
    ownership,
    record_new,
    waits,
)
from steersman.lifecycle.plan import Options, Plan, Resource
from steersman.lifecycle.policy import Action, Policy
from steersman.lifecycle.resources import missing
from steersman.lifecycle.situation import Situation, touched_nothing
from steersman.lifecycle.validation import helm_2_crds, require_valid
from steersman.manifest.hooks import HookEvent
from steersman.release.record import Release, Status


def plan_upgrade(situation: Situation, wanted: Wanted, policy: Policy, options: Options) -> Plan:
    """The steps of an upgrade.

    Raises ReleaseNotFound, ReleasePending, HookAnnotationError, YamlError.
    """
    current = situation.upgraded()
    require_valid(wanted, policy)
    info = replace(wanted.release.info, first_deployed=current.info.first_deployed)
    release = replace(
        wanted.release,
        version=situation.next_revision,
        info=info,
        apply_method=apply_method(options, situation.existing()),
    )
    after = manifest_resources(release, situation)
    before = manifest_resources(current, situation) + _strays(situation, current, policy)
    groups: Groups = [
        *ownership(before, after),
        *record_new(situation, release, Status.PENDING_UPGRADE, "Preparing upgrade", options),
        *hooks_of(release, HookEvent.PRE_UPGRADE, situation, policy, options),
        *changes(before, after),
        *waits(after, hooks_of(release, HookEvent.POST_UPGRADE, situation, policy, options), policy, options),
        *closing(Action.UPGRADE, release, situation, policy, options),
    ]
    return Plan(
        action=Action.UPGRADE,
        policy=policy,
        release=release,
        current=current,
        options=options,
        groups=tuple(groups),
        warnings=helm_2_crds(wanted),
    )


def _strays(situation: Situation, current: Release, policy: Policy) -> tuple[Resource, ...]:
    """What a later attempt that failed may have created beside the current revision; Helm forgets it and leaves it there."""
    newest = situation.existing()
    if policy is Policy.HELM or newest.version == current.version or touched_nothing(newest):
        return ()
    return missing(manifest_resources(newest, situation), manifest_resources(current, situation))
