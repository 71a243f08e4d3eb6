"""The conditions in a Deployment's status, as pkg/controller/deployment/util keeps them."""

from __future__ import annotations

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
