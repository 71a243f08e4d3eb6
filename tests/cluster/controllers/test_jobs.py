"""Jobs: what becomes of them as their Pods succeed and fail. Conditions and messages are those recorded from 1.36."""

from __future__ import annotations

from typing import Any

import pytest

from steersman.cluster.controllers.job_pods import TRACKING
from steersman.cluster.controllers.job_policy import indexes_text, parse_indexes
from steersman.cluster.controllers.jobs import JobController
from steersman.cluster.resources import Resource

from .world import Json, World, template, world


def job(name: str, **spec: Any) -> tuple[str, Json]:
    pod = {"restartPolicy": "Never", **spec.pop("pod", {})}
    return name, {"template": template(**pod), **spec}


def active(found: World, name: str) -> list[Json]:
    return [
        pod for pod in found.pods(f"job-name={name}") if (pod.get("status") or {}).get("phase", "Pending") == "Pending"
    ]


async def test_one_pod_that_succeeds_completes_it() -> None:
    async with world(JobController) as found:
        found.create("jobs.batch", *job("ok"))
        await found.settle()
        (pod,) = found.pods()
        assert pod["metadata"]["finalizers"] == [TRACKING]
        assert found.status("jobs.batch", "ok")["active"] == 1
        found.say(pod, "Succeeded")
        await found.settle()
        status = found.status("jobs.batch", "ok")
        assert [(each["type"], each["reason"], each["message"]) for each in status["conditions"]] == [
            ("SuccessCriteriaMet", "CompletionsReached", "Reached expected number of succeeded pods"),
            ("Complete", "CompletionsReached", "Reached expected number of succeeded pods"),
        ]
        assert status["succeeded"] == 1
        assert "active" not in status
        assert status["completionTime"]
        assert "finalizers" not in found.pods()[0]["metadata"]
        assert found.messages("SuccessfulCreate") == [f"Created pod: {pod['metadata']['name']}"]
        assert found.messages("Completed") == ["Job completed"]


async def test_past_its_back_off_limit_it_has_failed() -> None:
    async with world(JobController) as found:
        found.create("jobs.batch", *job("bad", backoffLimit=0))
        await found.settle()
        found.say(found.pods()[0], "Failed", code=3)
        await found.settle()
        status = found.status("jobs.batch", "bad")
        assert [(each["type"], each["reason"], each["message"]) for each in status["conditions"]] == [
            ("FailureTarget", "BackoffLimitExceeded", "Job has reached the specified backoff limit"),
            ("Failed", "BackoffLimitExceeded", "Job has reached the specified backoff limit"),
        ]
        assert status["failed"] == 1
        assert found.messages("BackoffLimitExceeded") == ["Job has reached the specified backoff limit"]


async def test_a_failed_pod_is_replaced_only_after_a_pause() -> None:
    async with world(JobController) as found:
        found.create("jobs.batch", *job("slow", backoffLimit=3))
        await found.settle()
        found.say(found.pods()[0], "Failed")
        await found.settle()
        assert len(found.pods()) == 1
        assert found.status("jobs.batch", "slow")["failed"] == 1
        # Ten seconds later, by the clock in the Pod's status:
        pod = found.pods()[0]
        pod["status"]["containerStatuses"][0]["state"]["terminated"]["finishedAt"] = "2020-01-01T00:00:00Z"
        found.objects.update_status("pods", pod)
        await found.settle()
        assert len(found.pods()) == 2


async def test_restarts_count_towards_the_limit() -> None:
    async with world(JobController) as found:
        found.create("jobs.batch", *job("again", backoffLimit=1, pod={"restartPolicy": "OnFailure"}))
        await found.settle()
        found.say(found.pods()[0], "Running", restarts=1)
        await found.settle()
        assert found.condition("jobs.batch", "again", "FailureTarget")
        assert found.pods()[0]["metadata"]["deletionTimestamp"]  # the kubelet has yet to end it
        assert not found.condition("jobs.batch", "again", "Failed")
        found.objects.delete("pods", found.pods()[0]["metadata"]["name"], "default", grace=0)
        await found.settle()
        assert found.condition("jobs.batch", "again", "Failed")
        assert found.status("jobs.batch", "again")["failed"] == 1


async def test_parallel_pods_up_to_the_completions() -> None:
    async with world(JobController) as found:
        found.create("jobs.batch", *job("two", completions=3, parallelism=2))
        await found.settle()
        assert len(active(found, "two")) == 2
        found.say(active(found, "two")[0], "Succeeded")
        await found.settle()
        assert len(active(found, "two")) == 2
        found.say(active(found, "two")[0], "Succeeded")
        await found.settle()
        assert len(active(found, "two")) == 1
        found.say(active(found, "two")[0], "Succeeded")
        await found.settle()
        assert found.status("jobs.batch", "two")["succeeded"] == 3
        assert found.condition("jobs.batch", "two", "Complete")


async def test_past_its_deadline_it_has_failed() -> None:
    async with world(JobController) as found:
        found.create("jobs.batch", *job("late", activeDeadlineSeconds=1, pod={"terminationGracePeriodSeconds": 0}))
        await found.settle()
        await found.until(lambda: found.condition("jobs.batch", "late", "Failed"))
        condition = found.condition("jobs.batch", "late", "Failed")
        assert condition is not None
        assert (condition["reason"], condition["message"]) == (
            "DeadlineExceeded",
            "Job was active longer than specified deadline",
        )
        assert found.pods() == []
        assert len(found.messages("SuccessfulDelete")) == 1


async def test_suspending_and_resuming() -> None:
    async with world(JobController) as found:
        found.create("jobs.batch", *job("rest", suspend=True))
        await found.settle()
        assert found.pods() == []
        assert found.condition("jobs.batch", "rest", "Suspended")
        assert "startTime" not in found.status("jobs.batch", "rest")
        found.objects.patch("jobs.batch", "rest", {"spec": {"suspend": False}}, "default")
        await found.settle()
        assert len(found.pods()) == 1
        assert not found.condition("jobs.batch", "rest", "Suspended")


async def test_indexed_pods_know_their_index() -> None:
    async with world(JobController) as found:
        found.create("jobs.batch", *job("ix", completionMode="Indexed", completions=3, parallelism=3))
        await found.settle()
        annotations = [
            pod["metadata"]["annotations"]["batch.kubernetes.io/job-completion-index"] for pod in found.pods()
        ]
        assert sorted(annotations) == ["0", "1", "2"]
        assert {pod["spec"]["hostname"] for pod in found.pods()} == {"ix-0", "ix-1", "ix-2"}
        for pod in found.pods():
            found.say(pod, "Succeeded")
        await found.settle()
        assert found.status("jobs.batch", "ix")["completedIndexes"] == "0-2"


@pytest.mark.parametrize(
    ("code", "reason"), [(42, "PodFailurePolicy"), (1, "BackoffLimitExceeded")], ids=["matched", "counted"]
)
async def test_a_pod_failure_policy_decides(code: int, reason: str) -> None:
    rules = [{"action": "FailJob", "onExitCodes": {"operator": "In", "values": [42]}}]
    async with world(JobController) as found:
        found.create("jobs.batch", *job("rule", backoffLimit=0 if code == 1 else 6, podFailurePolicy={"rules": rules}))
        await found.settle()
        name = found.pods()[0]["metadata"]["name"]
        found.say(found.pods()[0], "Failed", code=code)
        await found.settle()
        condition = found.condition("jobs.batch", "rule", "Failed")
        assert condition is not None
        assert condition["reason"] == reason
        if reason == "PodFailurePolicy":
            words = f"Container main for pod default/{name} failed with exit code 42 matching FailJob rule at index 0"
            assert condition["message"] == words


async def test_finished_jobs_go_after_their_time_to_live() -> None:
    async with world(JobController) as found:
        found.create("jobs.batch", *job("brief", ttlSecondsAfterFinished=0))
        await found.settle()
        found.say(found.pods()[0], "Succeeded")
        # In the foreground: the garbage collector (not at work here) would take the Pod along first.
        await found.until(lambda: found.get("jobs.batch", "brief")["metadata"].get("deletionTimestamp"))
        assert found.get("jobs.batch", "brief")["metadata"]["finalizers"] == ["foregroundDeletion"]


async def test_a_deleted_jobs_pods_are_let_go() -> None:
    async with world(JobController) as found:
        found.create("jobs.batch", *job("gone"))
        await found.settle()
        found.objects.delete("jobs.batch", "gone", "default")
        await found.settle()
        assert "finalizers" not in found.pods()[0]["metadata"]


@pytest.mark.parametrize("text", ["", "0", "0,2", "0,1", "0-2", "1-3,5,7-9"])
def test_indexes_as_text(text: str) -> None:
    assert indexes_text(parse_indexes(text)) == text


async def test_pods_are_named_before_they_are_counted() -> None:
    """Each step is one that watchers of 1.36 see: the target first, then the outcome."""
    async with world(JobController) as found:
        found.create("jobs.batch", *job("bad", backoffLimit=0))
        await found.settle()
        seen: list[tuple[list[str], Any, Json]] = []

        def note(resource: Resource, obj: Json, gone: bool) -> None:
            if resource.name == "jobs.batch":
                status = obj["status"]
                types = [each["type"] for each in status.get("conditions") or ()]
                seen.append((types, status.get("failed"), status["uncountedTerminatedPods"]))

        found.objects.written.append(note)
        (pod,) = found.pods()
        found.say(pod, "Failed")
        await found.settle()
        assert seen == [
            (["FailureTarget"], None, {"failed": [pod["metadata"]["uid"]]}),
            (["FailureTarget", "Failed"], 1, {}),
        ]


@pytest.mark.parametrize("let_go", [True, False], ids=["let go", "only named"])
async def test_a_pod_is_counted_once_after_an_interruption(let_go: bool) -> None:
    async with world(JobController) as found:
        found.create("jobs.batch", *job("bad", backoffLimit=3))
        await found.settle()
        (pod,) = found.pods()
    async with world(JobController, objects=found.objects) as found:
        # A server that was killed after it had named the Pod, and before or after it let it go.
        named = {"uncountedTerminatedPods": {"failed": [pod["metadata"]["uid"]]}, "active": 0}
        found.objects.patch("jobs.batch", "bad", {"status": named}, "default", subresource="status")
        found.say(found.objects.get("pods", pod["metadata"]["name"], "default"), "Failed")
        if let_go:
            found.objects.patch("pods", pod["metadata"]["name"], {"metadata": {"finalizers": None}}, "default")
        await found.settle()
        status = found.status("jobs.batch", "bad")
        assert (status["failed"], status["uncountedTerminatedPods"]) == (1, {})
