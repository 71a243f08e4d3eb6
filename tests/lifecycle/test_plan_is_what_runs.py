"""A plan equals what then runs, step for step: random applications, histories, failures, both policies, all five actions.

Before each action its plan is made (as `steer plan` makes it) and its consequences are asked; then the action runs on the fake,
and what was begun, what was written and what was said is held against that.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from steersman.errors import ApiError, SteersmanError
from steersman.lifecycle.consequences import CAUSE, Consequence, consequences
from steersman.lifecycle.events import (
    Outcome,
    ReleaseFinished,
    ReleaseStarted,
    StepFinished,
    StepStarted,
)
from steersman.lifecycle.install import plan_install
from steersman.lifecycle.perform import before as standing
from steersman.lifecycle.plan import Apply, Delete, DeleteHook, Options, Plan, Prune, RunHook, Step
from steersman.lifecycle.policy import Phase, Policy
from steersman.lifecycle.rollback import plan_rollback
from steersman.lifecycle.situation import look
from steersman.lifecycle.test import plan_test
from steersman.lifecycle.uninstall import plan_uninstall
from steersman.lifecycle.upgrade import plan_upgrade
from steersman.manifest.hooks import DeletePolicy, Hook

from .charts import NINE, App, config_map, deployment, hook
from .driver import NAME, Driver
from .fake import FakeKube, Request

OWN_KINDS = {"Job", "ConfigMap", "Deployment"}
VERBS: dict[type[Step], set[str]] = {
    RunHook: {"create", "apply", "patch"},
    DeleteHook: {"delete"},
    Apply: {"create", "apply", "patch", "replace"},
    Prune: {"delete"},
    Delete: {"delete"},
}
KEEP = "metadata:\n  annotations: {helm.sh/resource-policy: keep}"


@dataclass(frozen=True)
class Act:
    """One action; `fails` names the hooks that fail in it, `refused` a resource whose writes the server refuses, `unready` a
    workload that does not come up."""

    action: str
    app: App
    options: dict[str, Any]
    fails: frozenset[str] = frozenset()
    refused: str = ""
    unready: str = ""
    revision: int = 0


names = st.sampled_from("abcde")
delete_policies = st.sets(st.sampled_from(["before-hook-creation", "hook-succeeded", "hook-failed"])).map(",".join)


@st.composite
def hooks(draw: st.DrawFn) -> Hook:
    annotations = {}
    if policies := draw(delete_policies):
        annotations["helm_hook_delete_policy"] = policies
    if failure := draw(st.sampled_from(["", "", "", "fail", "warn", "rollback"])):
        annotations["steersman_hook_failure"] = failure
    if draw(st.booleans()):
        annotations["steersman_hook_parallel"] = "true"
    events = ",".join(draw(st.lists(st.sampled_from(NINE), min_size=1, max_size=4, unique=True)))
    return hook(f"hook-{draw(names)}", events, draw(st.integers(-1, 1)), **annotations)


@st.composite
def manifests(draw: st.DrawFn) -> str:
    make = draw(st.sampled_from([config_map, deployment]))
    text = make(draw(names), draw(st.integers(1, 2)))
    return text.replace("metadata:", KEEP, 1) if draw(st.integers(0, 5)) == 0 else text


def identity(text: str) -> str:
    kind, name = re.findall(r"^(?:kind|  name): (\w+)$", text, re.MULTILINE)
    return f"{kind}/{name}"


apps = st.builds(
    App,
    manifests=st.lists(manifests(), max_size=3, unique_by=identity).map(tuple),
    hooks=st.lists(hooks(), max_size=4, unique_by=lambda each: each.name).map(tuple),
)
options = st.fixed_dictionaries(
    {},
    optional={
        "no_hooks": st.booleans(),
        "parallel_hooks": st.booleans(),
        "keep_history": st.booleans(),
        "delete_hooks": st.booleans(),
        "strict": st.booleans(),
        "rollback_on_failure": st.booleans(),
        "cleanup_on_fail": st.booleans(),
        "history_max": st.integers(0, 3),
        "wait": st.sampled_from([None, "watcher", "hookOnly"]),
    },
)
acts = st.builds(
    Act,
    action=st.sampled_from(["install", "upgrade", "upgrade", "rollback", "uninstall", "test"]),
    app=apps,
    options=options,
    fails=st.one_of(st.just(frozenset()), st.frozensets(names.map("hook-{}".format), max_size=2)),
    refused=st.one_of(st.just(""), st.just(""), names),
    unready=st.one_of(st.just(""), st.just(""), st.just(""), names),
    revision=st.integers(0, 3),
)
lives = st.tuples(st.builds(Act, action=st.just("install"), app=apps, options=options), st.lists(acts, max_size=4))


@settings(max_examples=120, suppress_health_check=[HealthCheck.too_slow])
@given(policy=st.sampled_from(list(Policy)), life=lives)
def test_a_plan_equals_what_then_runs(policy: Policy, life: tuple[Act, list[Act]]) -> None:
    asyncio.run(live(policy, [life[0], *life[1]]))


async def live(policy: Policy, acts: list[Act]) -> None:
    driver = Driver(policy, FakeKube(), Options(timeout=0.05, hook_patience=0.02))
    for act in acts:
        await check(driver, act)


async def check(driver: Driver, act: Act) -> None:
    chosen = replace(driver.options, **act.options)
    situation = await look(driver.storage, NAME)
    try:
        plan: Plan | SteersmanError = make(driver, act, chosen, situation)
    except SteersmanError as error:
        plan = error
    foretold = list(consequences(plan, standing(plan, situation))) if isinstance(plan, Plan) else []
    kube = driver.kube
    kube.job_ends = dict.fromkeys(act.fails, "BackoffLimitExceeded")
    kube.unready = {act.unready}
    kube.fault = refusing(act.refused)
    kube.log.clear()
    before = kube.live(*OWN_KINDS)
    if isinstance(plan, SteersmanError):
        with pytest.raises(type(plan), match=re.escape(str(plan))):
            await run(driver, act)
        assert kube.live(*OWN_KINDS) == before
        return
    finished = await run(driver, act)
    begun = Begun(driver)
    assert begun.announced == tuple(step.id for step in plan.steps)
    follows(plan, begun)
    writes(plan, [request for request in kube.log if request.kind in OWN_KINDS], complete=begun.whole)
    as_foretold(plan, foretold, finished)


def make(driver: Driver, act: Act, chosen: Options, situation: Any) -> Plan:
    match act.action:
        case "install":
            return plan_install(situation, act.app.wanted(), driver.policy, chosen)
        case "upgrade":
            return plan_upgrade(situation, act.app.wanted(), driver.policy, chosen)
        case "rollback":
            return plan_rollback(situation, act.revision, driver.policy, chosen)
        case "uninstall":
            return plan_uninstall(situation, driver.policy, chosen)
        case _:
            return plan_test(situation, driver.policy, chosen)


async def run(driver: Driver, act: Act) -> ReleaseFinished:
    match act.action:
        case "install" | "upgrade":
            return await driver.act(act.action, app=act.app, **act.options)
        case "rollback":
            return await driver.act("rollback", revision=act.revision, **act.options)
        case _:
            return await driver.act(act.action, **act.options)


def refusing(name: str) -> Any:
    """The server refuses every write of the resources of that name."""

    def fault(request: Request) -> None:
        if name and request.name == name and request.verb in ("create", "apply", "patch", "replace"):
            raise ApiError("the server refuses", code=422, reason="Invalid")

    return fault


@dataclass
class Begun:
    """What an action told of its own steps, until the one at which it was stopped."""

    driver: Driver
    announced: tuple[str, ...] = ()
    order: list[tuple[str, str]] = field(default_factory=list)
    whole: bool = True

    def __post_init__(self) -> None:
        finished = self.driver.events[-1]
        assert isinstance(finished, ReleaseFinished)
        self.whole = finished.outcome is not Outcome.FAILED
        for event in self.driver.events:
            match event:
                case ReleaseStarted():
                    self.announced = event.steps
                case StepStarted():
                    self.order.append(("started", event.step))
                case StepFinished(result="skipped" | "failed" | "cancelled"):
                    self.order.append((event.result, event.step))
                    if event.result == "failed" and event.step == finished.failed_step:
                        return  # what follows is the way back


def follows(plan: Plan, begun: Begun) -> None:
    """The steps begin in the plan's order, group by group; only hooks of an event that has failed are skipped; and a plan that
    was not stopped has begun them all. What a failed hook's delete policies ask for stands in no plan."""
    waiting = list(plan.groups)
    open_group: set[str] = set()
    failed_events: set[str] = set()
    for what, step in begun.order:
        if what in ("failed", "cancelled"):
            failed_events.add(step.partition("/")[0])
            continue
        if not open_group and waiting:
            open_group = {each.id for each in waiting.pop(0)}
        if step in open_group:
            open_group.remove(step)
            assert what == "started" or step.partition("/")[0] in failed_events, f"{step} is skipped for nothing"
            continue
        event, _, policy = step.partition("/")[0], *step.rpartition("/")[1:]
        assert event in failed_events, f"{step} is begun before its time: {sorted(open_group)} are due"
        assert policy in (DeletePolicy.HOOK_FAILED, DeletePolicy.HOOK_SUCCEEDED), f"{step} stands in no plan"
    if begun.whole:
        assert not open_group
        assert not waiting, f"never begun: {[step.id for group in waiting for step in group]}"


def writes(plan: Plan, log: list[Request], *, complete: bool) -> None:
    """What is written to the cluster follows the plan: each write belongs to a step that is not behind the last one's group."""
    at = 0
    explained = {id(step): 0 for step in plan.steps}
    for request in (each for each in log if each.verb not in ("get", "list")):
        group = next(
            (number for number in range(at, len(plan.groups)) if explains(plan, number, request, explained)), -1
        )
        if group < 0 and not complete:
            return  # the way back has begun
        if group < 0 and request.kind == "Job" and request.verb == "delete":
            continue  # what a failed hook's own delete policy asked for
        assert group >= 0, f"{request} is written, and no step from group {at} on says so: {plan.groups[at:]}"
        at = group
    for step in plan.steps if complete else ():
        if isinstance(step, RunHook) and not explained[id(step)]:
            raise AssertionError(f"{step.id} has created nothing")


def explains(plan: Plan, number: int, request: Request, explained: dict[int, int]) -> bool:
    for step in plan.groups[number]:
        if request.verb not in VERBS.get(type(step), ()):
            continue
        ref = step.hook.resource.ref if isinstance(step, RunHook | DeleteHook) else step.resource.ref  # type: ignore[attr-defined]
        if (ref.kind, ref.name) == (request.kind, request.name):
            explained[id(step)] += request.verb != "delete"
            return True
    return False


def as_foretold(plan: Plan, foretold: list[Consequence], finished: ReleaseFinished) -> None:
    """What a failure led to is what `steer plan` said that it would."""
    step = next((each for each in plan.steps if each.id == finished.failed_step), None)
    if finished.failed_step:
        assert step is not None, f"{finished.failed_step} stands in no plan"
    if step is None or step.phase is Phase.RECORD or any("way back failed" in line for line in finished.lines):
        return
    name = step.hook.hook.name if isinstance(step, RunHook) and step.hook.on_failure else ""
    (told,) = [each for each in foretold if (each.phase, each.hook) == (step.phase, name)]
    assert (told.lines, told.exit_code) == (finished.lines, finished.exit_code)
    assert matches(told.error, finished.error)


def matches(told: str, said: str) -> bool:
    """The message of the failure itself is the one thing that nobody knows beforehand."""
    return re.fullmatch(".*".join(map(re.escape, told.split(CAUSE))), said, re.DOTALL) is not None
