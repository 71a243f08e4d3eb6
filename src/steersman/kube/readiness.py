"""How far an object has come: kstatus, the reading of objects that Helm 4 waits by.

States, rules and messages are those of sigs.k8s.io/cli-utils' kstatus as helm 4.3.1 prints them (`resource Deployment/ns/name not
ready. status: InProgress, message: Available: 0/1`), with one exception: a suspended Job is ready, as in kstatus' newer releases
(Helm waits for it until its timeout). Pure functions over objects.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from enum import StrEnum

from steersman.kube.interface import Object
from steersman.lazy import TYPE_CHECKING
from steersman.record import record

if TYPE_CHECKING:
    from typing import Any

# A Pod that no node has taken for so long after its creation is called unschedulable.
SCHEDULE_WINDOW_SECONDS = 15.0
NO_PROGRESS_DEADLINE = 2**31 - 1


class State(StrEnum):
    """kstatus' states."""

    IN_PROGRESS = "InProgress"
    CURRENT = "Current"
    FAILED = "Failed"
    TERMINATING = "Terminating"
    NOT_FOUND = "NotFound"
    UNKNOWN = "Unknown"


@record(frozen=True, slots=True)
class Readiness:
    """What `assess` says. `reason` is one CamelCase word where kstatus has one, `message` is for a person."""

    state: State
    message: str
    reason: str = ""

    @property
    def ready(self) -> bool:
        return self.state is State.CURRENT


NOT_FOUND = Readiness(State.NOT_FOUND, "Resource not found", "NotFound")
POD_NOT_SCHEDULED = Readiness(State.IN_PROGRESS, "Pod has not been scheduled", "PodNotScheduled")
POD_UNSCHEDULABLE = Readiness(State.FAILED, "Pod could not be scheduled", "PodUnschedulable")


def assess(obj: Object, *, now: float | None = None) -> Readiness:
    """The readiness of any object, as `helm --wait` sees it. `now` is seconds since 1970 (only for unschedulable Pods)."""
    try:
        return _generic(obj) or _by_kind(obj, time.time() if now is None else now)
    except (TypeError, AttributeError, ValueError):  # a custom resource may put anything under `status`
        return Readiness(State.UNKNOWN, "", "UnreadableStatus")


def assess_completion(obj: Object) -> Readiness:
    """As `assess`, but a Job and a Pod are ready only when they have run to their end: what a hook is waited for."""
    kind = _kind(obj)
    if kind == "batch/Job":
        return _job_completion(obj)
    if kind == "Pod":
        return _pod_completion(obj)
    return assess(obj)


# Kinds of Kubernetes' own without anything to wait for: once stored, they are as ready as they will ever be.
READY_ONCE_STORED = frozenset(
    {
        "ConfigMap", "CronJob", "ClusterRole", "ClusterRoleBinding", "EndpointSlice", "Endpoints", "Ingress", "IngressClass",
        "LimitRange", "MutatingWebhookConfiguration", "NetworkPolicy", "PriorityClass", "Role", "RoleBinding", "RuntimeClass",
        "Secret", "ServiceAccount", "StorageClass", "ValidatingWebhookConfiguration",
    }
)  # fmt: skip


def to_be_waited_for(obj: Object) -> bool:
    """Whether the object can be other than ready. Like Helm, a paused Deployment is not waited for."""
    if obj.get("kind") == "Deployment" and (obj.get("spec") or {}).get("paused"):
        return False
    built_in = "." not in str(obj.get("apiVersion")) or ".k8s.io/" in str(obj.get("apiVersion"))
    return not (built_in and obj.get("kind") in READY_ONCE_STORED)


def condition(obj: Object, type_: str, status: str = "True") -> dict[str, Any] | None:
    """The object's condition of that type, if its status is the given one."""
    return next((c for c in _conditions(obj) if c.get("type") == type_ and c.get("status") == status), None)


# --- what holds for every kind ------------------------------------------------------------------------------------


def _generic(obj: Object) -> Readiness | None:
    metadata, status = obj.get("metadata") or {}, obj.get("status") or {}
    if metadata.get("deletionTimestamp"):
        return Readiness(State.TERMINATING, "Resource scheduled for deletion", "Terminating")
    generation, observed = metadata.get("generation"), status.get("observedGeneration")
    if generation is not None and observed is not None and generation != observed:
        message = f"{obj.get('kind')} generation is {generation}, but latest observed generation is {observed}"
        return Readiness(State.IN_PROGRESS, message, "LatestGenerationNotObserved")
    for found in _conditions(obj):
        if found.get("status") == "True" and found.get("type") in ("Reconciling", "Stalled"):
            state = State.IN_PROGRESS if found["type"] == "Reconciling" else State.FAILED
            return Readiness(state, found.get("message") or "", found.get("reason") or "")
    return None


def _by_kind(obj: Object, now: float) -> Readiness:
    kind = _kind(obj)
    if kind == "Pod":
        return _pod(obj, now)
    return _RULES.get(kind, _custom_resource)(obj)


def _custom_resource(obj: Object) -> Readiness:
    for found in _conditions(obj):
        if found.get("type") == "Ready" and found.get("status") == "True":
            return _current("Resource is Ready")
        if found.get("type") == "Ready" and found.get("status") in ("False", "Unknown"):
            return _in_progress(found.get("reason") or "", found.get("message") or "")
    return _current("Resource is current")


def _always_ready(_: Object) -> Readiness:
    return _current("Resource is always ready")


# --- workloads ----------------------------------------------------------------------------------------------------


def _deployment(obj: Object) -> Readiness:
    spec, status = obj.get("spec") or {}, obj.get("status") or {}
    progressing = spec.get("progressDeadlineSeconds", NO_PROGRESS_DEADLINE) == NO_PROGRESS_DEADLINE
    available = False
    for found in _conditions(obj):
        if found.get("type") == "Progressing":
            if found.get("reason") == "ProgressDeadlineExceeded":
                return Readiness(State.FAILED, "Progress deadline exceeded", "ProgressDeadlineExceeded")
            progressing = progressing or (
                found.get("status") == "True" and found.get("reason") == "NewReplicaSetAvailable"
            )
        elif found.get("type") == "Available":
            available = found.get("status") == "True"
    wanted, total = spec.get("replicas", 1), status.get("replicas", 0)
    updated, up = status.get("updatedReplicas", 0), status.get("availableReplicas", 0)
    if wanted > total:
        return _in_progress("LessReplicas", f"Replicas: {total}/{wanted}")
    if wanted > updated:
        return _in_progress("LessUpdated", f"Updated: {updated}/{wanted}")
    if total > wanted:
        return _in_progress("ExtraPods", f"Pending termination: {total - wanted}")
    if updated > up:
        return _in_progress("LessAvailable", f"Available: {up}/{updated}")
    if wanted > (ready := status.get("readyReplicas", 0)):
        return _in_progress("LessReady", f"Ready: {ready}/{wanted}")
    if not progressing:
        return _in_progress("ReplicaSetNotAvailable", "ReplicaSet not Available")
    if not available:
        return _in_progress("DeploymentNotAvailable", "Deployment not Available")
    return _current(f"Deployment is available. Replicas: {total}")


def _stateful_set(obj: Object) -> Readiness:
    spec, status = obj.get("spec") or {}, obj.get("status") or {}
    strategy = spec.get("updateStrategy") or {}
    if strategy.get("type") == "OnDelete":
        return _current("StatefulSet is using the ondelete update strategy")
    wanted, total, updated = spec.get("replicas", 1), status.get("replicas", 0), status.get("updatedReplicas", 0)
    if wanted > total:
        return _in_progress("LessReplicas", f"Replicas: {total}/{wanted}")
    if wanted > (ready := status.get("readyReplicas", 0)):
        return _in_progress("LessReady", f"Ready: {ready}/{wanted}")
    if total > wanted:
        return _in_progress("ExtraPods", f"Pending termination: {total - wanted}")
    partition = (strategy.get("rollingUpdate") or {}).get("partition", -1)
    if partition != -1:
        if updated < wanted - partition:
            return _in_progress("PartitionRollout", f"updated: {updated}/{wanted - partition}")
        return _current(f"Partition rollout complete. updated: {updated}")
    if wanted > (current := status.get("currentReplicas", 0)):
        return _in_progress("LessCurrent", f"current: {current}/{wanted}")
    if status.get("currentRevision", "") != status.get("updateRevision", ""):
        return _in_progress("RevisionMismatch", "Waiting for updated revision to match current")
    return _current(f"All replicas scheduled as expected. Replicas: {total}")


def _replica_set(obj: Object) -> Readiness:
    spec, status = obj.get("spec") or {}, obj.get("status") or {}
    if condition(obj, "ReplicaFailure"):
        return _in_progress("ReplicaFailure", "Replica Failure condition. Check Pods")
    wanted, total = spec.get("replicas", 1), status.get("replicas", 0)
    if wanted > (labelled := status.get("fullyLabeledReplicas", 0)):
        return _in_progress("LessLabelled", f"Labelled: {labelled}/{wanted}")
    if wanted > (up := status.get("availableReplicas", 0)):
        return _in_progress("LessAvailable", f"Available: {up}/{wanted}")
    if wanted > (ready := status.get("readyReplicas", 0)):
        return _in_progress("LessReady", f"Ready: {ready}/{wanted}")
    if total > wanted:
        return _in_progress("ExtraPods", f"Pending termination: {total - wanted}")
    return _current(f"ReplicaSet is available. Replicas: {total}")


def _daemon_set(obj: Object) -> Readiness:
    metadata, status = obj.get("metadata") or {}, obj.get("status") or {}
    if metadata.get("generation") is None:
        return _in_progress("NoGeneration", f"{obj.get('kind')} metadata.generation not found")
    if status.get("observedGeneration") is None:
        return _in_progress("NoObservedGeneration", f"{obj.get('kind')} status.observedGeneration not found")
    wanted = status.get("desiredNumberScheduled", -1)
    if wanted == -1:
        return _in_progress("NoDesiredNumber", "Missing .status.desiredNumberScheduled")
    for reason, word, field in (
        ("LessCurrent", "Current", "currentNumberScheduled"),
        ("LessUpdated", "Updated", "updatedNumberScheduled"),
        ("LessAvailable", "Available", "numberAvailable"),
        ("LessReady", "Ready", "numberReady"),
    ):
        if wanted > (there := status.get(field, 0)):
            return _in_progress(reason, f"{word}: {there}/{wanted}")
    return _current(f"All replicas scheduled as expected. Replicas: {wanted}")


def _job(obj: Object) -> Readiness:
    """A Job that runs is ready: `helm --wait` does not wait for its end (that is `--wait-for-jobs`)."""
    if (ended := _job_end(obj)) is not None:
        return ended
    status = obj.get("status") or {}
    if condition(obj, "Suspended"):
        return _current("Job is suspended")
    if not status.get("startTime"):
        return _in_progress("JobNotStarted", "Job not started")
    counts = [status.get(field, 0) for field in ("succeeded", "active", "failed")]
    return _current("Job in progress. success:{}, active: {}, failed: {}".format(*counts))


def _job_completion(obj: Object) -> Readiness:
    return _job_end(obj) or _in_progress("JobInProgress", "Job in progress")


def _job_end(obj: Object) -> Readiness | None:
    spec, status = obj.get("spec") or {}, obj.get("status") or {}
    completions = spec.get("completions", spec.get("parallelism", 1))
    for found in _conditions(obj):
        if found.get("status") == "True" and found.get("type") == "Complete":
            return _current(f"Job Completed. succeeded: {status.get('succeeded', 0)}/{completions}")
        if found.get("status") == "True" and found.get("type") == "Failed":
            return Readiness(State.FAILED, f"Job Failed. failed: {status.get('failed', 0)}/{completions}", "JobFailed")
    return None


def _pod(obj: Object, now: float) -> Readiness:
    status = obj.get("status") or {}
    phase = status.get("phase", "")
    if phase == "Succeeded":
        return _current("Pod has completed successfully")
    if phase == "Failed":
        return _current("Pod has completed, but not successfully")
    if phase == "Running":
        if condition(obj, "Ready"):
            return _current("Pod is Ready")
        looping = [
            str(container.get("name"))
            for container in status.get("containerStatuses") or []
            if ((container.get("state") or {}).get("waiting") or {}).get("reason") == "CrashLoopBackOff"
        ]
        if looping:
            message = f"Containers in CrashLoop state: {','.join(looping)}"
            return Readiness(State.FAILED, message, "ContainerCrashLooping")
        return _in_progress("PodRunningNotReady", "Pod is running but is not Ready")
    if phase == "Pending":
        scheduled = condition(obj, "PodScheduled", "False")
        if scheduled is not None and scheduled.get("reason") == "Unschedulable":
            created = (obj.get("metadata") or {}).get("creationTimestamp")
            if created and now - seconds_of(created) < SCHEDULE_WINDOW_SECONDS:
                return POD_NOT_SCHEDULED
            return POD_UNSCHEDULABLE
        return _in_progress("PodPending", "Pod is in the Pending phase")
    if phase == "":
        return _in_progress("PodNotObserved", "Pod phase not available")
    return Readiness(State.UNKNOWN, "", "UnknownPhase")


def _pod_completion(obj: Object) -> Readiness:
    name, phase = (obj.get("metadata") or {}).get("name"), (obj.get("status") or {}).get("phase")
    if phase == "Succeeded":
        return _current(f"pod {name} succeeded")
    if phase == "Failed":
        return Readiness(State.FAILED, f"pod {name} failed", "PodFailed")
    return _in_progress("PodInProgress", "Pod in progress")


# --- the rest -----------------------------------------------------------------------------------------------------


def _claim(obj: Object) -> Readiness:
    phase = (obj.get("status") or {}).get("phase", "unknown")
    return (
        _current("PVC is Bound") if phase == "Bound" else _in_progress("NotBound", f"PVC is not Bound. phase: {phase}")
    )


def _service(obj: Object) -> Readiness:
    spec = obj.get("spec") or {}
    if spec.get("type") == "LoadBalancer" and not spec.get("clusterIP"):
        return _in_progress("NoIPAssigned", "ClusterIP not set. Service type: LoadBalancer")
    return _current("Service is ready")


def _disruption_budget(_: Object) -> Readiness:
    return _current("AllowedDisruptions has been computed.")


def _definition(obj: Object) -> Readiness:
    for found in _conditions(obj):
        kind, status = found.get("type"), found.get("status")
        refused = kind == "NamesAccepted" and status == "False"
        if refused or (kind == "Established" and status == "False" and found.get("reason") != "Installing"):
            return Readiness(State.FAILED, found.get("message") or "", found.get("reason") or "")
        if kind == "Established" and status == "True":
            return _current("CRD is established")
    return _in_progress("Installing", "Install in progress")


_RULES: dict[str, Callable[[Object], Readiness]] = {
    "ConfigMap": _always_ready,
    "PersistentVolumeClaim": _claim,
    "Secret": _always_ready,
    "Service": _service,
    "apiextensions.k8s.io/CustomResourceDefinition": _definition,
    "apps/DaemonSet": _daemon_set,
    "apps/Deployment": _deployment,
    "apps/ReplicaSet": _replica_set,
    "apps/StatefulSet": _stateful_set,
    "batch/CronJob": _always_ready,
    "batch/Job": _job,
    "extensions/DaemonSet": _daemon_set,
    "extensions/Deployment": _deployment,
    "extensions/ReplicaSet": _replica_set,
    "policy/PodDisruptionBudget": _disruption_budget,
}


# --- reading ------------------------------------------------------------------------------------------------------


def seconds_of(timestamp: str) -> float:
    """Seconds since 1970 of an RFC 3339 timestamp. Raises ValueError."""
    from datetime import datetime

    return datetime.fromisoformat(timestamp.replace("Z", "+00:00")).timestamp()


def _kind(obj: Object) -> str:
    group, _, _ = str(obj.get("apiVersion") or "").rpartition("/")
    return f"{group}/{obj.get('kind')}" if group else str(obj.get("kind"))


def _conditions(obj: Object) -> list[dict[str, Any]]:
    found = (obj.get("status") or {}).get("conditions") or []
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
        raise TypeError("status.conditions is not a list of conditions")
    return found


def _current(message: str) -> Readiness:
    return Readiness(State.CURRENT, message)


def _in_progress(reason: str, message: str) -> Readiness:
    return Readiness(State.IN_PROGRESS, message, reason)
