"""One pass over one Job: count the Pods that have ended, decide, start or end Pods, and write the status."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from steersman.cluster.controllers import job_pods, pods
from steersman.cluster.controllers.job_pods import TRACKING
from steersman.cluster.controllers.job_policy import (
    Failure,
    failed_index_limit_hit,
    index_of,
    indexes_text,
    parse_indexes,
    pod_failure,
    success_policy_met,
)
from steersman.cluster.machinery import Json, now
from steersman.errors import ApiError, NotFound

if TYPE_CHECKING:
    from steersman.cluster.controllers.jobs import JobController


class JobSync:
    """Made for one pass; `run` says in how many seconds to look again."""

    def __init__(self, controller: JobController, job: Json) -> None:
        self.controller = controller
        self.objects = controller.objects
        self.job = job
        self.spec: Json = job["spec"]
        self.status: Json = copy.deepcopy(job.get("status") or {})
        self.namespace: str = job["metadata"]["namespace"]
        self.indexed = self.spec.get("completionMode") == "Indexed"
        self.pods = pods.owned_pods(self.objects, job, {"matchLabels": self.spec["selector"]["matchLabels"]})
        self.again: float | None = None
        self.release: list[Json] = []  # Pods to let go once the status names them
        self.uncounted: dict[str, list[str]] = {
            "succeeded": [],
            "failed": [],
        }  # their uids, where they count for something
        self._count_interrupted()
        self.counted: dict[str, int] = {field: int(self.status.get(field, 0)) for field in self.uncounted}

    def run(self) -> float | None:
        if self._condition("Complete") or self._condition("Failed"):
            self._release_all()
            return self._time_to_live()
        if self.job["metadata"].get("deletionTimestamp"):
            self._count_finished()
            self._release_all()
            return None
        suspended = bool(self.spec.get("suspend"))
        if not self.status.get("startTime") and not suspended:
            self.status["startTime"] = now()
        self._count_finished()
        failure = self._target_failure() or self._failure()
        active = [pod for pod in self.pods if pods.is_active(pod)]
        terminating = [pod for pod in self.pods if pods.is_terminating(pod) and not pods.is_finished(pod)]
        if failure is not None:
            self._fail(failure, active, terminating)
            return self.again
        if (reason := self._success()) is not None:
            self._complete(reason, active, terminating)
            return self.again
        self._flush(active, terminating)
        self._suspension(suspended)
        if suspended:
            self._delete(active)
            active = []
        else:
            active = self._scale(active, terminating)
        self._write(active, terminating)
        return self.again

    # --- counting ---------------------------------------------------------------------------------------------------

    def _count_interrupted(self) -> None:
        """Adds what a pass that was cut short had named and let go, but not added; what it had only named is counted anew."""
        held = {pod["metadata"]["uid"] for pod in self.pods if TRACKING in (pod["metadata"].get("finalizers") or ())}
        for field, uids in (self.status.get("uncountedTerminatedPods") or {}).items():
            if let_go := [uid for uid in uids if uid not in held]:
                self.status[field] = int(self.status.get(field, 0)) + len(let_go)

    def _count(self, pod: Json, field: str) -> None:
        self.status[field] = int(self.status.get(field, 0)) + 1
        self.uncounted[field].append(pod["metadata"]["uid"])

    def _count_finished(self) -> None:
        """Takes Pods that have ended into the status, once each, to be let go by `_flush`."""
        succeeded = self._succeeded_indexes() if self.indexed else set()
        failed_indexes = parse_indexes(self.status.get("failedIndexes", ""))
        for pod in self.pods:
            if TRACKING not in (pod["metadata"].get("finalizers") or ()):
                continue
            phase = pods.phase(pod)
            if phase == "Succeeded":
                index = index_of(pod)
                if not self.indexed:
                    self._count(pod, "succeeded")
                elif index is not None:
                    succeeded.add(index)
            elif phase == "Failed" or (pods.is_terminating(pod) and self._counts_when_terminating()):
                verdict = pod_failure(self.job, pod)
                if verdict != "Ignore":
                    self._count(pod, "failed")
                    if self.indexed and self._index_has_failed(pod, fatal=verdict == "FailIndex"):
                        failed_indexes.add(index_of(pod) or 0)
            else:
                continue
            self.release.append(pod)
        if self.indexed:
            completions = self.spec.get("completions") or 0
            succeeded = {each for each in succeeded if each < completions}
            self.status["succeeded"] = len(succeeded)
            if succeeded:
                self.status["completedIndexes"] = indexes_text(succeeded)
        if failed_indexes or "backoffLimitPerIndex" in self.spec:
            self.status["failedIndexes"] = indexes_text(failed_indexes)

    def _counts_when_terminating(self) -> bool:
        """Whether a Pod being deleted counts as failed at once, or only when it has ended (podReplacementPolicy)."""
        return self.spec.get("podReplacementPolicy") != "Failed"

    def _succeeded_indexes(self) -> set[int]:
        return parse_indexes(self.status.get("completedIndexes", ""))

    def _index_has_failed(self, pod: Json, *, fatal: bool) -> bool:
        limit = self.spec.get("backoffLimitPerIndex")
        if limit is None:
            return False
        if fatal:
            return True
        index = index_of(pod)
        failed = sum(1 for each in self.pods if index_of(each) == index and pods.phase(each) == "Failed")
        return failed > int(limit)

    def _release_all(self) -> None:
        for pod in self.pods:
            self.controller.release(pod)

    # --- verdicts ---------------------------------------------------------------------------------------------------

    def _condition(self, kind: str) -> Json | None:
        for each in self.status.get("conditions") or ():
            if each["type"] == kind and each["status"] == "True":
                found: Json = each
                return found
        return None

    def _target_failure(self) -> Failure | None:
        found = self._condition("FailureTarget")
        return None if found is None else Failure(found["reason"], found["message"])

    def _failure(self) -> Failure | None:
        if self._condition("SuccessCriteriaMet"):
            return None
        for pod in self.release:
            if pods.phase(pod) == "Failed" and isinstance(verdict := pod_failure(self.job, pod), Failure):
                return verdict
        limit = self.spec.get("backoffLimit")
        limit = 6 if limit is None else int(limit)
        if job_pods.restarted_too_often(self.spec, self.pods, limit) or int(self.status.get("failed", 0)) > limit:
            return Failure("BackoffLimitExceeded", "Job has reached the specified backoff limit")
        deadline = self.spec.get("activeDeadlineSeconds")
        if deadline is not None and self.status.get("startTime") and not self.spec.get("suspend"):
            left = float(deadline) - pods.seconds_since(self.status["startTime"])
            if left <= 0:
                return Failure("DeadlineExceeded", "Job was active longer than specified deadline")
            self._again(left + 0.01)
        if self.indexed and "backoffLimitPerIndex" in self.spec:
            return failed_index_limit_hit(self.job, self.status)
        return None

    def _success(self) -> str | None:
        """The reason for which the Job is complete; None while it is not."""
        if (met := self._condition("SuccessCriteriaMet")) is not None:
            return str(met["reason"])
        if self.indexed and success_policy_met(self.job, self._succeeded_indexes()):
            return "SuccessPolicy"
        succeeded = int(self.status.get("succeeded", 0))
        completions = self.spec.get("completions")
        if completions is None:
            active = any(pods.is_active(pod) for pod in self.pods)
            return "CompletionsReached" if succeeded > 0 and not active else None
        return "CompletionsReached" if succeeded >= completions else None

    def _fail(self, failure: Failure, active: list[Json], terminating: list[Json]) -> None:
        self._delete(active, failed=True)
        terminating = [*terminating, *active]
        self._set("FailureTarget", failure.reason, failure.message)
        self._flush([], terminating)
        still = self._still_there(terminating)
        if not still:
            self._set("Failed", failure.reason, failure.message)
        self._write([], still)
        if not still:
            self.controller.events.warning(self.job, failure.reason, failure.message)

    def _complete(self, reason: str, active: list[Json], terminating: list[Json]) -> None:
        words = {
            "CompletionsReached": "Reached expected number of succeeded pods",
            "SuccessPolicy": "Matched rules at index 0",
        }
        self._delete(active)
        self._set("SuccessCriteriaMet", reason, words.get(reason, ""))
        self._flush([], [*terminating, *active])
        still = self._still_there([*terminating, *active])
        if not still:
            self._set("Complete", reason, words.get(reason, ""))
            self.status["completionTime"] = now()
        self._write([], still)
        if not still:
            self.controller.events.normal(self.job, "Completed", "Job completed")

    def _still_there(self, terminating: list[Json]) -> list[Json]:
        return [pod for pod in terminating if self.objects.find("pods", pod["metadata"]["name"], self.namespace)]

    def _set(self, kind: str, reason: str, message: str, *, value: bool = True) -> None:
        stamp = now()
        conditions = self.status.get("conditions") or []
        self.status["conditions"] = pods.set_condition(
            conditions, kind, value, reason, message, lastProbeTime=stamp, lastTransitionTime=stamp
        )

    def _suspension(self, suspended: bool) -> None:
        before = self._condition("Suspended") is not None
        if suspended and not before:
            self._set("Suspended", "JobSuspended", "Job suspended")
            self.status.pop("startTime", None)
            self.controller.events.normal(self.job, "Suspended", "Job suspended")
        elif before and not suspended:
            self._set("Suspended", "JobResumed", "Job resumed", value=False)
            self.status["startTime"] = now()
            self.controller.events.normal(self.job, "Resumed", "Job resumed")

    # --- Pods -------------------------------------------------------------------------------------------------------

    def _scale(self, active: list[Json], terminating: list[Json]) -> list[Json]:
        """Starts or ends Pods until as many are active as should be; the active ones."""
        parallelism = self.spec.get("parallelism")
        wanted = 1 if parallelism is None else int(parallelism)
        completions = self.spec.get("completions")
        if completions is not None:
            wanted = min(wanted, int(completions) - int(self.status.get("succeeded", 0)))
        elif self.status.get("succeeded", 0):
            wanted = min(wanted, len(active))
        if len(active) > wanted:
            extra = sorted(active, key=pods.deletion_rank)[: len(active) - wanted]
            self._delete(extra)
            return [pod for pod in active if pod not in extra]
        occupied = len(active) + (0 if self._counts_when_terminating() else len(terminating))
        missing = wanted - occupied
        if missing <= 0:
            return active
        if (wait := job_pods.pause_before_next(self.pods)) > 0:
            self._again(wait)
            return active
        for index in self._free_indexes(active, missing) if self.indexed else [None] * missing:
            made = self._create(index)
            if made is None:
                break
            active = [*active, made]
        return active

    def _free_indexes(self, active: list[Json], count: int) -> Sequence[int | None]:
        taken = {index_of(pod) for pod in active} | self._succeeded_indexes()
        taken |= parse_indexes(self.status.get("failedIndexes", ""))
        return [each for each in range(int(self.spec.get("completions") or 0)) if each not in taken][:count]

    def _create(self, index: int | None) -> Json | None:
        pod = job_pods.pod_of(self.job, index)
        try:
            made = self.objects.create("pods", pod, self.namespace)
        except ApiError as error:
            self.controller.events.warning(self.job, "FailedCreate", f"Error creating: {error}")
            self._again(1.0 if error.code == 403 else 0.2)
            return None
        self.controller.events.normal(self.job, "SuccessfulCreate", f"Created pod: {made['metadata']['name']}")
        return made

    def _delete(self, active: list[Json], *, failed: bool = False) -> None:
        for pod in active:
            if failed:  # a Pod that the Job's failure takes along counts as failed
                self._count(pod, "failed")
                self.release.append(pod)
            name = pod["metadata"]["name"]
            try:
                self.objects.delete("pods", name, self.namespace)
            except NotFound:
                continue
            if not failed:
                self.controller.release(pod)
            self.controller.events.normal(self.job, "SuccessfulDelete", f"Deleted pod: {name}")

    # --- the end of a pass ------------------------------------------------------------------------------------------

    def _again(self, seconds: float) -> None:
        self.again = seconds if self.again is None else min(self.again, seconds)

    def _flush(self, active: list[Json], terminating: list[Json]) -> None:
        """Stores who is about to be counted and what the Job is heading for, then lets those Pods go."""
        if self.release or self._condition("FailureTarget") or self._condition("SuccessCriteriaMet"):
            counts = {field: int(self.status.get(field, 0)) for field in self.uncounted}
            self.status |= self.counted
            if self.indexed:
                self.status["succeeded"] = counts["succeeded"]  # these are known by their indexes
            self._store(active, terminating, {field: uids for field, uids in self.uncounted.items() if uids})
            self.status |= counts
            self.counted, self.uncounted = counts, {field: [] for field in counts}
        for pod in self.release:
            self.controller.release(pod)
        self.release.clear()

    def _write(self, active: list[Json], terminating: list[Json]) -> None:
        self._store(active, terminating, {})

    def _store(self, active: list[Json], terminating: list[Json], uncounted: Json) -> None:
        self._set_count("active", len(active))
        self.status["terminating"] = len(terminating)
        self.status["ready"] = sum(1 for pod in active if pods.is_ready(pod))
        self.status["uncountedTerminatedPods"] = uncounted
        for field in ("succeeded", "failed"):
            self._set_count(field, int(self.status.get(field, 0)))
        order = ("conditions", "startTime", "completionTime", "active", "succeeded", "failed", "terminating",
                 "completedIndexes", "failedIndexes", "uncountedTerminatedPods", "ready")  # fmt: skip
        self.status = {field: self.status[field] for field in order if field in self.status}
        if self.status != self.job.get("status"):
            self.job["status"] = copy.deepcopy(self.status)
            self.job = self.objects.update_status("jobs.batch", self.job)

    def _set_count(self, field: str, value: int) -> None:
        if value:
            self.status[field] = value
        else:
            self.status.pop(field, None)

    def _time_to_live(self) -> float | None:
        ttl = self.spec.get("ttlSecondsAfterFinished")
        if ttl is None or self.job["metadata"].get("deletionTimestamp"):
            return None
        end = self._condition("Complete") or self._condition("Failed") or {}
        left = float(ttl) - pods.seconds_since(end.get("lastTransitionTime"))
        if left > 0:
            return left
        metadata: dict[str, Any] = self.job["metadata"]
        self.objects.delete(
            "jobs.batch", metadata["name"], self.namespace, propagation="Foreground", uid=metadata["uid"]
        )
        return None
