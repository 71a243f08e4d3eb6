"""Readiness as kstatus has it. What is expected is what helm 4.3.1 printed with `--wait` for such objects, or did not."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from steersman.kube.interface import Object
from steersman.kube.readiness import Readiness, State, assess, assess_completion, to_be_waited_for

CURRENT = "Current"


def conditions(*listed: tuple[str, ...]) -> dict[str, Any]:
    return {"conditions": [dict(zip(("type", "status", "reason", "message"), each, strict=False)) for each in listed]}


def obj(kind: str, spec: dict[str, Any], status: Any, **metadata: Any) -> Object:
    api_version, _, name = kind.rpartition("/")
    return {
        "apiVersion": api_version,
        "kind": name,
        "metadata": {"name": "x", **metadata},
        "spec": spec,
        "status": status,
    }


def shown(readiness: Readiness) -> str:
    return CURRENT if readiness.ready else f"{readiness.state}: {readiness.message}"


FULL = {"replicas": 1, "updatedReplicas": 1, "availableReplicas": 1, "readyReplicas": 1}
LATE = conditions(("Progressing", "False", "ProgressDeadlineExceeded"))
AVAILABLE, PROGRESSED = ("Available", "True"), ("Progressing", "True", "NewReplicaSetAvailable")
DEPLOYMENT: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({}, {}, "InProgress: Replicas: 0/1"),
    ({}, {"replicas": 1}, "InProgress: Updated: 0/1"),
    ({}, {"replicas": 1, "updatedReplicas": 1}, "InProgress: Available: 0/1"),
    ({}, {"replicas": 2, "updatedReplicas": 1}, "InProgress: Pending termination: 1"),
    ({}, FULL, "InProgress: ReplicaSet not Available"),
    ({}, {**FULL, **conditions(AVAILABLE)}, "InProgress: ReplicaSet not Available"),
    ({}, {**FULL, **conditions(PROGRESSED)}, "InProgress: Deployment not Available"),
    ({}, {**FULL, **conditions(AVAILABLE, PROGRESSED)}, CURRENT),
    (
        {},
        {"replicas": 1, **conditions(("Progressing", "False", "ProgressDeadlineExceeded"))},
        "Failed: Progress deadline exceeded",
    ),
    (
        {},
        {"replicas": 1, **conditions(("ReplicaFailure", "True", "FailedCreate", "quota"))},
        "InProgress: Updated: 0/1",
    ),
    ({}, {"observedGeneration": 7}, "InProgress: Deployment generation is 2, but latest observed generation is 7"),
    ({"replicas": 0}, {}, "InProgress: ReplicaSet not Available"),
    (
        {"replicas": 3},
        {"replicas": 3, "updatedReplicas": 1, "availableReplicas": 3, "readyReplicas": 3},
        "InProgress: Updated: 1/3",
    ),
    # without a progress deadline the controller never says that it has progressed
    ({"progressDeadlineSeconds": 2**31 - 1}, {**FULL, **conditions(AVAILABLE)}, CURRENT),
]
PARTITION = {"replicas": 3, "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 2}}}
ROLLING = {"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 0}}}
STATEFUL_SET: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    (ROLLING, {"replicas": 0}, "InProgress: Replicas: 0/1"),
    (ROLLING, {"replicas": 1}, "InProgress: Ready: 0/1"),
    (ROLLING, {"replicas": 2, "readyReplicas": 1}, "InProgress: Pending termination: 1"),
    (ROLLING, {"replicas": 1, "readyReplicas": 1}, "InProgress: updated: 0/1"),
    (ROLLING, {"replicas": 1, "readyReplicas": 1, "updatedReplicas": 1}, CURRENT),
    ({"updateStrategy": {"type": "OnDelete"}}, {"replicas": 0}, CURRENT),
    (PARTITION, {"replicas": 3, "readyReplicas": 3}, "InProgress: updated: 0/1"),
    (PARTITION, {"replicas": 3, "readyReplicas": 3, "updatedReplicas": 1}, CURRENT),
    ({}, {"replicas": 1, "readyReplicas": 1}, "InProgress: current: 0/1"),
    (
        {},
        {"replicas": 1, "readyReplicas": 1, "currentReplicas": 1, "currentRevision": "a", "updateRevision": "b"},
        "InProgress: Waiting for updated revision to match current",
    ),
    (
        {},
        {"replicas": 1, "readyReplicas": 1, "currentReplicas": 1, "currentRevision": "b", "updateRevision": "b"},
        CURRENT,
    ),
]
REPLICA_SET: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({}, {"replicas": 0}, "InProgress: Labelled: 0/1"),
    ({}, {"replicas": 1, "fullyLabeledReplicas": 1}, "InProgress: Available: 0/1"),
    ({}, {"replicas": 1, "fullyLabeledReplicas": 1, "availableReplicas": 1, "readyReplicas": 1}, CURRENT),
    (
        {},
        {"replicas": 2, "fullyLabeledReplicas": 2, "availableReplicas": 2, "readyReplicas": 2},
        "InProgress: Pending termination: 1",
    ),
    ({}, conditions(("ReplicaFailure", "True", "FailedCreate")), "InProgress: Replica Failure condition. Check Pods"),
]
SCHEDULED = {"observedGeneration": 2, "desiredNumberScheduled": 2, "currentNumberScheduled": 2}
DAEMON_SET: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({}, {}, "InProgress: DaemonSet status.observedGeneration not found"),
    ({}, {"observedGeneration": 2}, "InProgress: Missing .status.desiredNumberScheduled"),
    ({}, {"observedGeneration": 2, "desiredNumberScheduled": 0}, CURRENT),
    ({}, {"observedGeneration": 2, "desiredNumberScheduled": 2}, "InProgress: Current: 0/2"),
    ({}, SCHEDULED, "InProgress: Updated: 0/2"),
    ({}, {**SCHEDULED, "updatedNumberScheduled": 2}, "InProgress: Available: 0/2"),
    ({}, {**SCHEDULED, "updatedNumberScheduled": 2, "numberAvailable": 2}, "InProgress: Ready: 0/2"),
    ({}, {**SCHEDULED, "updatedNumberScheduled": 2, "numberAvailable": 2, "numberReady": 2}, CURRENT),
]
FAILED = conditions(("Failed", "True", "BackoffLimitExceeded", "m"))
JOB: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({}, {}, "InProgress: Job not started"),
    ({}, {"startTime": "t", "active": 1}, CURRENT),
    ({}, {"startTime": "t", "succeeded": 1, **conditions(("Complete", "True"))}, CURRENT),
    ({}, {"startTime": "t", "failed": 1, **conditions(("FailureTarget", "True"))}, CURRENT),
    (
        {"completions": 3, "parallelism": 2},
        {"startTime": "t", "failed": 2, **FAILED},
        "Failed: Job Failed. failed: 2/3",
    ),
    ({"parallelism": 2}, {"startTime": "t", "failed": 2, **FAILED}, "Failed: Job Failed. failed: 2/2"),
    ({}, conditions(("Suspended", "True")), CURRENT),  # helm 4.3.1: waits until its timeout
]
LOOPS = [{"name": name, "state": {"waiting": {"reason": "CrashLoopBackOff"}}} for name in "cd"]
POD: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({}, {}, "InProgress: Pod phase not available"),
    ({}, {"phase": "Pending"}, "InProgress: Pod is in the Pending phase"),
    (
        {},
        {"phase": "Pending", **conditions(("PodScheduled", "False", "Unschedulable"))},
        "Failed: Pod could not be scheduled",
    ),
    ({}, {"phase": "Running"}, "InProgress: Pod is running but is not Ready"),
    ({}, {"phase": "Running", **conditions(("Ready", "True"))}, CURRENT),
    ({}, {"phase": "Running", "containerStatuses": LOOPS}, "Failed: Containers in CrashLoop state: c,d"),
    ({}, {"phase": "Succeeded"}, CURRENT),
    ({}, {"phase": "Failed"}, CURRENT),
    ({}, {"phase": "Unknown"}, "Unknown: "),
]
CLAIM: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({}, {}, "InProgress: PVC is not Bound. phase: unknown"),
    ({}, {"phase": "Pending"}, "InProgress: PVC is not Bound. phase: Pending"),
    ({}, {"phase": "Lost"}, "InProgress: PVC is not Bound. phase: Lost"),
    ({}, {"phase": "Bound"}, CURRENT),
]
SERVICE: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({}, {}, CURRENT),
    ({"type": "LoadBalancer"}, {}, "InProgress: ClusterIP not set. Service type: LoadBalancer"),
    ({"type": "LoadBalancer", "clusterIP": "1.2.3.4"}, {}, CURRENT),
]
DEFINITION: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({}, {}, "InProgress: Install in progress"),
    ({}, conditions(("Established", "False", "Installing")), "InProgress: Install in progress"),
    ({}, conditions(("NamesAccepted", "False", "R", "taken")), "Failed: taken"),
    ({}, conditions(("NamesAccepted", "True"), ("Established", "False", "R", "broken")), "Failed: broken"),
    ({}, conditions(("NamesAccepted", "True"), ("Established", "True")), CURRENT),
]
CUSTOM: list[tuple[dict[str, Any], Any, str]] = [
    ({}, None, CURRENT),
    ({}, conditions(("Ready", "True", "R", "M")), CURRENT),
    ({}, conditions(("Ready", "False", "R", "not yet")), "InProgress: not yet"),
    ({}, conditions(("Ready", "Unknown", "R", "who knows")), "InProgress: who knows"),
    ({}, conditions(("Ready", "False", "R")), "InProgress: "),
    ({}, conditions(("Ready", "Weird", "R", "M")), CURRENT),
    ({}, conditions(("Reconciling", "True", "R", "at it")), "InProgress: at it"),
    ({}, conditions(("Ready", "True"), ("Stalled", "True", "R", "stuck")), "Failed: stuck"),
    ({}, conditions(("Reconciling", "True", "R", "at it"), ("Stalled", "True", "R", "stuck")), "InProgress: at it"),
    ({}, conditions(("Stalled", "True", "R", "stuck"), ("Reconciling", "True", "R", "at it")), "Failed: stuck"),
    ({}, conditions(("Available", "False", "R", "M")), CURRENT),
    (
        {},
        {"observedGeneration": 7, **conditions(("Ready", "True"))},
        "InProgress: Foo generation is 2, but latest observed generation is 7",
    ),
    ({}, {"conditions": "text"}, "Unknown: "),
    ({}, {"phase": "Pending"}, CURRENT),
]
TABLES: dict[str, list[tuple[dict[str, Any], Any, str]]] = {
    "apps/v1/Deployment": [*DEPLOYMENT],
    "apps/v1/StatefulSet": [*STATEFUL_SET],
    "apps/v1/ReplicaSet": [*REPLICA_SET],
    "apps/v1/DaemonSet": [*DAEMON_SET],
    "batch/v1/Job": [*JOB],
    "v1/Pod": [*POD],
    "v1/PersistentVolumeClaim": [*CLAIM],
    "v1/Service": [*SERVICE],
    "apiextensions.k8s.io/v1/CustomResourceDefinition": [*DEFINITION],
    "example.com/v1/Foo": CUSTOM,
    "v1/ConfigMap": [({}, None, CURRENT)],
    "batch/v1/CronJob": [({}, None, CURRENT)],
    "policy/v1/PodDisruptionBudget": [({}, {"observedGeneration": 2}, CURRENT)],
    "networking.k8s.io/v1/Ingress": [({}, {"loadBalancer": {}}, CURRENT)],
    "apiregistration.k8s.io/v1/APIService": [({}, conditions(("Available", "False", "R", "M")), CURRENT)],
}
ROWS = [(kind, *row) for kind, rows in TABLES.items() for row in rows]


@pytest.mark.parametrize(("kind", "spec", "status", "expected"), ROWS)
def test_like_helm(kind: str, spec: dict[str, Any], status: Any, expected: str) -> None:
    spec = {"progressDeadlineSeconds": 600, **spec} if kind.endswith("Deployment") else spec
    assert shown(assess(obj(kind, spec, status, generation=2))) == expected


def test_what_is_being_deleted_is_terminating() -> None:
    gone = obj("v1/ConfigMap", {}, {}, deletionTimestamp="2026-01-01T00:00:00Z")
    assert shown(assess(gone)) == "Terminating: Resource scheduled for deletion"


def test_a_new_pod_gets_time_to_be_scheduled() -> None:
    status = {"phase": "Pending", **conditions(("PodScheduled", "False", "Unschedulable"))}
    pod = obj("v1/Pod", {}, status, creationTimestamp="1970-01-01T00:01:40Z")
    assert shown(assess(pod, now=110)) == "InProgress: Pod has not been scheduled"
    assert shown(assess(pod, now=116)) == "Failed: Pod could not be scheduled"


@pytest.mark.parametrize(
    ("kind", "status", "expected"),
    [
        ("batch/v1/Job", {}, "InProgress: Job in progress"),
        ("batch/v1/Job", {"startTime": "t", "active": 1}, "InProgress: Job in progress"),
        ("batch/v1/Job", {"succeeded": 1, **conditions(("Complete", "True"))}, CURRENT),
        ("batch/v1/Job", {"failed": 1, **FAILED}, "Failed: Job Failed. failed: 1/1"),
        ("v1/Pod", {"phase": "Running", **conditions(("Ready", "True"))}, "InProgress: Pod in progress"),
        ("v1/Pod", {"phase": "Succeeded"}, CURRENT),
        ("v1/Pod", {"phase": "Failed"}, "Failed: pod x failed"),
        ("v1/ConfigMap", None, CURRENT),
        ("apps/v1/Deployment", {}, "InProgress: Replicas: 0/1"),
    ],
)
def test_a_hook_is_done_when_it_has_run(kind: str, status: Any, expected: str) -> None:
    assert shown(assess_completion(obj(kind, {}, status))) == expected


@pytest.mark.parametrize(
    ("kind", "spec", "expected"),
    [
        ("v1/ConfigMap", {}, False),
        ("rbac.authorization.k8s.io/v1/Role", {}, False),
        ("apps/v1/Deployment", {}, True),
        ("apps/v1/Deployment", {"paused": True}, False),
        ("v1/Service", {}, True),
        ("example.com/v1/Role", {}, True),
    ],
)
def test_what_is_worth_waiting_for(kind: str, spec: dict[str, Any], expected: bool) -> None:
    assert to_be_waited_for(obj(kind, spec, None)) is expected


def test_jobs_of_a_real_cluster(recorded: Path) -> None:
    """Each Job of the recording ends as its name says."""
    listed = json.loads((recorded / "jobs-final.json").read_text())["response"]["items"]
    ended = {
        job["metadata"]["name"]: assess_completion({"apiVersion": "batch/v1", "kind": "Job", **job}).state
        for job in listed
    }
    assert {name for name, state in ended.items() if state is State.CURRENT} == {
        "ok",
        "two",
        "init",
        "no-serviceaccount",
    }
    assert {name for name, state in ended.items() if state is State.IN_PROGRESS} == {"suspended"}
    assert len([state for state in ended.values() if state is State.FAILED]) == len(ended) - 5


def test_a_rollout_of_a_real_cluster(recorded: Path) -> None:
    """A Deployment is ready at the end of its rollout and not before; so again when its image changed."""
    with gzip.open(recorded / "watches.json.gz") as file:
        events = [event for event in json.load(file)["deployments"] if event["type"] == "MODIFIED" and event["t"] < 80]
    lines = [shown(assess(event["object"])) for event in events if event["object"]["metadata"]["name"] == "web"]
    assert list(dict.fromkeys(lines)) == [
        "InProgress: Replicas: 0/2",
        "InProgress: Available: 0/2",
        "InProgress: Available: 1/2",
        CURRENT,
        "InProgress: Deployment generation is 2, but latest observed generation is 1",
        "InProgress: Updated: 0/2",
        "InProgress: Updated: 1/2",
        "InProgress: Pending termination: 1",
    ]
    assert [index for index, line in enumerate(lines) if line == CURRENT] == [4, len(lines) - 1]
