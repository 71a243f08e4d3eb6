"""One hook on the fake: attempts, logs, what is deleted when, what is remembered, and that nothing old counts as a result."""

from __future__ import annotations

import asyncio
import base64
from dataclasses import replace

import pytest

from steersman.lifecycle.events import HookDeleted, HookFinished, HookLog, HookStarted, ReleaseWarning, to_dict, to_json
from steersman.lifecycle.policy import Policy
from steersman.lifecycle.redact import Redactor, secrets_used
from steersman.lifecycle.runs import KEPT_LINES, KEPT_RUNS, HookRun, add_runs, read_runs

from .charts import App, config_map, hook
from .driver import Driver
from .fake import FakeKube

JOB = "BackoffLimitExceeded"


def app(*hooks: object) -> App:
    return App((config_map("settings"),), hooks)  # type: ignore[arg-type]


async def test_a_hook_is_labelled_where_the_chart_says_nothing() -> None:
    driver = Driver()
    labelled = hook("b", "pre-install")
    labelled.manifest = labelled.manifest.replace("metadata:\n", "metadata:\n  labels: {release: mine}\n", 1)
    await driver.install(app(hook("a", "pre-install"), labelled))
    assert driver.kube.one("Job", "a")["metadata"]["labels"] == {
        "release": "my-app",
        "app.kubernetes.io/managed-by": "Helm",
        "app.kubernetes.io/instance": "my-app",
        "steersman.dev/hook": "pre-install",
    }
    assert driver.kube.one("Job", "b")["metadata"]["labels"]["release"] == "mine"


async def test_that_logs_may_not_be_read_is_said_once() -> None:
    driver = Driver()
    driver.kube.logs, driver.kube.logs_forbidden = {"a": b"hello\n"}, True
    finished = await driver.install(app(hook("a", "pre-install"), hook("b", "pre-install")))
    assert finished.exit_code == 0
    warnings = [event.message for event in driver.told(ReleaseWarning)]
    assert warnings == ["what hooks print cannot be shown: pods/log is forbidden"]


async def test_helm_labels_no_hook() -> None:
    driver = Driver(Policy.HELM)
    await driver.install(app(hook("a", "pre-install")))
    assert "labels" not in driver.kube.one("Job", "a")["metadata"]


async def test_retries_each_in_a_new_object() -> None:
    driver = Driver()
    flaky = hook("flaky", "pre-install", steersman_hook_retries="2")
    driver.kube.job_ends = {"flaky": JOB}

    def mend(event: object, _: object) -> None:
        if isinstance(event, HookFinished) and event.attempt == 1:
            assert event.will_retry
            driver.kube.job_ends = {}

    driver.on_event = mend
    finished = await driver.install(app(flaky))
    assert finished.exit_code == 0
    assert [(e.attempt, e.attempts) for e in driver.told(HookStarted)] == [(1, 3), (2, 3)]
    assert [e.result for e in driver.told(HookFinished)] == ["Failed", "Succeeded"]
    assert [run.attempt for run in await driver.runs()] == [1, 2]
    assert driver.kube.writes().count("create Job/flaky") == 2


async def test_what_a_failed_hook_tells() -> None:
    driver = Driver()
    driver.kube.job_ends = {"a": JOB}
    driver.kube.logs = {"a": b"connecting\nno route to host\n"}
    await driver.install(app(hook("a", "pre-install")))
    (ended,) = driver.told(HookFinished)
    assert (ended.reason, ended.exit_code, ended.log_tail) == (JOB, 3, ("connecting", "no route to host"))
    assert [e.line for e in driver.told(HookLog)] == ["connecting", "no route to host"]
    (run,) = await driver.runs()
    assert (run.event, run.revision, run.result, run.exit_code) == ("pre-install", 1, "Failed", 3)
    assert run.log_tail == ("connecting", "no route to host")
    assert run.started < run.ended


@pytest.mark.parametrize(
    ("policies", "end", "left"),
    [
        ("hook-succeeded", "Complete", set()),
        ("hook-succeeded", JOB, {"Job/a"}),
        ("hook-failed", JOB, set()),
        ("hook-failed", "Complete", {"Job/a"}),
        ("hook-succeeded,hook-failed", JOB, set()),
        ("before-hook-creation", JOB, {"Job/a"}),
    ],
)
@pytest.mark.parametrize("policy", list(Policy))
async def test_what_the_delete_policies_leave(policy: Policy, policies: str, end: str, left: set[str]) -> None:
    driver = Driver(policy)
    driver.kube.job_ends = {"a": end}
    await driver.install(app(hook("a", "pre-install", helm_hook_delete_policy=policies)))
    assert driver.kube.live("Job") == left


async def test_earlier_hooks_go_by_their_success_when_a_later_one_fails() -> None:
    driver = Driver()
    driver.kube.job_ends = {"b": JOB}
    first = hook("a", "pre-install", helm_hook_delete_policy="hook-succeeded")
    never = hook("c", "pre-install", 9)
    await driver.install(app(first, hook("b", "pre-install", 5), never))
    assert driver.kube.live("Job") == {"Job/b"}
    assert [(e.hook, e.policy) for e in driver.told(HookDeleted)] == [("a", "hook-succeeded")]


async def test_an_old_result_is_never_read_as_the_new_one() -> None:
    """A finished Job of the last revision is there, and the hook's delete policy would leave it."""
    driver = Driver()
    both = hook("a", "pre-install,pre-upgrade", helm_hook_delete_policy="hook-failed")
    await driver.install(app(both))
    old = driver.kube.one("Job", "a")["metadata"]["uid"]
    driver.kube.job_ends = {"a": JOB}
    finished = await driver.upgrade(app(both))
    assert finished.error == "release failed: pre-upgrade hook failed"
    assert ("Job", "default", "a") not in driver.kube.objects or driver.kube.one("Job", "a")["metadata"]["uid"] != old
    assert any("earlier run" in event.message for event in driver.told(ReleaseWarning))


async def test_a_hook_that_somebody_deletes_fails_and_does_not_hang() -> None:
    driver = Driver()
    driver.kube.job_ends = {"a": ""}

    def delete(event: object, _: object) -> None:
        if isinstance(event, HookStarted):
            loop = asyncio.get_running_loop()
            loop.call_later(0.05, lambda: loop.create_task(driver.kube.delete(_ref("a"))))

    driver.on_event = delete
    finished = await driver.install(app(hook("a", "pre-install")))
    assert finished.exit_code == 1
    assert [e.reason for e in driver.told(HookFinished)] == ["Deleted"]


async def test_a_hooks_own_timeout_ends_it_and_stops_it() -> None:
    driver = Driver()
    driver.kube.job_ends = {"a": ""}
    finished = await driver.install(app(hook("a", "pre-install", steersman_hook_timeout="50ms")), timeout=300.0)
    assert finished.exit_code == 1
    assert [e.reason for e in driver.told(HookFinished)] == ["Timeout"]
    assert driver.kube.one("Job", "a")["spec"]["activeDeadlineSeconds"] == 1


async def test_helms_words_for_a_timeout() -> None:
    driver = Driver(Policy.HELM)
    driver.kube.job_ends = {"a": ""}
    finished = await driver.install(app(hook("a", "pre-install")), timeout=0.05)
    assert finished.error == (
        "INSTALLATION FAILED: failed pre-install: resource Job/default/a not ready. status: InProgress, "
        "message: Job in progress\ncontext deadline exceeded"
    )
    assert "activeDeadlineSeconds" not in driver.kube.one("Job", "a")["spec"]


async def test_parallel_hooks_run_at_the_same_time_and_the_next_weight_waits_for_all() -> None:
    driver = Driver()
    hooks = [hook(name, "pre-install", weight) for name, weight in (("a", 0), ("b", 0), ("c", 1))]
    await driver.install(app(*hooks), parallel_hooks=True)
    order = [(type(e).__name__[4:], e.hook) for e in driver.events if isinstance(e, HookStarted | HookFinished)]
    assert order[:2] == [("Started", "a"), ("Started", "b")]
    assert order[-2:] == [("Started", "c"), ("Finished", "c")]


async def test_when_one_of_several_fails_all_are_waited_for() -> None:
    driver = Driver()
    driver.kube.job_ends = {"a": JOB}
    await driver.install(app(hook("a", "pre-install"), hook("b", "pre-install")), parallel_hooks=True)
    assert {(e.hook, e.result) for e in driver.told(HookFinished)} == {("a", "Failed"), ("b", "Succeeded")}


@pytest.mark.parametrize(
    ("failure", "statuses", "exit_code"),
    [("warn", "1:deployed", 0), ("fail", "1:failed", 1), ("rollback", "1:failed", 1)],
)
@pytest.mark.parametrize("policy", list(Policy))
async def test_a_hooks_own_failure_mode(policy: Policy, failure: str, statuses: str, exit_code: int) -> None:
    driver = Driver(policy)
    driver.kube.job_ends = {"a": JOB}
    finished = await driver.install(
        app(hook("a", "post-install", steersman_hook_failure=failure), hook("b", "post-install", 1))
    )
    assert finished.exit_code == exit_code
    assert await driver.statuses() == statuses
    assert ("ConfigMap/settings" in driver.kube.live()) is (failure != "rollback")
    assert ("Job/b" in driver.kube.live()) is (failure == "warn")


async def test_no_log_line_shows_a_secret_that_the_hook_was_given() -> None:
    driver = Driver()
    value = base64.b64encode(b"hunter22").decode()
    driver.kube.add(
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": "db", "namespace": "default"},
            "data": {"password": value},
        }
    )
    leaky = hook("a", "pre-install")
    leaky.manifest = leaky.manifest.replace("image: busybox}", "image: busybox, envFrom: [{secretRef: {name: db}}]}")
    driver.kube.job_ends = {"a": JOB}
    driver.kube.logs = {"a": f"password hunter22 refused\n{value}\n".encode()}
    await driver.install(app(leaky))
    assert [e.line for e in driver.told(HookLog)] == ["password *** refused", "***"]
    assert "hunter22" not in "".join(to_json(event) for event in driver.events)
    assert "hunter22" not in str(await driver.runs())


def test_where_a_pod_takes_secrets_from() -> None:
    template = {
        "initContainers": [{"env": [{"valueFrom": {"secretKeyRef": {"name": "a"}}}, {"value": "x"}]}],
        "containers": [{"envFrom": [{"secretRef": {"name": "b"}}, {"configMapRef": {"name": "no"}}]}],
        "volumes": [
            {"secret": {"secretName": "c"}},
            {"projected": {"sources": [{"secret": {"name": "d"}}, {"configMap": {"name": "no"}}]}},
            {"emptyDir": {}},
        ],
    }
    assert list(secrets_used({"kind": "Job", "spec": {"template": {"spec": template}}})) == ["a", "b", "c", "d"]
    assert list(secrets_used({"kind": "Pod", "spec": template})) == ["a", "b", "c", "d"]


def test_the_longest_secret_is_masked_first() -> None:
    assert Redactor(("abcdef", "abcd"))("abcdef abcd") == "*** ***"


async def test_the_history_of_runs_is_bounded() -> None:
    kube = FakeKube()
    log = tuple("x" * 2000 for _ in range(100))
    runs = [HookRun("test", "h", "Job", 1, 1, f"t{number}", log_tail=log, message="m" * 9000) for number in range(300)]
    for first in range(0, 300, 100):
        await add_runs(kube, "my-app", "default", runs[first : first + 100])
    found = await read_runs(kube, "my-app", "default")
    assert len(found) == KEPT_RUNS
    assert len(found[-1].log_tail) == KEPT_LINES
    assert len(found[-1].message) == len(found[-1].log_tail[0]) == 500


async def test_a_run_that_is_told_of_twice_counts_once_and_with_its_end() -> None:
    """A recovery that dies after it has added the runs of the journal is followed by one that adds them again."""
    kube = FakeKube()
    lost = HookRun("test", "h", "Job", 1, 1, "t")
    ended = replace(lost, ended="u", result="Succeeded", log_tail=("done",))
    for told in (lost, ended, lost):
        await add_runs(kube, "my-app", "default", [told])
    assert await read_runs(kube, "my-app", "default") == [ended]


async def test_runs_of_hooks_are_forgotten_with_the_release() -> None:
    driver = Driver()
    await driver.install(app(hook("a", "pre-install")))
    assert [run.hook for run in await driver.runs()] == ["a"]
    await driver.uninstall()
    assert driver.kube.live("Secret") == set()


async def test_helm_notes_a_hook_before_it_runs() -> None:
    """The record is written before each hook, with `Running`, in the order in which helm writes."""
    driver = Driver(Policy.HELM)
    await driver.install(app(hook("a", "pre-install")))
    assert driver.kube.writes() == [
        "create Secret/sh.helm.release.v1.my-app.v1",
        "delete Job/a",
        "replace Secret/sh.helm.release.v1.my-app.v1",
        "apply Job/a",
        "apply ConfigMap/settings",
        "replace Secret/sh.helm.release.v1.my-app.v1",
        "create Secret/sh.steersman.runs.v1.my-app",
    ]


async def test_events_are_lines_of_json() -> None:
    driver = Driver()
    await driver.install()
    for event in driver.events:
        assert "\n" not in to_json(event)
        data = to_dict(event)
        assert data["type"] == type(event).__name__
        assert data["time"].endswith("Z")


def _ref(name: str):  # type: ignore[no-untyped-def]
    from steersman.kube.interface import ObjectRef

    return ObjectRef("batch/v1", "Job", name, "default")


async def test_a_run_that_kept_a_release_from_being_deleted_is_remembered() -> None:
    driver = Driver()
    await driver.install(app(hook("a", "pre-delete")))
    driver.kube.job_ends = {"a": JOB}
    await driver.uninstall()
    assert [(run.event, run.result) for run in await driver.runs()] == [("pre-delete", "Failed")]
