"""What a Job says about failures and successes of its Pods: podFailurePolicy, successPolicy, indexes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from steersman.cluster.machinery import Json

_INDEX = "batch.kubernetes.io/job-completion-index"


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a Job fails: the reason and message of its Failed condition."""

    reason: str
    message: str


def pod_failure(job: Json, pod: Json) -> Failure | Literal["Count", "Ignore", "FailIndex"]:
    """What the Job's podFailurePolicy makes of a failed Pod; the first rule that matches decides."""
    policy = job["spec"].get("podFailurePolicy") or {}
    for number, rule in enumerate(policy.get("rules") or ()):
        words = _matches(rule, pod)
        if words is None:
            continue
        action = rule["action"]
        if action == "FailJob":
            name = f"{pod['metadata']['namespace']}/{pod['metadata']['name']}"
            return Failure("PodFailurePolicy", f"{words.format(pod=name)} matching FailJob rule at index {number}")
        if action in ("Ignore", "FailIndex"):
            return "Ignore" if action == "Ignore" else "FailIndex"
        return "Count"
    return "Count"


def _matches(rule: Json, pod: Json) -> str | None:
    """The beginning of the failure's message where the rule matches."""
    status = pod.get("status") or {}
    if (codes := rule.get("onExitCodes")) is not None:
        for container in [*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())]:
            if codes.get("containerName") and codes["containerName"] != container["name"]:
                continue
            code = ((container.get("state") or {}).get("terminated") or {}).get("exitCode")
            if code is None or code == 0:
                continue
            if (code in codes["values"]) == (codes["operator"] == "In"):
                return f"Container {container['name']} for pod {{pod}} failed with exit code {code}"
        return None
    for wanted in rule.get("onPodConditions") or ():
        for condition in status.get("conditions") or ():
            if condition["type"] == wanted["type"] and condition["status"] == wanted.get("status", "True"):
                return f"Pod {{pod}} has condition {condition['type']}"
    return None


def success_policy_met(job: Json, succeeded: set[int]) -> bool:
    for rule in (job["spec"].get("successPolicy") or {}).get("rules") or ():
        chosen = succeeded & parse_indexes(rule["succeededIndexes"]) if rule.get("succeededIndexes") else succeeded
        if rule.get("succeededCount") is not None:
            if len(chosen) >= rule["succeededCount"]:
                return True
        elif rule.get("succeededIndexes") and chosen == parse_indexes(rule["succeededIndexes"]):
            return True
    return False


def failed_index_limit_hit(job: Json, status: Json) -> Failure | None:
    """With backoffLimitPerIndex: too many failed indexes, or none left to try while some have failed."""
    failed = parse_indexes(status.get("failedIndexes", ""))
    most = job["spec"].get("maxFailedIndexes")
    if most is not None and len(failed) > most:
        return Failure("MaxFailedIndexesExceeded", "Job has exceeded the specified maximal number of failed indexes")
    done = parse_indexes(status.get("completedIndexes", ""))
    if failed and len(failed | done) >= int(job["spec"].get("completions") or 0):
        return Failure("FailedIndexes", "Job has failed indexes")
    return None


def index_of(pod: Json) -> int | None:
    text = (pod["metadata"].get("annotations") or {}).get(_INDEX)
    return int(text) if text is not None and text.isdigit() else None


def parse_indexes(text: str) -> set[int]:
    """`1,3-5` as numbers."""
    numbers: set[int] = set()
    for part in filter(None, text.split(",")):
        first, _, last = part.partition("-")
        numbers |= set(range(int(first), int(last or first) + 1))
    return numbers


def indexes_text(numbers: set[int]) -> str:
    """The reverse of `parse_indexes`, with runs of three and more (and of two) joined as Kubernetes does."""
    runs: list[tuple[int, int]] = []
    for number in sorted(numbers):
        if runs and number == runs[-1][1] + 1:
            runs[-1] = (runs[-1][0], number)
        else:
            runs.append((number, number))
    parts = [str(a) if a == b else f"{a},{b}" if b == a + 1 else f"{a}-{b}" for a, b in runs]
    return ",".join(parts)
