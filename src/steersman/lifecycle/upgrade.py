"""upgrade: recorded `pending-upgrade` → pre-upgrade hooks → create, patch, prune → wait → post-upgrade hooks → new revision
`deployed`, old one `superseded`."""

from __future__ import annotations

from steersman.lifecycle.common import (
    Groups,
    Wanted,
    apply_method,
    changes,
    closing,
    crds,
    hooks_of,
    live_resources,
    manifest_resources,
    ownership,
    record_new,
    require_applicable,
    waits,
)
from steersman.lifecycle.plan import Options, Plan
from steersman.lifecycle.policy import Action, Policy
from steersman.lifecycle.situation import Situation
from steersman.lifecycle.unchanged import without_unchanged
from steersman.lifecycle.validation import helm_2_crds, require_valid
from steersman.manifest.hooks import HookEvent
from steersman.record import replace
from steersman.release.record import Status


def plan_upgrade(situation: Situation, wanted: Wanted, policy: Policy, options: Options) -> Plan:
    """The steps of an upgrade.

    Raises ReleaseNotFound, ReleasePending, HookAnnotationError, YamlError, UsageError.
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
    if policy is Policy.ROLLBACK:  # Helm finds it when it applies
        require_applicable(options, release, Action.UPGRADE)
    after = manifest_resources(release, situation)
    before = live_resources(current, situation, policy)

    def hooks(event: HookEvent) -> Groups:
        planned = hooks_of(release, event, situation, policy, options)
        return without_unchanged(planned, release, after, situation, policy, options)

    groups: Groups = [
        *(crds(wanted, situation, options) if options.upgrade_crds else []),
        *ownership(before, after),
        *record_new(situation, release, Status.PENDING_UPGRADE, "Preparing upgrade", options),
        *hooks(HookEvent.PRE_UPGRADE),
        *changes(before, after),
        *waits(after, hooks(HookEvent.POST_UPGRADE), policy, options),
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
