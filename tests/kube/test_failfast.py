"""What cannot succeed any more: read off the Pods and events of a real Kubernetes 1.36, and off tables."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from steersman.kube.events import Event, read_event
from steersman.kube.failfast import Failure, verdict
from steersman.kube.interface import Object
from steersman.kube.pods import pods_of


@pytest.fixture(scope="module")
def watched(recorded: Path) -> dict[str, list[dict[str, Any]]]:
    with gzip.open(recorded / "watches.json.gz") as file:
        kinds: dict[str, list[dict[str, Any]]] = json.load(file)
    return kinds


def before_the_end(watched: dict[str, list[dict[str, Any]]], name: str, seconds: float) -> Failure | None:
    """The verdict about the Job `name`, `seconds` after the recording began."""

    def latest(kind: str) -> list[Object]:
        found: dict[str, Object] = {}
        for event in watched[kind]:
            if event["t"] <= seconds and event["type"] != "BOOKMARK":
                found[event["object"]["metadata"]["name"]] = event["object"]
        return list(found.values())

    job = next(job for job in latest("jobs") if job["metadata"]["name"] == name)
    pods = pods_of(job, latest("pods"))
    return verdict(job, pods, [read_event(event) for event in latest("events")])


@pytest.mark.parametrize(
    ("name", "seconds", "reason", "message"),
    [
        ("no-image", 10, "ImagePullBackOff", "no.such.registry/none:1"),
        ("no-image", 19, "ImagePullBackOff", "no.such.registry/none:1"),
        ("no-secret", 10, "CreateContainerConfigError", 'secret "missing" not found'),
        ("no-claim", 10, "UnboundVolumeClaim", 'persistentvolumeclaim "missing" not found'),
        ("no-configmap-volume", 10, "FailedMount", 'configmap "missing" not found'),
        ("fails", 30, "BackoffLimitExceeded", "Job has reached the specified backoff limit"),
        ("deadline", 30, "DeadlineExceeded", "Job was active longer than specified deadline"),
    ],
)
def test_jobs_of_a_real_cluster(
    watched: dict[str, list[dict[str, Any]]], name: str, seconds: float, reason: str, message: str
) -> None:
    failure = before_the_end(watched, name, seconds)
    assert failure is not None
    assert failure.reason == reason
    assert message in failure.message
    assert (failure.patience == 0) is (reason in ("BackoffLimitExceeded", "DeadlineExceeded"))


@pytest.mark.parametrize(("name", "line"), [("fails", "exit code 3 (Error)"), ("oom", "exit code 137 (OOMKilled)")])
def test_a_failed_job_tells_how_its_containers_ended(
    watched: dict[str, list[dict[str, Any]]], name: str, line: str
) -> None:
    failure = before_the_end(watched, name, 60)
    assert failure is not None
    assert any(line in each for each in failure.evidence)


@pytest.mark.parametrize("name", ["ok", "two", "init", "suspended"])
def test_there_is_hope(watched: dict[str, list[dict[str, Any]]], name: str) -> None:
    assert all(before_the_end(watched, name, seconds) is None for seconds in (2, 5, 30))


def pod(waiting: dict[str, Any] | None = None, restarts: int = 0, **status: Any) -> Object:
    container = {"name": "main", "restartCount": restarts, "state": {"waiting": waiting} if waiting else {}}
    container["lastState"] = {"terminated": {"exitCode": 1, "reason": "Error"}} if restarts else {}
    return {
        "kind": "Pod",
        "metadata": {"name": "p", "uid": "pod"},
        "status": {"phase": "Pending", "containerStatuses": [container], **status},
    }


def deployment(*conditions: dict[str, str]) -> Object:
    return {"kind": "Deployment", "metadata": {"name": "d", "uid": "own"}, "status": {"conditions": list(conditions)}}


def warning(reason: str, uid: str, message: str = "m") -> Event:
    return Event("Warning", reason, message, "Kind/name", uid, 3, "2026-01-01T00:00:00Z")


LOOP = {"reason": "CrashLoopBackOff"}
QUOTA = {"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": "exceeded quota"}
TABLE: list[tuple[Object, list[Object], list[Event], str | None]] = [
    (deployment(), [pod({"reason": "InvalidImageName"})], [], "InvalidImageName"),
    (deployment(), [pod({"reason": "ContainerCreating"})], [], None),
    (deployment(), [pod(LOOP, restarts=2)], [], None),  # it may only be waiting for its database
    (deployment(), [pod(LOOP, restarts=4)], [], "CrashLoopBackOff"),
    (deployment(QUOTA), [], [], "FailedCreate"),
    (
        deployment({"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded", "message": "m"}),
        [],
        [],
        "ProgressDeadlineExceeded",
    ),
    (deployment(), [], [warning("FailedCreate", "own")], "FailedCreate"),
    (deployment(), [pod()], [warning("FailedCreate", "own")], None),  # it could not, then it could
    (deployment(), [pod()], [warning("FailedMount", "pod")], "FailedMount"),
    (deployment(), [pod(phase="Running")], [warning("FailedMount", "pod")], None),  # it mounted in the end
    (deployment(), [pod()], [warning("FailedMount", "of another pod")], None),
    (deployment(), [pod()], [warning("Unhealthy", "pod")], None),
    (
        {"kind": "PersistentVolumeClaim", "metadata": {"uid": "own"}, "status": {"phase": "Pending"}},
        [],
        [warning("ProvisioningFailed", "own", "no such class")],
        "ProvisioningFailed",
    ),
    ({"kind": "PersistentVolumeClaim", "metadata": {"uid": "own"}, "status": {"phase": "Lost"}}, [], [], "ClaimLost"),
    (
        deployment(),
        [pod(conditions=[{"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "no cpu"}])],
        [],
        "Unschedulable",
    ),
    ({"kind": "ConfigMap", "metadata": {}}, [], [], None),
]


@pytest.mark.parametrize(("obj", "pods", "events", "reason"), TABLE)
def test_verdicts(obj: Object, pods: list[Object], events: list[Event], reason: str | None) -> None:
    failure = verdict(obj, pods, events)
    assert (failure.reason if failure else None) == reason


def test_a_crash_loop_tells_the_exit_code() -> None:
    failure = verdict(deployment(), [pod(LOOP, restarts=5)])
    assert failure is not None
    assert failure.message == "container main has crashed 5 times, last with exit code 1 (Error)"


def test_a_pull_that_waits_tells_what_the_last_attempt_said() -> None:
    """Kubernetes before 1.31 says only `Back-off pulling image` while it waits."""
    said = warning("Failed", "pod", 'Failed to pull image "none:1": no such host')
    failure = verdict(deployment(), [pod({"reason": "ImagePullBackOff", "message": "Back-off"})], [said])
    assert failure is not None
    assert failure.message == said.message


def owned(name: str, owner: str, **metadata: Any) -> Object:
    return {"metadata": {"name": name, "uid": name, "ownerReferences": [{"uid": owner}], **metadata}}


def test_only_pods_of_the_newest_revision_count() -> None:
    """Pods of the ReplicaSet before crash no matter how: they are on their way out."""
    sets = [owned(f"rs{n}", "own", annotations={"deployment.kubernetes.io/revision": str(n)}) for n in (9, 10)]
    pods = [owned("old", "rs9"), owned("new", "rs10"), owned("other", "elsewhere")]
    assert [each["metadata"]["name"] for each in pods_of(deployment(), pods, sets)] == ["new"]
    stateful = {"kind": "StatefulSet", "metadata": {"uid": "own"}, "status": {"updateRevision": "b"}}
    pods = [owned(f"p-{n}", "own", labels={"controller-revision-hash": n}) for n in "ab"]
    assert [each["metadata"]["name"] for each in pods_of(stateful, pods)] == ["p-b"]


def test_both_forms_of_events_are_read(watched: dict[str, list[dict[str, Any]]]) -> None:
    read = [read_event(event["object"]) for event in watched["events"] if event["type"] == "ADDED"]
    scheduling = next(event for event in read if event.reason == "FailedScheduling")
    assert (scheduling.about.split("-")[0], scheduling.count, scheduling.is_warning) == ("Pod/no", 1, True)
    assert all(event.last_seen for event in read)
