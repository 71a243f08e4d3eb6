"""The conditions in a Deployment's status, as pkg/controller/deployment/util keeps them."""

from __future__ import annotations

from steersman.cluster.controllers import pods
from steersman.cluster.controllers.deployment_numbers import limits, replicas_of
from steersman.cluster.machinery import Json, now


def condition(status: Json, kind: str) -> Json:
    """{} where there is none of that kind."""
    found: Json = next((each for each in status.get("conditions") or () if each["type"] == kind), {})
    return found


def set_condition(status: Json, kind: str, value: bool | str, reason: str, message: str) -> None:
    """One that says something new goes to the end of the list; `lastTransitionTime` moves only with the status."""
    word = value if isinstance(value, str) else "True" if value else "False"
    current, stamp = condition(status, kind), now()
    if (current.get("status"), current.get("reason")) == (word, reason):
        return
    since = current["lastTransitionTime"] if current.get("status") == word else stamp
    others = [each for each in status.get("conditions") or () if each["type"] != kind]
    status["conditions"] = [
        *others,
        {"type": kind, "status": word, "lastUpdateTime": stamp, "lastTransitionTime": since, "reason": reason,
         "message": message},
    ]  # fmt: skip


def note_failure(status: Json, sets: list[Json]) -> None:
    """That a ReplicaSet cannot make its Pods is the Deployment's trouble, too."""
    failed = next((found for each in sets if (found := condition(each.get("status") or {}, "ReplicaFailure"))), None)
    if failed is not None:
        set_condition(status, "ReplicaFailure", failed["status"], failed["reason"], failed["message"])
        return
    status["conditions"] = [each for each in status["conditions"] if each["type"] != "ReplicaFailure"]


def has_deadline(deployment: Json) -> bool:
    """Kubernetes watches the progress only of those; the largest number stands for none."""
    return deployment["spec"].get("progressDeadlineSeconds") not in (None, 2**31 - 1)


def note_pause(deployment: Json) -> None:
    """While paused, and until something moves after that, nobody can say whether the roll-out comes along."""
    current = condition(deployment.get("status") or {}, "Progressing")
    known = current.get("reason") == "DeploymentPaused"
    if not has_deadline(deployment) or current.get("reason") == "ProgressDeadlineExceeded":
        return
    if deployment["spec"].get("paused") and not known:
        progress(deployment, "Unknown", "DeploymentPaused", "Deployment is paused")
    elif known and not deployment["spec"].get("paused"):
        progress(deployment, "Unknown", "DeploymentResumed", "Deployment is resumed")


def progress(deployment: Json, status: bool | str, reason: str, message: str) -> None:
    """Set the condition Progressing, of a Deployment whose progress is watched."""
    if has_deadline(deployment):
        set_condition(deployment.setdefault("status", {}), "Progressing", status, reason, message)


def complete(deployment: Json) -> bool:
    """Whether all Pods that are wanted are there, of the newest template, and available."""
    wanted, status = replicas_of(deployment), deployment.get("status") or {}
    same = all(status.get(field, 0) == wanted for field in ("replicas", "updatedReplicas", "availableReplicas"))
    return same and status.get("observedGeneration", 0) >= deployment["metadata"].get("generation", 1)


def availability(deployment: Json, available: int, wanted: int) -> None:
    """Set the condition Available: whether no more Pods are missing than may be."""
    _, unavailable = limits(deployment)
    enough = available >= wanted - unavailable
    words = "Deployment has minimum availability." if enough else "Deployment does not have minimum availability."
    reason = "MinimumReplicasAvailable" if enough else "MinimumReplicasUnavailable"
    set_condition(deployment["status"], "Available", enough, reason, words)


def judge_progress(deployment: Json, new: Json | None, before: Json) -> float | None:
    """Sets Progressing; says when the progress deadline would pass."""
    if deployment["spec"].get("paused") or new is None:
        return None
    if not has_deadline(deployment):
        kept = deployment["status"]["conditions"]
        deployment["status"]["conditions"] = [each for each in kept if each["type"] != "Progressing"]
        return None
    name = new["metadata"]["name"]
    status = deployment["status"]
    current: Json = next((each for each in status["conditions"] if each["type"] == "Progressing"), {})
    if complete(deployment):
        if current.get("reason") != "NewReplicaSetAvailable":
            words = f'ReplicaSet "{name}" has successfully progressed.'
            progress(deployment, True, "NewReplicaSetAvailable", words)
        return None
    if current.get("reason") == "NewReplicaSetAvailable" and before.get("updatedReplicas", 0) == status.get(
        "updatedReplicas", 0
    ):
        return None  # a Pod that fell over later is no new roll-out
    if _moved(status, before):
        stamp = now()
        kept = [each for each in status["conditions"] if each["type"] != "Progressing"]
        since = current.get("lastTransitionTime", stamp) if current.get("status") == "True" else stamp
        status["conditions"] = [
            *kept,
            {"type": "Progressing", "status": "True", "lastUpdateTime": stamp, "lastTransitionTime": since,
             "reason": "ReplicaSetUpdated", "message": f'ReplicaSet "{name}" is progressing.'},
        ]  # fmt: skip
        current = status["conditions"][-1]
    deadline = deployment["spec"].get("progressDeadlineSeconds")
    if deadline is None or current.get("reason") == "ProgressDeadlineExceeded" or not current:
        return None
    left = float(deadline) - pods.seconds_since(current.get("lastUpdateTime"))
    if left > 0:
        return left + 0.01
    progress(deployment, False, "ProgressDeadlineExceeded", f'ReplicaSet "{name}" has timed out progressing.')
    return None


def _moved(status: Json, before: Json) -> bool:
    """Whether more Pods of the new template are there, ready or available than before, or fewer of older ones."""
    counts = ("updatedReplicas", "readyReplicas", "availableReplicas")
    if any(status.get(field, 0) > before.get(field, 0) for field in counts):
        return True
    old, older = (each.get("replicas", 0) - each.get("updatedReplicas", 0) for each in (status, before))
    return bool(old < older)
