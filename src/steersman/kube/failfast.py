"""What cannot succeed any more, and why: an image that does not exist, a claim that nobody binds, a container that crashes on.

Pure functions over an object, its Pods and the events about both. Some signs are final; others may pass (a registry that
answers again, a Secret that another release brings), so each verdict says how long it must have stood before it counts.
"""

from __future__ import annotations

from collections.abc import Iterable

from steersman.kube.events import Event
from steersman.kube.interface import Object
from steersman.kube.readiness import condition
from steersman.lazy import TYPE_CHECKING
from steersman.record import record

if TYPE_CHECKING:
    from typing import Any


@record(frozen=True, slots=True)
class Failure:
    """Why something will not come about. `reason` is Kubernetes' word, `evidence` the lines that show it.

    `patience`: for how many seconds it must have been seen before it is believed.
    """

    reason: str
    message: str
    evidence: tuple[str, ...] = ()
    patience: float = 0.0


# A container that waits for one of these reasons will not start by itself; seconds of patience.
WAITING_REASONS = {
    "InvalidImageName": 0.0,
    "ErrImageNeverPull": 0.0,
    "ErrImagePull": 20.0,
    "ImagePullBackOff": 20.0,
    "ImageInspectError": 20.0,
    "RegistryUnavailable": 60.0,
    "CreateContainerConfigError": 20.0,
    "CreateContainerError": 20.0,
    "RunContainerError": 20.0,
}
# Kubernetes restarts after 10, 20, 40, 80 … s: four restarts are over a minute of the same end.
HOPELESS_RESTARTS = 4
UNSCHEDULABLE_PATIENCE = 60.0  # a cluster that grows on demand takes about so long to add a node
VOLUME_PATIENCE = 30.0
QUOTA_PATIENCE = 20.0
MOUNT_PATIENCE = 30.0


def verdict(obj: Object, pods: Iterable[Object] = (), events: Iterable[Event] = ()) -> Failure | None:
    """The first sign that `obj` will not get ready; None while there is hope."""
    pods, events = list(pods), list(events)
    return (
        _own_verdict(obj, pods)
        or next((found for pod in pods if (found := _pod_verdict(pod, events)) is not None), None)
        or _event_verdict(obj, pods, events)
    )


# --- the object itself --------------------------------------------------------------------------------------------


def _own_verdict(obj: Object, pods: list[Object]) -> Failure | None:
    kind, status = obj.get("kind"), obj.get("status") or {}
    if kind == "Job" and (failed := condition(obj, "Failed")) is not None:
        return Failure(failed.get("reason") or "Failed", failed.get("message") or "", tuple(exits(pods)))
    if kind == "Pod" and status.get("phase") == "Failed":
        return Failure(status.get("reason") or "Failed", status.get("message") or "", tuple(exits([obj])))
    if kind == "Deployment":
        progressing = condition(obj, "Progressing", "False")
        if progressing is not None and progressing.get("reason") == "ProgressDeadlineExceeded":
            return Failure("ProgressDeadlineExceeded", progressing.get("message") or "", tuple(exits(pods)))
    if kind in ("Deployment", "ReplicaSet") and (failed := condition(obj, "ReplicaFailure")) is not None:
        return Failure(failed.get("reason") or "FailedCreate", failed.get("message") or "", patience=QUOTA_PATIENCE)
    if kind == "PersistentVolumeClaim" and status.get("phase") == "Lost":
        return Failure("ClaimLost", "the volume that this claim was bound to is gone")
    return None


def exits(pods: Iterable[Object]) -> list[str]:
    """One line per container that ended badly: `pod/container: exit code 3 (Error)`."""
    lines = []
    for pod in pods:
        for container in container_statuses(pod):
            ended = _ended(container)
            if ended.get("exitCode"):
                lines.append(f"{pod['metadata']['name']}/{container.get('name')}: {_exit(ended)}")
    return lines


def container_statuses(pod: Object) -> list[dict[str, Any]]:
    """Of the init containers and the containers, in the order in which they run."""
    status = pod.get("status") or {}
    return [*(status.get("initContainerStatuses") or []), *(status.get("containerStatuses") or [])]


def _ended(container: dict[str, Any]) -> dict[str, Any]:
    for field in ("state", "lastState"):
        if ended := (container.get(field) or {}).get("terminated"):
            found: dict[str, Any] = ended
            return found
    return {}


def _exit(ended: dict[str, Any]) -> str:
    text = f"exit code {ended.get('exitCode')} ({ended.get('reason') or 'Error'})"
    return f"{text}: {ended['message'].strip()}" if ended.get("message") else text


# --- its Pods -----------------------------------------------------------------------------------------------------


def _pod_verdict(pod: Object, events: list[Event]) -> Failure | None:
    name = pod["metadata"]["name"]
    if (pod.get("metadata") or {}).get("deletionTimestamp"):
        return None
    for container in container_statuses(pod):
        waiting = (container.get("state") or {}).get("waiting") or {}
        reason, where = str(waiting.get("reason") or ""), f"{name}/{container.get('name')}"
        if reason in WAITING_REASONS:
            message = str(waiting.get("message") or reason)
            if reason == "ImagePullBackOff":
                message = _why_not_pulled(pod, events) or message
            return Failure(_image_reason(reason), message, (f"{where}: {reason}",), WAITING_REASONS[reason])
        if reason == "CrashLoopBackOff" and container.get("restartCount", 0) >= HOPELESS_RESTARTS:
            ended = _exit(_ended(container))
            message = (
                f"container {container.get('name')} has crashed {container['restartCount']} times, last with {ended}"
            )
            return Failure("CrashLoopBackOff", message, (f"{where}: {ended}",))
    return _scheduling_verdict(pod, name)


def _image_reason(reason: str) -> str:
    """One word for both halves of the pull-wait-pull cycle, so that the clock of patience runs on through it."""
    return "ImagePullBackOff" if reason == "ErrImagePull" else reason


def _why_not_pulled(pod: Object, events: list[Event]) -> str:
    """What the kubelet noted at its last attempt; while it waits for the next, older ones say no more than `Back-off`."""
    uid = pod["metadata"].get("uid")
    said = [event.message for event in events if event.uid == uid and event.message.startswith("Failed to pull image")]
    return said[-1] if said else ""


def _scheduling_verdict(pod: Object, name: str) -> Failure | None:
    scheduled = condition(pod, "PodScheduled", "False")
    if scheduled is None or scheduled.get("reason") != "Unschedulable":
        return None
    message = str(scheduled.get("message") or "no node takes the Pod")
    if "persistentvolumeclaim" in message.lower():
        return Failure("UnboundVolumeClaim", message, (f"{name}: not scheduled",), VOLUME_PATIENCE)
    return Failure("Unschedulable", message, (f"{name}: not scheduled",), UNSCHEDULABLE_PATIENCE)


# --- what was noted about them ------------------------------------------------------------------------------------

_EVENTS = {
    "FailedCreate": QUOTA_PATIENCE,
    "FailedMount": MOUNT_PATIENCE,
    "FailedAttachVolume": 2 * MOUNT_PATIENCE,
    "ProvisioningFailed": VOLUME_PATIENCE,
    "FailedCreatePodSandBox": 2 * MOUNT_PATIENCE,
}


def _event_verdict(obj: Object, pods: list[Object], events: list[Event]) -> Failure | None:
    stuck = {str(pod["metadata"].get("uid")) for pod in pods if _has_not_started(pod)}
    own = str((obj.get("metadata") or {}).get("uid"))
    for event in reversed(events):
        if not event.is_warning or event.reason not in _EVENTS:
            continue
        # A controller that could not create Pods and then could is over it; so is a Pod that has started.
        concerns = event.uid in stuck if event.reason != "FailedCreate" else event.uid == own and not pods
        if concerns or (event.reason == "ProvisioningFailed" and event.uid == own):
            times = f" ({event.count} times)" if event.count > 1 else ""
            return Failure(
                event.reason, event.message, (f"{event.about}: {event.reason}{times}",), _EVENTS[event.reason]
            )
    return None


def _has_not_started(pod: Object) -> bool:
    return (pod.get("status") or {}).get("phase") in (None, "", "Pending")
