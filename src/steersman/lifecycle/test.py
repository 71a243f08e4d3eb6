"""test: the test hooks only, whenever asked; the release itself is unchanged but for its hooks' last runs."""

from __future__ import annotations

from steersman.errors import UsageError
from steersman.lifecycle.common import hooks_of
from steersman.lifecycle.plan import Options, Plan, RecordRevision
from steersman.lifecycle.policy import Action, Policy
from steersman.lifecycle.situation import Situation
from steersman.manifest.hooks import Hook, HookEvent
from steersman.record import replace


def plan_test(situation: Situation, policy: Policy, options: Options) -> Plan:
    """The steps of a test run; `options.test_filters` are Helm's `name=x` and `!name=x`.

    Raises ReleaseNotFound, UsageError, HookAnnotationError, YamlError.
    """
    release = situation.shown(policy)
    filters = _terms(options.test_filters, policy)
    chosen = replace(release, hooks=[hook for hook in release.hooks if _chosen(hook, filters)])
    if policy is Policy.HELM:  # which records those that it leaves out before the others
        release = replace(release, hooks=[*(hook for hook in release.hooks if hook not in chosen.hooks), *chosen.hooks])
    record = RecordRevision(release=release, status=release.status)
    return Plan(
        action=Action.TEST,
        policy=policy,
        release=release,
        current=release,
        options=options,
        groups=(*hooks_of(chosen, HookEvent.TEST, situation, policy, options), (record,)),
    )


def _terms(filters: tuple[str, ...], policy: Policy) -> list[tuple[str, str]]:
    """(`name` or `!name`, the name); Helm takes no notice of others. Raises UsageError."""
    found = []
    for term in filters:
        key, equals, name = term.partition("=")
        if key in ("name", "!name") and equals:
            found.append((key, name))
        elif policy is Policy.ROLLBACK:
            raise UsageError(f"invalid --filter {term!r}", hint="use name=NAME or !name=NAME")
    return found


def _chosen(hook: Hook, filters: list[tuple[str, str]]) -> bool:
    wanted = {name for key, name in filters if key == "name"}
    unwanted = {name for key, name in filters if key == "!name"}
    return hook.name not in unwanted and (not wanted or hook.name in wanted)
