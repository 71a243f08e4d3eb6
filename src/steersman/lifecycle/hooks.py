"""The hooks of one event as steps: which run, in which order, what is deleted before and after."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

from steersman.lifecycle.annotations import require_known, settings
from steersman.lifecycle.plan import DeleteHook, Options, PlannedHook, Resource, RunHook, Step
from steersman.lifecycle.policy import Action, Phase, Policy
from steersman.lifecycle.resources import resources_of
from steersman.lifecycle.scopes import CLUSTER_SCOPED, GroupKind
from steersman.manifest.hooks import DeletePolicy, HookEvent
from steersman.release.record import Release

# The kinds of which a run is an object: an old one's result could be taken for the new one's.
RUN_KINDS = frozenset({"Job", "Pod"})

# The policy by which an old run's object goes although the chart never asked for it (policy `rollback` only).
LEFTOVER = "leftover"

_PHASE_OF_EVENT = {
    HookEvent.PRE_INSTALL: Phase.PRE_HOOKS,
    HookEvent.PRE_UPGRADE: Phase.PRE_HOOKS,
    HookEvent.PRE_ROLLBACK: Phase.PRE_HOOKS,
    HookEvent.PRE_DELETE: Phase.PRE_HOOKS,
    HookEvent.POST_INSTALL: Phase.POST_HOOKS,
    HookEvent.POST_UPGRADE: Phase.POST_HOOKS,
    HookEvent.POST_ROLLBACK: Phase.POST_HOOKS,
    HookEvent.POST_DELETE: Phase.POST_HOOKS,
    HookEvent.TEST: Phase.TESTS,
}

_PRE = {
    Action.INSTALL: HookEvent.PRE_INSTALL,
    Action.UPGRADE: HookEvent.PRE_UPGRADE,
    Action.ROLLBACK: HookEvent.PRE_ROLLBACK,
    Action.UNINSTALL: HookEvent.PRE_DELETE,
    Action.TEST: HookEvent.TEST,
}
_POST = {
    Action.INSTALL: HookEvent.POST_INSTALL,
    Action.UPGRADE: HookEvent.POST_UPGRADE,
    Action.ROLLBACK: HookEvent.POST_ROLLBACK,
    Action.UNINSTALL: HookEvent.POST_DELETE,
}


def event_of(action: Action, phase: Phase) -> HookEvent:
    """The event whose hooks an action runs in a phase; of a phase without hooks, that of the hooks before it."""
    return _POST[action] if phase is Phase.POST_HOOKS else _PRE[action]


def foreseen_events(action: Action, policy: Policy, options: Options) -> frozenset[HookEvent]:
    """The events whose hooks are looked at before anything is touched. Helm looks at a hook when its turn comes."""
    if options.no_hooks or policy is Policy.HELM:
        return frozenset()
    return frozenset({_PRE[action], _POST[action]})


def planned_hooks(
    release: Release,
    event: HookEvent,
    policy: Policy,
    options: Options,
    cluster_scoped: frozenset[GroupKind] = CLUSTER_SCOPED,
) -> list[PlannedHook]:
    """The hooks of `event` in the order they run: by weight, ties by name, further ties as the record has them.

    Raises HookAnnotationError and YamlError.
    """
    found = [
        _planned(release, index, event, policy, options, cluster_scoped)
        for index, hook in enumerate(release.hooks)
        if event in hook.events
    ]
    return sorted(found, key=lambda planned: (planned.weight, planned.hook.name))


def _planned(
    release: Release,
    index: int,
    event: HookEvent,
    policy: Policy,
    options: Options,
    cluster_scoped: frozenset[GroupKind],
) -> PlannedHook:
    hook = release.hooks[index]
    resource: Resource = resources_of(hook.manifest, release.namespace, cluster_scoped, path=hook.path)[0]
    if policy is Policy.ROLLBACK:
        require_known(resource.object, hook.path)
    asked = settings(resource.object, hook.path)
    return PlannedHook(
        hook=hook,
        resource=resource,
        event=event,
        weight=hook.weight,
        delete_policies=frozenset(hook.delete_policies or [DeletePolicy.BEFORE_HOOK_CREATION]),
        output_log_policies=frozenset(hook.output_log_policies),
        timeout=asked.timeout if asked.timeout is not None else options.timeout,
        retries=asked.retries,
        on_failure=asked.failure,
        parallel=asked.parallel or options.parallel_hooks,
        on_change=asked.on_change,
    )


def hook_groups(hooks: Iterable[PlannedHook], policy: Policy, labels: dict[str, str]) -> list[tuple[Step, ...]]:
    """All steps of one event: before each hook its deletion, after all of them those that asked to go when they succeed."""
    ordered = list(hooks)
    groups: list[tuple[Step, ...]] = []
    for batch in _batches(ordered):
        groups.append(tuple(step for hook in batch for step in _deletion_before(hook, policy)))
        groups.append(tuple(RunHook(phase=phase_of(hook), hook=hook, labels=labels) for hook in batch))
    groups += [(step,) for hook in reversed(ordered) for step in cleanup(hook, DeletePolicy.HOOK_SUCCEEDED)]
    return [group for group in groups if group]


def cleanup(hook: PlannedHook, policy: DeletePolicy) -> list[DeleteHook]:
    """What a hook's own delete policy asks for after its run. A CRD is never deleted: every object of it would go too."""
    if policy not in hook.delete_policies or hook.resource.ref.kind == "CustomResourceDefinition":
        return []
    return [DeleteHook(phase=phase_of(hook), hook=hook, policy=policy)]


def phase_of(hook: PlannedHook) -> Phase:
    return _PHASE_OF_EVENT[hook.event]


def hook_labels(release: Release, policy: Policy) -> dict[str, str]:
    """The labels by which a release's hook objects are found with kubectl; `steersman.dev/hook` is added per event."""
    if policy is Policy.HELM:
        return {}
    return {
        "release": release.name,
        "app.kubernetes.io/managed-by": "Helm",
        "app.kubernetes.io/instance": release.name,
    }


def _deletion_before(hook: PlannedHook, policy: Policy) -> list[DeleteHook]:
    awaited = policy is Policy.ROLLBACK
    if hook.resource.ref.kind == "CustomResourceDefinition":
        return []
    if DeletePolicy.BEFORE_HOOK_CREATION in hook.delete_policies:
        return [DeleteHook(phase=phase_of(hook), hook=hook, policy=DeletePolicy.BEFORE_HOOK_CREATION, awaited=awaited)]
    if policy is Policy.ROLLBACK and hook.resource.ref.kind in RUN_KINDS:
        return [DeleteHook(phase=phase_of(hook), hook=hook, policy=LEFTOVER, awaited=True)]
    return []


def _batches(hooks: list[PlannedHook]) -> list[list[PlannedHook]]:
    """Hooks of one weight that may run together, together; all others one by one."""
    batches: list[list[PlannedHook]] = []
    for _, group in groupby(hooks, key=lambda hook: hook.weight):
        same_weight = list(group)
        together = [hook for hook in same_weight if hook.parallel]
        for hook in same_weight:
            if not hook.parallel:
                batches.append([hook])
            elif hook is together[0]:
                batches.append(together)
    return batches
