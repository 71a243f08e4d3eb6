"""Hooks that are skipped because nothing changed: when, and above all when not; what is told, planned and kept of it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from steersman.lifecycle.events import HookSkipped, HookStarted
from steersman.lifecycle.plan import DeleteHook, Options, SkipHook
from steersman.lifecycle.policy import Policy
from steersman.lifecycle.unchanged import digest, references
from steersman.lifecycle.upgrade import plan_upgrade
from steersman.manifest.hooks import Hook
from steersman.record import replace

from .charts import App, config_map, hook
from .driver import Driver
from .test_plan import past

JOB = "BackoffLimitExceeded"
SETTINGS = "        envFrom: [{configMapRef: {name: settings}}]\n"


def migrate(run: str = "on-change", *, events: str = "pre-upgrade", name: str = "migrate", spec: str = "") -> Hook:
    found = hook(name, events, **({"steersman_hook_run": run} if run else {}))
    container = "      containers:\n      - name: main\n        image: busybox\n"
    return replace(found, manifest=found.manifest[: found.manifest.index("      containers")] + container + spec)


def app(*hooks: Hook, value: object = 1) -> App:
    return App((config_map("settings", value),), hooks or (migrate(),))


async def deployed(driver: Driver, first: App | None = None, **options: object) -> Driver:
    """A release whose revision 2 is an upgrade that ran the hook."""
    await driver.install(first or app())
    await driver.upgrade(first or app(), **options)
    assert len(driver.told(HookStarted)) == 1
    return driver


async def test_a_hook_of_which_nothing_changed_is_skipped_and_that_is_told() -> None:
    driver = await deployed(Driver())
    finished = await driver.upgrade(app())
    assert finished.exit_code == 0
    assert driver.told(HookStarted) == []
    (skipped,) = driver.told(HookSkipped)
    assert (skipped.hook, skipped.event, skipped.since) == ("migrate", "pre-upgrade", 2)
    assert skipped.message == "unchanged since revision 2"
    await driver.upgrade(app())
    assert [(run.revision, run.result, run.since) for run in await driver.runs()] == [
        (2, "Succeeded", 0),
        (3, "Skipped", 2),
        (4, "Skipped", 2),
    ]
    assert driver.kube.writes().count("create Job/migrate") == 1
    assert driver.kube.writes().count("delete Job/migrate") == 0


CHANGES: dict[str, tuple[App, App]] = {
    "its own manifest": (app(), app(migrate(spec="        args: [now]\n"))),
    "a ConfigMap that it refers to": (app(migrate(spec=SETTINGS)), app(migrate(spec=SETTINGS), value=2)),
}


@pytest.mark.parametrize("what", CHANGES)
async def test_a_hook_runs_when_this_changed(what: str) -> None:
    before, after = CHANGES[what]
    driver = await deployed(Driver(), before)
    await driver.upgrade(after)
    assert [event.hook for event in driver.told(HookStarted)] == ["migrate"]
    await driver.upgrade(after)
    assert [event.since for event in driver.told(HookSkipped)] == [3]


async def test_what_it_does_not_refer_to_may_change() -> None:
    driver = await deployed(Driver())
    await driver.upgrade(app(value=2))
    assert driver.told(HookSkipped)
    assert not driver.told(HookStarted)


# policy, annotation, flag → whether an unchanged hook runs
ASKED: list[tuple[Policy, str, bool, bool]] = [
    (Policy.ROLLBACK, "", False, True),
    (Policy.ROLLBACK, "", True, False),
    (Policy.ROLLBACK, "on-change", False, False),
    (Policy.ROLLBACK, "on-change", True, False),
    (Policy.ROLLBACK, "always", False, True),
    (Policy.ROLLBACK, "always", True, True),
    (Policy.HELM, "", False, True),
    (Policy.HELM, "", True, False),
    (Policy.HELM, "on-change", False, True),
    (Policy.HELM, "on-change", True, False),
]


@pytest.mark.parametrize(("policy", "annotation", "flag", "runs"), ASKED)
async def test_who_asks_for_it(policy: Policy, annotation: str, flag: bool, runs: bool) -> None:
    wanted = app(migrate(annotation))
    driver = await deployed(Driver(policy), wanted, hooks_on_change=flag)
    await driver.upgrade(wanted, hooks_on_change=flag)
    assert bool(driver.told(HookStarted)) is runs
    assert bool(driver.told(HookSkipped)) is not runs


async def test_the_run_before_the_flag_was_given_counts() -> None:
    driver = await deployed(Driver(), app(migrate("")))
    await driver.upgrade(app(migrate("")), hooks_on_change=True)
    assert [event.since for event in driver.told(HookSkipped)] == [2]


async def _failed(driver: Driver) -> None:
    driver.kube.job_ends = {"migrate": JOB}
    await driver.upgrade(app(migrate(spec="        args: [now]\n")))
    driver.kube.job_ends = {}


async def _rolled_back(driver: Driver) -> None:
    await driver.rollback(1)


async def _another_hook_failed(driver: Driver) -> None:
    driver.kube.job_ends = {"other": JOB}
    await driver.upgrade(app(migrate(), hook("other", "pre-upgrade", 5)))
    driver.kube.job_ends = {}


async def _without_hooks(driver: Driver) -> None:
    await driver.upgrade(app(), no_hooks=True)


BETWEEN: dict[str, Callable[[Driver], object]] = {
    "it failed": _failed,
    "a rollback": _rolled_back,
    "an attempt that failed after it": _another_hook_failed,
    "an upgrade without hooks": _without_hooks,
}


@pytest.mark.parametrize("what", BETWEEN)
async def test_a_hook_runs_when_this_came_between(what: str) -> None:
    driver = await deployed(Driver())
    await BETWEEN[what](driver)  # type: ignore[misc]
    await driver.upgrade(app())
    assert [event.hook for event in driver.told(HookStarted)] == ["migrate"]


async def test_only_upgrades_skip() -> None:
    events = "pre-install,pre-upgrade,pre-rollback,pre-delete,test"
    driver = Driver()
    await driver.install(app(migrate(events=events)))
    assert driver.told(HookStarted)
    await driver.upgrade(app(migrate(events=events)))
    assert driver.told(HookStarted), "the run of another event is none of this one"
    for again in (driver.rollback, driver.test, driver.test, driver.rollback, driver.uninstall):
        await again()
        assert driver.told(HookStarted)
        assert not driver.told(HookSkipped)


async def test_a_plan_says_what_is_skipped_and_deletes_nothing_of_it() -> None:
    driver = await deployed(Driver())
    situation = replace(past("superseded", "deployed", app=app()), runs=tuple(await driver.runs()))
    plan = plan_upgrade(situation, app().wanted(), Policy.ROLLBACK, Options())
    (step,) = (step for step in plan.steps if isinstance(step, SkipHook | DeleteHook))
    assert (step.id, step.title) == (
        "pre-upgrade/0/migrate/skip",
        "skip pre-upgrade hook migrate: unchanged since revision 2",
    )


async def test_what_is_no_run_is_stored_each_time() -> None:
    settings = hook("cfg", "pre-upgrade", steersman_hook_run="on-change")
    text = config_map("cfg").replace("metadata:\n", settings.manifest.split("kind: Job\n")[1].split("spec:")[0], 1)
    stored = replace(settings, kind="ConfigMap", manifest=text.replace("  name: cfg\n", "", 1))
    driver = await deployed(Driver(), app(stored))
    await driver.upgrade(app(stored))
    assert [event.hook for event in driver.told(HookStarted)] == ["cfg"]


async def test_digests_stay_out_of_the_lease() -> None:
    driver = await deployed(Driver())
    (run,) = await driver.runs()
    assert run.digest
    assert "digest" not in {key for key, value in run.without_log().items() if value}


def test_references_are_found_wherever_they_stand() -> None:
    spec = {
        "containers": [
            {
                "envFrom": [{"configMapRef": {"name": "a"}}, {"secretRef": {"name": "b"}}],
                "env": [
                    {"valueFrom": {"configMapKeyRef": {"name": "c", "key": "k"}}},
                    {"valueFrom": {"secretKeyRef": {"name": "d", "key": "k"}}},
                ],
            }
        ],
        "volumes": [
            {"configMap": {"name": "e"}},
            {"secret": {"secretName": "f"}},
            {"projected": {"sources": [{"secret": {"name": "g"}}, {"configMap": {"name": "h"}}]}},
        ],
    }
    assert sorted(references({"spec": {"template": {"spec": spec}}})) == [
        *(("ConfigMap", name) for name in "aceh"),
        *(("Secret", name) for name in "bdfg"),
    ]


def test_a_digest_is_of_content_not_of_order() -> None:
    one, two = {"a": 1, "b": {"secretRef": {"name": "s"}}}, {"b": {"secretRef": {"name": "s"}}, "a": 1}
    assert digest(one, {}) == digest(two, {})
    assert digest(one, {}) != digest(one, {("Secret", "s"): ["x"]})
