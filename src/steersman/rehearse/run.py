"""Playing the scenarios and judging them. Every scenario has a cluster of its own, so that none sees another's traces."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from steersman.chart.model import Chart
from steersman.cluster.local import local_cluster
from steersman.errors import SteersmanError
from steersman.kube.client import connect
from steersman.lifecycle.events import Event, HookFinished, Outcome, ReleaseFinished
from steersman.lifecycle.operation import Operation
from steersman.lifecycle.plan import Options, Plan
from steersman.lifecycle.policy import Action, HookFailure, Policy
from steersman.rehearse.actor import Actor, MakeActor
from steersman.rehearse.faults import RUN_KINDS, Fault, Meddling, faulty
from steersman.rehearse.stage import State, set_up, stand_in
from steersman.rehearse.verdict import Rehearsal, Result, Scenario, Verdict
from steersman.release.record import Status

Key = tuple[str, str]
Told = Callable[[str], None]
# Called with the kubeconfig of a cluster in which something did not hold, before the cluster goes.
Kept = Callable[[str], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Play:
    """What is rehearsed. `before` are the revisions that are there; `chart` and `values` are for install and upgrade."""

    action: Action
    release: str
    before: Sequence[State] = ()
    chart: Chart | None = None
    values: dict[str, Any] = field(default_factory=dict)
    revision: int = 0
    namespace: str = "default"
    policy: Policy = Policy.ROLLBACK
    options: Options = field(default_factory=Options)


@dataclass(slots=True)
class Performance:
    """What happened in one run: every hook's last attempt, the end, and the release's state after it."""

    hooks: list[HookFinished] = field(default_factory=list)
    finished: ReleaseFinished | None = None
    revision_before: int = 0
    deployed_after: int = 0
    notes: dict[str, str] = field(default_factory=dict)

    def of(self, hook: HookFinished) -> HookFinished | None:
        same = [each for each in self.hooks if (each.event, each.hook) == (hook.event, hook.hook)]
        return same[-1] if same else None


async def rehearse(
    play: Play, make_actor: MakeActor, tell: Told = lambda _: None, keep: Kept | None = None
) -> Rehearsal:
    """Rehearse an action with the clients that `make_actor` makes: plainly, with each hook run twice, killed in the middle,
    and made to fail.

    Raises SteersmanError where the present state itself cannot be brought up.
    """
    rehearsal = Rehearsal(str(play.action), play.release)
    tell(f"{play.action}, undisturbed")
    plain = await _perform(
        play, make_actor, {}, keep, lambda seen: seen.finished is not None and not seen.finished.error
    )
    hooks = _in_order(plain)
    for hook in hooks:
        rehearsal.verdicts.append(_plain_verdict(hook))
    if plain.finished is None or plain.finished.error:
        rehearsal.error = plain.finished.error if plain.finished else "the action did not end"
        return rehearsal
    able = [hook for hook in hooks if hook.kind in RUN_KINDS]
    for scenario, fault in ((Scenario.TWICE, Fault.RUNS_BEFORE), (Scenario.KILLED, Fault.KILLED_BEFORE)):
        rehearsal.verdicts += await _all_at_once(play, make_actor, able, scenario, fault, tell, keep)
    for hook in able:
        tell(f"{hook.event} hook {hook.hook} fails")
        meddling = {(hook.kind, hook.hook): Meddling(Fault.FAILS)}
        seen = await _perform(play, make_actor, meddling, keep, partial(_ended_well, play, hook))
        rehearsal.verdicts.append(_failing_verdict(play, hook, seen))
    order = {(str(hook.event), hook.hook): number for number, hook in enumerate(hooks)}
    scenarios = list(Scenario)
    rehearsal.verdicts.sort(key=lambda each: (order[str(each.event), each.hook], scenarios.index(each.scenario)))
    return rehearsal


async def _all_at_once(
    play: Play,
    make_actor: MakeActor,
    hooks: Sequence[HookFinished],
    scenario: Scenario,
    fault: Fault,
    tell: Told,
    keep: Kept | None,
) -> list[Verdict]:
    """Meddle with all hooks in one run. One that breaks hides those after it: these are played again without it."""
    verdicts: list[Verdict] = []
    rest = list(hooks)
    while rest:
        tell(f"{', '.join(hook.hook for hook in rest)}: {scenario}")
        meddling = {(hook.kind, hook.hook): Meddling(fault, hook.seconds) for hook in rest}
        seen = await _perform(
            play, make_actor, meddling, keep, lambda seen: all(h.result == "Succeeded" for h in seen.hooks)
        )
        judged = [hook for hook in rest if seen.of(hook) is not None]
        if not judged:
            reason = seen.finished.error if seen.finished else "the action did not end"
            verdicts += [Verdict(h.event, h.hook, scenario, Result.BROKEN, f"was not reached: {reason}") for h in rest]
            break
        for hook in judged:
            after = seen.of(hook)
            assert after is not None
            verdicts.append(_repeated_verdict(hook, after, scenario, seen.notes.get(hook.hook, "")))
            rest.remove(hook)
    return verdicts


async def _perform(
    play: Play,
    make_actor: MakeActor,
    meddling: Mapping[Key, Meddling],
    keep: Kept | None,
    good: Callable[[Performance], bool],
) -> Performance:
    seen = Performance()
    async with local_cluster() as cluster:
        async with connect(str(cluster.kubeconfig)) as connection:
            client: Actor = make_actor(connection, namespace=play.namespace, policy=play.policy)
            if play.namespace != "default":
                await client.kube.create(
                    {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": play.namespace}}
                )
            for state in play.before:
                plan = await client.plan_install(play.release, state.chart, state.values, options=play.options)
                await stand_in(client.kube, play.namespace, _objects(plan))
            await set_up(client, play.release, play.before, play.options)
            if play.before:
                seen.revision_before = (await client.get(play.release)).version
            kube, meddler = faulty(client.kube, meddling)
            actor = make_actor(kube, namespace=play.namespace, policy=play.policy)
            if play.chart is not None and play.action in (Action.INSTALL, Action.UPGRADE):
                await stand_in(client.kube, play.namespace, _objects(await _plan(play, client)))
            operation = await _begin(play, actor)
            try:
                async for event in operation:
                    _note(seen, event)
            except SteersmanError as error:
                if seen.finished is None:
                    raise
                del error
            seen.notes = meddler.notes
            seen.deployed_after = await _deployed(client, play.release)
        if keep is not None and not good(seen):
            await keep(str(cluster.kubeconfig))
    return seen


async def _plan(play: Play, client: Actor) -> Plan:
    assert play.chart is not None
    if play.action is Action.INSTALL:
        return await client.plan_install(play.release, play.chart, play.values, options=play.options)
    return await client.plan_upgrade(play.release, play.chart, play.values, options=play.options)


async def _begin(play: Play, client: Actor) -> Operation:
    match play.action:
        case Action.INSTALL:
            assert play.chart is not None
            return await client.install(play.release, play.chart, play.values, options=play.options)
        case Action.UPGRADE:
            assert play.chart is not None
            return await client.upgrade(play.release, play.chart, play.values, options=play.options)
        case Action.ROLLBACK:
            return await client.rollback(play.release, play.revision, options=play.options)
        case Action.UNINSTALL:
            return await client.uninstall(play.release, options=play.options)
        case Action.TEST:
            return await client.test(play.release, options=play.options)


def _objects(plan: Plan) -> list[dict[str, Any]]:
    from steersman.manifest.documents import split

    texts = [plan.release.manifest, *(hook.manifest for hook in plan.release.hooks)]
    return [doc.object for text in texts for doc in split("", text) if isinstance(doc.object, dict)]


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


def _in_order(seen: Performance) -> list[HookFinished]:
    return list({(hook.event, hook.hook): hook for hook in seen.hooks}.values())


# --- judging ------------------------------------------------------------------------------------------------------


def _plain_verdict(hook: HookFinished) -> Verdict:
    if hook.result == "Succeeded":
        return Verdict(hook.event, hook.hook, Scenario.RUNS, Result.HELD, f"{hook.seconds:.1f} s", seconds=hook.seconds)
    if "no local program stands for image" in hook.message:
        return Verdict(hook.event, hook.hook, Scenario.RUNS, Result.SKIPPED, hook.message)
    return Verdict(hook.event, hook.hook, Scenario.RUNS, Result.BROKEN, hook.message or hook.reason, hook.log_tail)


def _repeated_verdict(hook: HookFinished, after: HookFinished, scenario: Scenario, note: str) -> Verdict:
    if after.result == "Succeeded":
        detail = "the second run did no harm" if scenario is Scenario.TWICE else "it recovered"
        return Verdict(hook.event, hook.hook, scenario, Result.HELD, note or detail, seconds=after.seconds)
    what = "fails when it runs a second time" if scenario is Scenario.TWICE else "does not recover from being killed"
    detail = f"{what}: {after.message or after.reason}"
    return Verdict(hook.event, hook.hook, scenario, Result.BROKEN, detail, after.log_tail, after.seconds)


def _failing_verdict(play: Play, hook: HookFinished, seen: Performance) -> Verdict:
    wrong = _wrong_end(play, hook, seen)
    if wrong:
        return Verdict(hook.event, hook.hook, Scenario.FAILS, Result.BROKEN, wrong)
    after = "the release completes, marked degraded" if _completes(play, hook) else _kept(play, seen)
    return Verdict(hook.event, hook.hook, Scenario.FAILS, Result.HELD, after)


def _wrong_end(play: Play, hook: HookFinished, seen: Performance) -> str:
    """What of the failure table did not hold; "" if all did."""
    finished = seen.finished
    if finished is None:
        return "the action did not end"
    if _completes(play, hook):
        return "" if finished.outcome is Outcome.DEGRADED else f"the action ended {finished.outcome}, not degraded"
    if finished.outcome is not Outcome.FAILED:
        return f"the action ended {finished.outcome}, although the hook failed"
    if play.before and play.policy is Policy.ROLLBACK and not seen.deployed_after:
        return "no revision of the release is deployed any more"
    if play.before and hook.event.startswith("pre-") and seen.deployed_after != seen.revision_before:
        return f"revision {seen.deployed_after} is deployed instead of {seen.revision_before}"
    return ""


def _completes(play: Play, hook: HookFinished) -> bool:
    """Whether the action is to complete although this hook failed."""
    override = _override(play, hook)
    if override is not None:
        return override is HookFailure.WARN
    return play.policy is Policy.ROLLBACK and hook.event.startswith("post-")


def _override(play: Play, hook: HookFinished) -> HookFailure | None:
    return play_overrides(play).get(hook.hook)


def play_overrides(play: Play) -> dict[str, HookFailure]:
    """The hooks whose `steersman.dev/hook-failure` annotation says otherwise than the table, as far as the chart tells."""
    chart = play.chart or (play.before[-1].chart if play.before else None)
    if chart is None:
        return {}
    from steersman.chart.render import ReleaseOptions, prepare, render

    rendered = render(prepare(chart, play.values), ReleaseOptions(play.release, play.namespace))
    from steersman.manifest.documents import Document

    found: dict[str, HookFailure] = {}
    for hook in rendered.hooks:
        word = Document(hook.path, hook.manifest).annotations.get("steersman.dev/hook-failure")
        if word in list(HookFailure):
            found[hook.name] = HookFailure(word)
    return found


def _ended_well(play: Play, hook: HookFinished, seen: Performance) -> bool:
    return not _wrong_end(play, hook, seen)


def _kept(play: Play, seen: Performance) -> str:
    if not play.before:
        return "the install fails, and nothing of it is deployed"
    return f"the action fails, and revision {seen.deployed_after} is still deployed"
