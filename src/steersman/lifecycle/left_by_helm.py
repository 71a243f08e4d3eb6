"""What Helm left unfinished has no journal: one is concluded from its record, and from the objects of its hooks."""

from __future__ import annotations

from steersman.errors import NotFound
from steersman.kube.interface import Kubernetes
from steersman.kube.readiness import assess_completion
from steersman.lifecycle.hooks import RUN_KINDS
from steersman.lifecycle.journal import Journal
from steersman.lifecycle.lease import Found
from steersman.lifecycle.policy import Action, Phase, Policy
from steersman.lifecycle.resources import resources_of
from steersman.lifecycle.situation import Situation
from steersman.manifest.hooks import HookEvent, HookPhase
from steersman.release.record import Release, Status

_UNFINISHED = {
    Status.PENDING_INSTALL: Action.INSTALL,
    Status.PENDING_UPGRADE: Action.UPGRADE,
    Status.PENDING_ROLLBACK: Action.ROLLBACK,
    Status.UNINSTALLING: Action.UNINSTALL,
}
PRE_EVENT = {
    Action.INSTALL: HookEvent.PRE_INSTALL,
    Action.UPGRADE: HookEvent.PRE_UPGRADE,
    Action.ROLLBACK: HookEvent.PRE_ROLLBACK,
    Action.UNINSTALL: HookEvent.PRE_DELETE,
}


async def left_by_helm(situation: Situation, kube: Kubernetes) -> Found | None:
    """A journal for what Helm (or a steer without a lease) left unfinished, as far as its record and its hooks' objects tell:
    which hook was running last says whether any resource may have been touched. None when the newest revision is at rest.

    Raises ReleaseNotFound.
    """
    newest = situation.existing()
    action = _UNFINISHED.get(newest.status)
    if action is None:
        return None
    running = [
        (event, hook.name) for hook in newest.hooks for event in hook.events if hook.last_run.phase is HookPhase.RUNNING
    ]
    before = [(event, name) for event, name in running if event == PRE_EVENT[action]]
    if before and action is not Action.UNINSTALL and not await _holds_up(newest, *before[-1], kube):
        before = []
    deployed = situation.deployed
    previous = deployed.release() if deployed is not None else newest
    unharmed = action is Action.UNINSTALL
    step = f"{before[0][0]}/{before[0][1]}" if before else ""
    journal = Journal(
        action=action,
        policy=Policy.ROLLBACK,
        release=newest.name,
        revision=newest.version,
        previous=previous.version if deployed is not None else 0,
        previous_status=str(Status.DEPLOYED if unharmed else previous.status),
        previous_description="Install complete" if unharmed else previous.info.description,
        phase=Phase.PRE_HOOKS if before else Phase.RESOURCES,
        step=step,
        began=True,
        touched=not before,
    )
    return Found("", newest.info.last_deployed, journal)


async def _holds_up(release: Release, event: HookEvent, name: str, kube: Kubernetes) -> bool:
    """Whether a pre hook that the record calls running is certain to have kept the action from its resources.

    Helm writes down that a hook has ended only with the next thing that it records; for an uninstall that is before it deletes
    anything.
    """
    hooks = sorted((hook for hook in release.hooks if event in hook.events), key=lambda hook: (hook.weight, hook.name))
    if hooks[-1].name != name:
        return True  # another one was to run
    ref = resources_of(hooks[-1].manifest, release.namespace)[0].ref
    if ref.kind not in RUN_KINDS:
        return False
    try:
        return not assess_completion(await kube.get(ref)).ready
    except NotFound:
        return False  # it may have gone because it succeeded
