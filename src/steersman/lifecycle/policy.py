"""The failure table of a release, as data: what each failure does to the release under each policy.

Two policies (`rollback`, the default, never leaves a release half way; `helm` does exactly what helm 4.3 does), one table, one
lookup: `rule`. The planner asks for the wait that a policy implies, the executor for the rule of the phase that failed; nothing
else in the system decides by policy what a failure means.

Texts are format strings. Their fields: `release`, `event` (the hook event), `cause` (what failed, in one line), `revision` (the
attempt's), `previous` (the revision that is deployed again or still), `status` (the status that is restored).
"""

from __future__ import annotations

from enum import StrEnum

from steersman.lazy import TYPE_CHECKING
from steersman.record import record, replace
from steersman.release.record import Status

if TYPE_CHECKING:
    from typing import Any


class Policy(StrEnum):
    """`--failure-policy`."""

    ROLLBACK = "rollback"
    HELM = "helm"


class Action(StrEnum):
    INSTALL = "install"
    UPGRADE = "upgrade"
    ROLLBACK = "rollback"
    UNINSTALL = "uninstall"
    TEST = "test"


class Phase(StrEnum):
    """The part of an action that a step belongs to; a failure is judged by it."""

    CRDS = "crds"
    PRE_HOOKS = "pre-hooks"
    RESOURCES = "resources"
    WAIT = "wait"
    POST_HOOKS = "post-hooks"
    TESTS = "tests"
    RECORD = "record"


class Remedy(StrEnum):
    """What is done after a failure to put the cluster in order."""

    NONE = "none"
    REMOVE_CREATED = "remove-created"
    ROLL_BACK = "roll-back"
    UNINSTALL = "uninstall"


class HookFailure(StrEnum):
    """The annotation `steersman.dev/hook-failure`: overrides the table's row for one hook."""

    FAIL = "fail"
    WARN = "warn"
    ROLLBACK = "rollback"


@record(frozen=True, slots=True)
class Rule:
    """One cell of the table.

    `completes`: the action goes on and the release is deployed, degraded. Otherwise the attempt's revision gets `status`
    with `description` (None: it is left as it stands; `restore`: the status it had before), and with `supersedes` the current
    revision is superseded all the same. Then `remedy` follows, then the command ends with `error` and `lines`.
    """

    completes: bool = False
    status: Status | None = None
    supersedes: bool = False
    restore: bool = False
    remedy: Remedy = Remedy.NONE
    description: str = ""
    error: str = ""
    lines: tuple[str, ...] = ()
    exit_code: int = 1

    def text(self, template: str, **known: Any) -> str:
        return template.format_map(known)


_A, _P, _R = Action, Phase, Remedy
_FAILED = Status.FAILED
_WARNING = "WARNING: {event} hook failed"

_ROLLBACK: dict[tuple[Action, Phase], Rule] = {
    (_A.INSTALL, _P.CRDS): Rule(error="release failed: {cause}"),
    (_A.INSTALL, _P.PRE_HOOKS): Rule(
        status=_FAILED,
        description='Release "{release}" failed: {event} hook failed: {cause}',
        error="release failed: {event} hook failed",
    ),
    (_A.INSTALL, _P.RESOURCES): Rule(
        status=_FAILED,
        remedy=_R.REMOVE_CREATED,
        description='Release "{release}" failed: {cause}',
        error="release failed: {cause}",
        lines=('Release "{release}" was not installed; what it had created is removed',),
    ),
    (_A.INSTALL, _P.POST_HOOKS): Rule(
        completes=True,
        exit_code=0,
        lines=(_WARNING,),
    ),
    (_A.UPGRADE, _P.CRDS): Rule(error="release failed: {cause}"),
    (_A.UPGRADE, _P.PRE_HOOKS): Rule(
        status=_FAILED,
        description='Upgrade "{release}" failed: {event} hook failed: {cause}',
        error="release failed: {event} hook failed",
        lines=('Release "{release}" rolled back',),
    ),
    (_A.UPGRADE, _P.RESOURCES): Rule(
        status=_FAILED,
        remedy=_R.ROLL_BACK,
        description='Upgrade "{release}" failed: {cause}',
        error="release failed: {cause}",
        lines=('Release "{release}" rolled back',),
    ),
    (_A.UPGRADE, _P.POST_HOOKS): Rule(
        completes=True,
        exit_code=0,
        lines=(_WARNING,),
    ),
    (_A.ROLLBACK, _P.PRE_HOOKS): Rule(
        status=_FAILED,
        description='Rollback "{release}" failed: {event} hook failed: {cause}',
        error="release failed: {event} hook failed",
        lines=('Release "{release}" stays at revision {previous}',),
    ),
    (_A.ROLLBACK, _P.RESOURCES): Rule(
        status=_FAILED,
        remedy=_R.ROLL_BACK,
        description='Rollback "{release}" failed: {cause}',
        error="release failed: {cause}",
        lines=('Release "{release}" is back at the state of revision {previous}',),
    ),
    (_A.ROLLBACK, _P.POST_HOOKS): Rule(
        completes=True,
        exit_code=0,
        lines=(_WARNING,),
    ),
    (_A.UNINSTALL, _P.PRE_HOOKS): Rule(
        restore=True,
        error="release failed: {event} hook failed",
        lines=('Release "{release}" is still {status}',),
    ),
    (_A.UNINSTALL, _P.RESOURCES): Rule(
        status=Status.UNINSTALLING,
        description="Uninstallation of {release} stopped: {cause}",
        error="release failed: {cause}",
        lines=('Release "{release}" is partly removed; run uninstall again to finish',),
    ),
    (_A.UNINSTALL, _P.POST_HOOKS): Rule(completes=True, exit_code=0, lines=(_WARNING,)),
    (_A.TEST, _P.TESTS): Rule(error="test hook failed: {cause}", lines=("TEST SUITE: {release}", "FAILED")),
}

_HELM: dict[tuple[Action, Phase], Rule] = {
    (_A.INSTALL, _P.CRDS): Rule(error="INSTALLATION FAILED: {cause}"),
    (_A.INSTALL, _P.PRE_HOOKS): Rule(
        status=_FAILED,
        description='Release "{release}" failed: failed pre-install: {cause}',
        error="INSTALLATION FAILED: failed pre-install: {cause}",
    ),
    (_A.INSTALL, _P.RESOURCES): Rule(
        status=_FAILED,
        description='Release "{release}" failed: {cause}',
        error="INSTALLATION FAILED: {cause}",
    ),
    (_A.INSTALL, _P.POST_HOOKS): Rule(
        status=_FAILED,
        description='Release "{release}" failed: failed post-install: {cause}',
        error="INSTALLATION FAILED: failed post-install: {cause}",
    ),
    (_A.UPGRADE, _P.CRDS): Rule(error="UPGRADE FAILED: {cause}"),
    (_A.UPGRADE, _P.PRE_HOOKS): Rule(
        status=_FAILED,
        description='Upgrade "{release}" failed: pre-upgrade hooks failed: {cause}',
        error="UPGRADE FAILED: pre-upgrade hooks failed: {cause}",
    ),
    (_A.UPGRADE, _P.RESOURCES): Rule(
        status=_FAILED, description='Upgrade "{release}" failed: {cause}', error="UPGRADE FAILED: {cause}"
    ),
    (_A.UPGRADE, _P.POST_HOOKS): Rule(
        status=_FAILED,
        description='Upgrade "{release}" failed: post-upgrade hooks failed: {cause}',
        error="UPGRADE FAILED: post-upgrade hooks failed: {cause}",
    ),
    (_A.ROLLBACK, _P.PRE_HOOKS): Rule(error="{cause}"),
    (_A.ROLLBACK, _P.RESOURCES): Rule(
        status=_FAILED, supersedes=True, description='Rollback "{release}" failed: {cause}', error="{cause}"
    ),
    (_A.ROLLBACK, _P.WAIT): Rule(
        status=_FAILED,
        description='Release "{release}" failed: {cause}',
        error="release {release} failed: {cause}",
    ),
    (_A.ROLLBACK, _P.POST_HOOKS): Rule(error="{cause}"),
    (_A.UNINSTALL, _P.PRE_HOOKS): Rule(error="{cause}"),
    (_A.UNINSTALL, _P.RESOURCES): Rule(error="failed to delete release: {release}"),
    (_A.UNINSTALL, _P.POST_HOOKS): Rule(completes=True, error="uninstallation completed with 1 error(s): {cause}"),
    (_A.TEST, _P.TESTS): Rule(error="{cause}"),
}

# Helm's --rollback-on-failure (once --atomic) puts a remedy behind every failure of these two actions.
_ROLLED_BACK = {
    _A.INSTALL: (
        _R.UNINSTALL,
        "release {release} failed, and has been uninstalled due to rollback-on-failure being set: ",
    ),
    _A.UPGRADE: (
        _R.ROLL_BACK,
        "release {release} failed, and has been rolled back due to rollback-on-failure being set: ",
    ),
}

# After which failures Helm's --cleanup-on-fail removes what the action has created.
_CLEANED_UP = {
    (_A.UPGRADE, _P.RESOURCES),
    (_A.UPGRADE, _P.WAIT),
    (_A.UPGRADE, _P.POST_HOOKS),
    (_A.ROLLBACK, _P.RESOURCES),
}

# What a hook's own `steersman.dev/hook-failure` says instead, the same under both policies. A pre hook that fails has
# changed nothing that could be undone, so only what follows the resources differs between `fail` and `rollback`.
_OVERRIDES: dict[tuple[HookFailure, Action, Phase], Rule] = {
    **{
        (HookFailure.WARN, action, phase): Rule(completes=True, exit_code=0, lines=(_WARNING,))
        for action in Action
        for phase in (_P.PRE_HOOKS, _P.POST_HOOKS, _P.TESTS)
    },
    **{
        (failure, action, _P.PRE_HOOKS): _ROLLBACK[action, _P.PRE_HOOKS]
        for failure in (HookFailure.FAIL, HookFailure.ROLLBACK)
        for action in (_A.INSTALL, _A.UPGRADE, _A.ROLLBACK, _A.UNINSTALL)
    },
    **{
        (HookFailure.FAIL, action, _P.POST_HOOKS): Rule(
            status=_FAILED,
            description='Release "{release}" failed: {event} hook failed: {cause}',
            error="release failed: {event} hook failed",
        )
        for action in (_A.INSTALL, _A.UPGRADE, _A.ROLLBACK)
    },
    **{
        (HookFailure.ROLLBACK, action, _P.POST_HOOKS): Rule(
            status=_FAILED,
            remedy=_ROLLBACK[action, _P.RESOURCES].remedy,
            description='Release "{release}" failed: {event} hook failed: {cause}',
            error="release failed: {event} hook failed",
            lines=_ROLLBACK[action, _P.RESOURCES].lines,
        )
        for action in (_A.INSTALL, _A.UPGRADE, _A.ROLLBACK)
    },
    **{
        (failure, _A.UNINSTALL, _P.POST_HOOKS): Rule(completes=True, error="release failed: {event} hook failed")
        for failure in (HookFailure.FAIL, HookFailure.ROLLBACK)
    },
}

_TABLE = {Policy.ROLLBACK: _ROLLBACK, Policy.HELM: _HELM}

# What is printed when an action was done; the table's `lines` follow it where a hook failed on the way.
DONE = {
    _A.INSTALL: 'Release "{release}" has been installed. Status: DEPLOYED',
    _A.UPGRADE: 'Release "{release}" has been upgraded. Status: DEPLOYED',
    _A.ROLLBACK: 'Release "{release}" has been rolled back. Status: DEPLOYED',
    _A.UNINSTALL: 'release "{release}" uninstalled',
    _A.TEST: "TEST SUITE: {release}\nPASSED",
}

# How Helm begins the message of any error of an action.
_PREFIX = {(Policy.HELM, _A.INSTALL): "INSTALLATION FAILED: ", (Policy.HELM, _A.UPGRADE): "UPGRADE FAILED: "}

# Where Ctrl-C and SIGTERM are a failure of the phase they meet; elsewhere Helm simply dies, and so does policy `helm`.
_INTERRUPTIBLE = {Policy.ROLLBACK: frozenset(Action), Policy.HELM: frozenset({_A.INSTALL, _A.UPGRADE})}


def rule(
    policy: Policy,
    action: Action,
    phase: Phase,
    *,
    override: HookFailure | None = None,
    rollback_on_failure: bool = False,
    cleanup_on_fail: bool = False,
) -> Rule:
    """What a failure in `phase` of `action` does.

    `override` is the failed hook's own annotation. `rollback_on_failure` and `cleanup_on_fail` are Helm's options and have a
    meaning under policy `helm` only: the other one does that by itself.
    """
    if override is not None:
        found = _OVERRIDES.get((override, action, phase))
        if found is not None:
            return found
    table = _TABLE[policy]
    found = table.get((action, phase)) or table.get((action, Phase.RESOURCES)) or table[action, Phase.TESTS]
    if policy is Policy.HELM and rollback_on_failure and action in _ROLLED_BACK and phase is not Phase.CRDS:
        remedy, prefix = _ROLLED_BACK[action]
        verb, _, cause = found.error.partition(": ")
        return Rule(status=found.status, remedy=remedy, description=found.description, error=f"{verb}: {prefix}{cause}")
    if policy is Policy.HELM and cleanup_on_fail and (action, phase) in _CLEANED_UP:
        return replace(found, remedy=Remedy.REMOVE_CREATED)
    return found


def interruptible(policy: Policy, action: Action) -> bool:
    """Whether a signal is answered by the phase's rule (else the process just ends)."""
    return action in _INTERRUPTIBLE[policy]


def default_wait(policy: Policy) -> str:
    """The value of `--wait` when it is not given."""
    return "watcher" if policy is Policy.ROLLBACK else "hookOnly"


def error_prefix(policy: Policy, action: Action) -> str:
    """What stands before the message of an error that comes before the failure table has a say (a name in use, a template
    error): Helm's words, or nothing."""
    return _PREFIX.get((policy, action), "")
