"""install: CRDs → recorded `pending-install` → pre-install hooks → resources → wait → post-install hooks → `deployed`."""

from __future__ import annotations

from steersman.lifecycle.common import (
    Groups,
    Wanted,
    changes,
    closing,
    crds,
    hooks_of,
    live_resources,
    manifest_resources,
    ownership,
    record_new,
    waits,
)
from steersman.lifecycle.plan import CreateNamespace, Options, Plan, RecordRevision
from steersman.lifecycle.policy import Action, Policy
from steersman.lifecycle.situation import Situation
from steersman.lifecycle.validation import helm_2_crds, require_valid
from steersman.manifest.hooks import HookEvent
from steersman.record import replace
from steersman.release.record import ApplyMethod, Release, Status

UNDERWAY = "Initial install underway"
REPLACED = "superseded by new release"


def plan_install(
    situation: Situation, wanted: Wanted, policy: Policy, options: Options, *, replaces: bool = False
) -> Plan:
    """The steps of an install. `replaces` is Helm's `--replace`.

    Raises ReleaseExists, ReleasePending, HookAnnotationError, YamlError.
    """
    situation.require_installable(policy, replace=replaces)
    require_valid(wanted, policy)
    method = ApplyMethod.CSA if options.server_side is False else ApplyMethod.SSA
    release = replace(wanted.release, version=situation.next_revision, apply_method=str(method))
    left_over = _left_over(situation)
    before = live_resources(left_over, situation, policy) if left_over is not None else ()
    after = manifest_resources(release, situation)
    groups: Groups = [
        *crds(wanted, situation, options),
        *ownership(before, after),
        *([(CreateNamespace(namespace=situation.namespace),)] if options.create_namespace else []),
        *_supersede(situation, policy),
        *record_new(situation, release, Status.PENDING_INSTALL, UNDERWAY, options),
        *hooks_of(release, HookEvent.PRE_INSTALL, situation, policy, options),
        *changes(before, after),
        *waits(after, hooks_of(release, HookEvent.POST_INSTALL, situation, policy, options), policy, options),
        *closing(Action.INSTALL, release, situation, policy, options),
    ]
    return Plan(
        action=Action.INSTALL,
        policy=policy,
        release=release,
        current=left_over,
        options=options,
        groups=tuple(groups),
        warnings=helm_2_crds(wanted),
    )


def _left_over(situation: Situation) -> Release | None:
    """The failed attempt that this install starts over from: what it left in place is taken over or pruned."""
    newest = situation.newest
    return newest.release() if newest is not None and newest.status is Status.FAILED else None


def _supersede(situation: Situation, policy: Policy) -> Groups:
    """Helm's `--replace` marks what it replaces as superseded."""
    newest = situation.newest
    if policy is Policy.ROLLBACK or newest is None:
        return []
    return [(RecordRevision(release=newest.release(), status=Status.SUPERSEDED, description=REPLACED),)]
