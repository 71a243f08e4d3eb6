"""Playing the scenarios. Every one has a cluster of its own, so that none sees another's traces."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from steersman.lifecycle.events import HookFinished
from steersman.rehearse.actor import MakeActor
from steersman.rehearse.faults import RUN_KINDS, Fault, Key, Meddling
from steersman.rehearse.images import NO_PROGRAM
from steersman.rehearse.judge import failing_verdict, plain_verdict, repeated_verdict, wrong_end
from steersman.rehearse.perform import Kept, Performance, Play, perform
from steersman.rehearse.verdict import Rehearsal, Result, Scenario, Told, Verdict


async def rehearse(
    play: Play, make_actor: MakeActor, tell: Told = lambda _: None, keep: Kept | None = None
) -> Rehearsal:
    """Rehearse an action with the clients that `make_actor` makes: plainly, then, as `play.scenarios` asks, with each hook run
    twice, killed in the middle, and made to fail.

    Raises SteersmanError where the present state itself cannot be brought up.
    """
    rehearsal = Rehearsal(str(play.action), play.release)
    tell(f"{play.action}, undisturbed")
    plain = await perform(play, make_actor, {}, keep, succeeded)
    while lacking := without_image(plain):  # podman could not get it: once more, with something in its place
        tell(f"{', '.join(name for _, name in lacking)} cannot run here; once more without")
        play = replace(play, unable={**play.unable, **lacking})
        plain = await perform(play, make_actor, {}, keep, succeeded)
    hooks = in_order(plain)
    rehearsal.verdicts += [plain_verdict(hook, plain) for hook in hooks]
    if not succeeded(plain):
        rehearsal.error = plain.finished.error if plain.finished else "the action did not end"
        return rehearsal
    able = [hook for hook in hooks if hook.kind in RUN_KINDS and (hook.kind, hook.hook) not in plain.unable]
    for scenario, fault in ((Scenario.TWICE, Fault.RUNS_BEFORE), (Scenario.KILLED, Fault.KILLED_BEFORE)):
        if scenario in play.scenarios:
            rehearsal.verdicts += await _all_at_once(play, make_actor, able, scenario, fault, tell, keep)
    for hook in able if Scenario.FAILS in play.scenarios else ():
        tell(f"{hook.event} hook {hook.hook} fails")
        meddling = {(hook.kind, hook.hook): Meddling(Fault.FAILS)}
        seen = await perform(play, make_actor, meddling, keep, partial(_ended_well, play, hook))
        rehearsal.verdicts.append(failing_verdict(play, hook, seen))
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
        seen = await perform(play, make_actor, meddling, keep, _all_succeeded)
        judged = [hook for hook in rest if seen.of(hook) is not None]
        if not judged:
            reason = seen.finished.error if seen.finished else "the action did not end"
            verdicts += [Verdict(h.event, h.hook, scenario, Result.BROKEN, f"was not reached: {reason}") for h in rest]
            break
        for hook in judged:
            after = seen.of(hook)
            assert after is not None
            verdicts.append(repeated_verdict(hook, after, scenario, seen))
            rest.remove(hook)
    return verdicts


def in_order(seen: Performance) -> list[HookFinished]:
    return list({(hook.event, hook.hook): hook for hook in seen.hooks}.values())


def without_image(seen: Performance) -> dict[Key, str]:
    """The hooks that failed because their image cannot be had, each with the kubelet's words."""
    return {(hook.kind, hook.hook): hook.message for hook in seen.hooks if NO_PROGRAM in hook.message}


def succeeded(seen: Performance) -> bool:
    return seen.finished is not None and not seen.finished.error


def _all_succeeded(seen: Performance) -> bool:
    return all(hook.result == "Succeeded" for hook in seen.hooks)


def _ended_well(play: Play, hook: HookFinished, seen: Performance) -> bool:
    return not wrong_end(play, hook, seen)
