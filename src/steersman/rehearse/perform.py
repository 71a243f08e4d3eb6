"""One run of an action on a cluster of its own, which is first brought to where the release is now."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from steersman.chart.model import Chart
from steersman.cluster.local import local_cluster
from steersman.errors import SteersmanError
from steersman.kube.client import connect
from steersman.lifecycle.annotations import settings
from steersman.lifecycle.events import Event, HookFinished, ReleaseFinished
from steersman.lifecycle.operation import Operation
from steersman.lifecycle.plan import Options, Plan
from steersman.lifecycle.policy import Action, HookFailure, Policy
from steersman.manifest.documents import Document
from steersman.rehearse.actor import Actor, MakeActor
from steersman.rehearse.faults import Fault, Key, Meddling, faulty
from steersman.rehearse.images import lacking, take_along
from steersman.rehearse.rights import grant
from steersman.rehearse.stage import Known, State, objects_of, set_up, stand_in
from steersman.rehearse.verdict import Scenario
from steersman.release.record import Release, Status

# Called with the kubeconfig of a cluster in which something did not hold, before the cluster goes.
Kept = Callable[[str], Awaitable[None]]

# Says why a hook of that revision failed, in several lines; asked while the cluster is still there.
Explain = Callable[[Any, Release, HookFinished], Awaitable[str]]


@dataclass(frozen=True, slots=True)
class Play:
    """What is rehearsed. `before` are the revisions that are there; `chart` and `values` are for install and upgrade.

    `unable` are hooks that are known to be unable to run here, each with what would help. `explain` looks into failed hooks.
    """

    action: Action
    release: str
    before: Sequence[State] = ()
    chart: Chart | None = None
    values: dict[str, Any] = field(default_factory=dict)
    revision: int = 0
    namespace: str = "default"
    policy: Policy = Policy.ROLLBACK
    options: Options = field(default_factory=Options)
    scenarios: frozenset[Scenario] = frozenset(Scenario)
    unable: Mapping[Key, str] = field(default_factory=dict)
    explain: Explain | None = None


@dataclass(slots=True)
class Performance:
    """What happened in one run: every hook's last attempt, the end, and the release's state after it.

    `unable` are the hooks that could not run here and were stood in for, each with why; `overrides` what the hooks
    themselves say about their failure; `causes` why those failed that did, by event and name.
    """

    hooks: list[HookFinished] = field(default_factory=list)
    finished: ReleaseFinished | None = None
    revision_before: int = 0
    deployed_after: int = 0
    notes: Mapping[str, str] = field(default_factory=dict)
    unable: Mapping[Key, str] = field(default_factory=dict)
    overrides: Mapping[str, HookFailure | None] = field(default_factory=dict)
    causes: dict[tuple[str, str], str] = field(default_factory=dict)

    def cause(self, hook: HookFinished) -> str:
        return self.causes.get((str(hook.event), hook.hook), "")

    def of(self, hook: HookFinished) -> HookFinished | None:
        same = [each for each in self.hooks if (each.event, each.hook) == (hook.event, hook.hook)]
        return same[-1] if same else None


async def perform(
    play: Play,
    make_actor: MakeActor,
    meddling: Mapping[Key, Meddling],
    keep: Kept | None,
    good: Callable[[Performance], bool],
) -> Performance:
    """Run the action once, with these faults. Where `keep` is given and the run is not `good`, it is awaited at the end."""
    seen = Performance()
    async with local_cluster() as cluster:
        take_along(cluster.kubeconfig.parent)
        async with connect(str(cluster.kubeconfig)) as connection:
            client: Actor = make_actor(connection, namespace=play.namespace, policy=play.policy)
            await _prepare(play, make_actor, client)
            if play.before:
                seen.revision_before = (await client.get(play.release)).version
            plan = await _plan(play, client)
            await stand_in(client.kube, play.namespace, objects_of(plan.release), _known(play))
            hooks = plan.release.hooks
            seen.unable = {**lacking(hooks), **play.unable}
            seen.overrides = {
                hook.name: settings(Document(hook.path, hook.manifest).object, hook.path).failure for hook in hooks
            }
            kube, meddler = faulty(client.kube, {**meddling, **_stood_in_for(seen.unable)})
            operation = await _begin(play, make_actor(kube, namespace=play.namespace, policy=play.policy))
            try:
                async for event in operation:
                    _note(seen, event)
            except SteersmanError:
                if seen.finished is None:
                    raise
            seen.notes = meddler.notes
            seen.deployed_after = await _deployed(client, play.release)
            if play.explain is not None and all(each.fault is not Fault.FAILS for each in meddling.values()):
                await _explain(play.explain, client, plan.release.version, play.release, seen)
        if keep is not None and not good(seen):
            await keep(str(cluster.kubeconfig))
    return seen


async def _explain(explain: Explain, client: Actor, revision: int, name: str, seen: Performance) -> None:
    for hook in seen.hooks:
        if hook.result == "Failed":
            with suppress(SteersmanError):
                release = await client.get(name, revision)
                seen.causes[str(hook.event), hook.hook] = await explain(client, release, hook)


async def _prepare(play: Play, make_actor: MakeActor, client: Actor) -> None:
    """Bring the cluster to the present state. Hooks of the past that cannot run here are stood in for."""
    if play.namespace != "default":
        await client.kube.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": play.namespace}})
    for state in play.before:
        await grant(client.kube, state.rights)
    unable = dict(play.unable)
    for state in play.before:
        plan = await client.plan_install(play.release, state.chart, state.values, options=play.options)
        await stand_in(client.kube, play.namespace, objects_of(plan.release), _known(play))
        unable |= lacking(plan.release.hooks)
    kube, _ = faulty(client.kube, _stood_in_for(unable))
    actor = make_actor(kube, namespace=play.namespace, policy=play.policy)
    await set_up(actor, play.release, play.before, play.options)


def _known(play: Play) -> Known:
    return {each: data for state in play.before for each, data in state.known.items()}


def _stood_in_for(unable: Mapping[Key, str]) -> dict[Key, Meddling]:
    return dict.fromkeys(unable, Meddling(Fault.STOOD_IN_FOR))


async def _plan(play: Play, client: Actor) -> Plan:
    match play.action:
        case Action.INSTALL:
            return await client.plan_install(play.release, play.chart, play.values, options=play.options)
        case Action.UPGRADE:
            return await client.plan_upgrade(play.release, play.chart, play.values, options=play.options)
        case Action.ROLLBACK:
            return await client.plan_rollback(play.release, play.revision, options=play.options)
        case Action.UNINSTALL:
            return await client.plan_uninstall(play.release, options=play.options)
        case Action.TEST:
            return await client.plan_test(play.release, options=play.options)


async def _begin(play: Play, client: Actor) -> Operation:
    match play.action:
        case Action.INSTALL:
            return await client.install(play.release, play.chart, play.values, options=play.options)
        case Action.UPGRADE:
            return await client.upgrade(play.release, play.chart, play.values, options=play.options)
        case Action.ROLLBACK:
            return await client.rollback(play.release, play.revision, options=play.options)
        case Action.UNINSTALL:
            return await client.uninstall(play.release, options=play.options)
        case Action.TEST:
            return await client.test(play.release, options=play.options)


def _note(seen: Performance, event: Event) -> None:
    if isinstance(event, HookFinished) and not event.will_retry:
        seen.hooks.append(event)
    elif isinstance(event, ReleaseFinished):
        seen.finished = event


async def _deployed(client: Actor, name: str) -> int:
    """The revision that is deployed; 0 for none."""
    for release in await client.list(statuses=frozenset({Status.DEPLOYED})):
        if release.name == name:
            return release.version
    return 0
