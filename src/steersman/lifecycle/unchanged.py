"""Which hooks an upgrade need not run again: Jobs and Pods that ask for it, and whose last run did the same thing successfully.

"The same" is a digest of the hook's rendered manifest and of the content of every ConfigMap and Secret that its Pods refer to
and that the release itself renders. It must have been recorded by the newest revision, and that one must be deployed: after
a failure, a rollback, or an action of helm's, nothing is taken for granted and the hook runs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from steersman.kube.interface import Kubernetes, Object
from steersman.lazy import TYPE_CHECKING
from steersman.lifecycle.annotations import RUN
from steersman.lifecycle.hooks import RUN_KINDS
from steersman.lifecycle.plan import DeleteHook, Options, PlannedHook, Resource, RunHook, SkipHook, Step
from steersman.lifecycle.policy import Policy
from steersman.lifecycle.resources import resources_of
from steersman.lifecycle.runs import SKIPPED, SUCCEEDED, HookRun, read_runs
from steersman.lifecycle.situation import Situation
from steersman.record import replace
from steersman.release.record import Release, Status

if TYPE_CHECKING:
    from typing import Any

Contents = dict[tuple[str, str], "Any"]

# Where a Pod's specification names a ConfigMap or a Secret: the key of the reference → kind and key of the name.
_REFERENCES = {
    "configMapRef": ("ConfigMap", "name"),
    "configMapKeyRef": ("ConfigMap", "name"),
    "configMap": ("ConfigMap", "name"),
    "secretRef": ("Secret", "name"),
    "secretKeyRef": ("Secret", "name"),
    "secret": ("Secret", "secretName"),
}


async def remembering(
    kube: Kubernetes, situation: Situation, release: Release, policy: Policy, options: Options
) -> Situation:
    """The situation with the hook runs that are on record, where one of the release's hooks may be skipped for them."""
    asked = options.hooks_on_change or (policy is Policy.ROLLBACK and any(RUN in h.manifest for h in release.hooks))
    if not asked or options.no_hooks:
        return situation
    return replace(situation, runs=tuple(await read_runs(kube, situation.name, situation.namespace)))


def without_unchanged(
    groups: Iterable[tuple[Step, ...]],
    release: Release,
    resources: tuple[Resource, ...],
    situation: Situation,
    policy: Policy,
    options: Options,
) -> list[tuple[Step, ...]]:
    """The steps of an event's hooks, each hook with its digest; a hook that may be skipped is only told of."""
    contents = _contents(release, resources, situation)
    hooks: dict[str, tuple[PlannedHook, int]] = {}
    result = []
    for group in groups:
        steps: list[Step] = []
        for step in group:
            if not isinstance(step, RunHook | DeleteHook) or step.hook.resource.ref.kind not in RUN_KINDS:
                steps.append(step)
                continue
            if step.hook.id not in hooks:
                marked = replace(step.hook, digest=digest(step.hook.resource.object, contents))
                hooks[step.hook.id] = marked, _since(marked, situation, policy, options)
            hook, since = hooks[step.hook.id]
            if not since:
                steps.append(replace(step, hook=hook))
            elif isinstance(step, RunHook):
                steps.append(SkipHook(phase=step.phase, hook=hook, since=since))
        if steps:
            result.append(tuple(steps))
    return result


def digest(hook: Object, contents: Contents) -> str:
    """What a run of this hook depends on, as far as the release knows it: SHA-256 over canonical JSON."""
    import hashlib  # here: it takes its time, and most upgrades have no such hook

    named = sorted(set(references(hook)))
    import json

    text = json.dumps([hook, [[*name, contents.get(name)] for name in named]], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def references(value: Any) -> Iterator[tuple[str, str]]:
    """Kind and name of each ConfigMap and Secret that is referred to anywhere in a specification."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key in _REFERENCES and isinstance(inner, dict):
                kind, by = _REFERENCES[key]
                name = inner.get(by) or inner.get("name")  # a projected volume says `name` of a Secret as well
                if name:
                    yield kind, str(name)
            yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


def _since(hook: PlannedHook, situation: Situation, policy: Policy, options: Options) -> int:
    """The revision whose run stands for this one as well; 0 where the hook has to run."""
    asked = options.hooks_on_change if hook.on_change is None or policy is Policy.HELM else hook.on_change
    newest, last = situation.newest, _last_run(hook, situation.runs)
    if not asked or newest is None or last is None or newest.status is not Status.DEPLOYED:
        return 0
    same = last.revision == newest.version and last.digest == hook.digest and last.result in (SUCCEEDED, SKIPPED)
    return (last.since or last.revision) if same else 0


def _last_run(hook: PlannedHook, runs: Iterable[HookRun]) -> HookRun | None:
    mine = [run for run in runs if (run.event, run.kind, run.hook) == (hook.event, hook.hook.kind, hook.hook.name)]
    return mine[-1] if mine else None


def _contents(release: Release, resources: Iterable[Resource], situation: Situation) -> Contents:
    """What the release's own ConfigMaps and Secrets hold, those that are hooks too."""
    hooks = [
        resource
        for hook in release.hooks
        if hook.kind in ("ConfigMap", "Secret")
        for resource in resources_of(hook.manifest, situation.namespace, situation.cluster_scoped, path=hook.path)
    ]
    return {
        (resource.ref.kind, resource.ref.name): [
            resource.object.get(key) for key in ("type", "data", "binaryData", "stringData")
        ]
        for resource in (*resources, *hooks)
        if resource.ref.kind in ("ConfigMap", "Secret")
    }
