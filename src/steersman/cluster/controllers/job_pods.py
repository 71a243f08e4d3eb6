"""The Pods of a Job: how one is made, and what their failures say about the next.

Source: pkg/controller/job of Kubernetes 1.36 (back-off, restarts, indexes).
"""

from __future__ import annotations

from collections.abc import Sequence

from steersman.cluster.controllers import pods
from steersman.cluster.machinery import Json

TRACKING = "batch.kubernetes.io/job-tracking"
INDEX = "batch.kubernetes.io/job-completion-index"
_FIRST_BACK_OFF, _LONGEST_BACK_OFF = 10.0, 600.0


def pod_of(job: Json, index: int | None) -> Json:
    """A Pod of the Job's template that the Job will count; with `index`, of that completion."""
    pod = pods.from_template(job, job["spec"]["template"])
    metadata: Json = pod["metadata"]
    metadata["finalizers"] = [*(metadata.get("finalizers") or ()), TRACKING]
    if index is not None:
        name = job["metadata"]["name"]
        metadata["generateName"] = f"{name}-{index}-"
        metadata.setdefault("annotations", {})[INDEX] = str(index)
        metadata.setdefault("labels", {})[INDEX] = str(index)
        pod["spec"].setdefault("hostname", f"{name}-{index}"[:63])
        for container in [*pod["spec"]["containers"], *(pod["spec"].get("initContainers") or ())]:
            reference: Json = {"fieldRef": {"apiVersion": "v1", "fieldPath": f"metadata.labels['{INDEX}']"}}
            variables = container.setdefault("env", [])
            if not any(each["name"] == "JOB_COMPLETION_INDEX" for each in variables):
                variables.append({"name": "JOB_COMPLETION_INDEX", "valueFrom": reference})
    return pod


def pause_before_next(made: Sequence[Json]) -> float:
    """Seconds until the next Pod may start: 10, 20, 40 … after the last failure since the last success."""
    failed = [pod for pod in made if pods.phase(pod) == "Failed"]
    succeeded = [_finished_at(pod) for pod in made if pods.phase(pod) == "Succeeded"]
    ends = sorted(_finished_at(pod) for pod in failed)
    recent = [each for each in ends if not succeeded or each >= max(succeeded)]
    if not recent:
        return 0.0
    pause = min(_FIRST_BACK_OFF * 2 ** (len(recent) - 1), _LONGEST_BACK_OFF)
    return float(pause - pods.seconds_since(recent[-1]))


def restarted_too_often(spec: Json, made: Sequence[Json], limit: int) -> bool:
    """Whether Pods that restart their containers themselves have done so as often as the Job's `backoffLimit` allows."""
    if spec["template"]["spec"].get("restartPolicy") != "OnFailure":
        return False
    restarts = sum(
        each.get("restartCount", 0)
        for pod in made
        if pods.phase(pod) in ("Running", "Pending")
        for field in ("initContainerStatuses", "containerStatuses")
        for each in (pod.get("status") or {}).get(field) or ()
    )
    return bool(restarts) and restarts >= max(limit, 1)


def _finished_at(pod: Json) -> str:
    """When a Pod ended: the last end of its containers."""
    status = pod.get("status") or {}
    ends = [
        (each.get("state") or {}).get("terminated", {}).get("finishedAt") or ""
        for each in [*(status.get("containerStatuses") or ()), *(status.get("initContainerStatuses") or ())]
    ]
    return max([each for each in ends if each], default=pod["metadata"]["creationTimestamp"])
