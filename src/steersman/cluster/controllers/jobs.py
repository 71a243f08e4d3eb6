"""Jobs: Pods until enough of them have succeeded, or too many failed, or time is up.

Source: kubernetes.io "Jobs", the batch/v1 API reference and pkg/controller/job; conditions, reasons and messages as 1.36 gives
them. Each Pod carries the finalizer `batch.kubernetes.io/job-tracking` until the Job's status has counted it: the status names
the Pods that are about to be counted (`uncountedTerminatedPods`), then they are let go, then their number is added, so that no
Pod is counted twice or never, wherever the controller is interrupted.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Sequence
from typing import Any

from steersman.cluster.controllers import pods
from steersman.cluster.controllers.controller import Controller, Key, controller_of, key_of
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
from steersman.errors import ApiError, Conflict, NotFound

TRACKING = "batch.kubernetes.io/job-tracking"
INDEX = "batch.kubernetes.io/job-completion-index"
_FIRST_BACK_OFF, _LONGEST_BACK_OFF = 10.0, 600.0


class JobController(Controller):
    name = "job-controller"
    watches = ("jobs.batch", "pods")

    def keys(self, resource: str, obj: Json, kind: str) -> Iterable[Key]:
        if resource == "jobs.batch":
            return [key_of(obj)]
        owner = controller_of(obj)
        if owner is not None and owner["kind"] == "Job":
            return [(obj["metadata"]["namespace"], owner["name"])]
        if TRACKING in (obj["metadata"].get("finalizers") or ()):
            self._release(obj)  # its Job is gone and nobody else would let it go
        return []

    def reconcile(self, namespace: str, name: str) -> float | None:
        job = self.objects.find("jobs.batch", name, namespace)
        if job is None:
            self._release_orphans(namespace, name)
            return None
        if (job["spec"].get("managedBy") or "kubernetes.io/job-controller") != "kubernetes.io/job-controller":
            return None
        return _Sync(self, job).run()

    def _release(self, pod: Json) -> None:
        metadata = pod["metadata"]
        finalizers = [each for each in metadata.get("finalizers") or () if each != TRACKING]
        if len(finalizers) == len(metadata.get("finalizers") or ()):
            return
        try:
            self.objects.patch(
                "pods", metadata["name"], {"metadata": {"finalizers": finalizers}}, metadata["namespace"]
            )
        except (NotFound, Conflict):
            return

    def _release_orphans(self, namespace: str, name: str) -> None:
        for pod in self.objects.list("pods", namespace, labels=f"batch.kubernetes.io/job-name={name}"):
            self._release(pod)


class _Sync:
    """One pass over one Job."""

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
            self.controller._release(pod)

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
        if self._past_back_off_limit(limit):
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

    def _past_back_off_limit(self, limit: int) -> bool:
        if self.spec["template"]["spec"].get("restartPolicy") == "OnFailure":
            restarts = sum(
                each.get("restartCount", 0)
                for pod in self.pods
                if pods.phase(pod) in ("Running", "Pending")
                for field in ("initContainerStatuses", "containerStatuses")
                for each in (pod.get("status") or {}).get(field) or ()
            )
            if restarts and restarts >= max(limit, 1):
                return True
        return int(self.status.get("failed", 0)) > limit

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
        if (wait := self._back_off()) > 0:
            self._again(wait)
            return active
        template = self.spec["template"]
        for index in self._free_indexes(active, missing) if self.indexed else [None] * missing:
            made = self._create(template, index)
            if made is None:
                break
            active = [*active, made]
        return active

    def _back_off(self) -> float:
        """Seconds until the next Pod may start: 10, 20, 40 … after the last failure since the last success."""
        failed = [pod for pod in self.pods if pods.phase(pod) == "Failed"]
        succeeded = [_finished_at(pod) for pod in self.pods if pods.phase(pod) == "Succeeded"]
        ends = sorted(_finished_at(pod) for pod in failed)
        recent = [each for each in ends if not succeeded or each >= max(succeeded)]
        if not recent:
            return 0.0
        pause = min(_FIRST_BACK_OFF * 2 ** (len(recent) - 1), _LONGEST_BACK_OFF)
        return float(pause - pods.seconds_since(recent[-1]))

    def _free_indexes(self, active: list[Json], count: int) -> Sequence[int | None]:
        taken = {index_of(pod) for pod in active} | self._succeeded_indexes()
        taken |= parse_indexes(self.status.get("failedIndexes", ""))
        return [each for each in range(int(self.spec.get("completions") or 0)) if each not in taken][:count]

    def _create(self, template: Json, index: int | None) -> Json | None:
        pod = pods.from_template(self.job, template)
        metadata: Json = pod["metadata"]
        metadata["finalizers"] = [*(metadata.get("finalizers") or ()), TRACKING]
        if index is not None:
            name = self.job["metadata"]["name"]
            metadata["generateName"] = f"{name}-{index}-"
            metadata.setdefault("annotations", {})[INDEX] = str(index)
            metadata.setdefault("labels", {})[INDEX] = str(index)
            pod["spec"].setdefault("hostname", f"{name}-{index}"[:63])
            for container in [*pod["spec"]["containers"], *(pod["spec"].get("initContainers") or ())]:
                reference: Json = {"fieldRef": {"apiVersion": "v1", "fieldPath": f"metadata.labels['{INDEX}']"}}
                variables = container.setdefault("env", [])
                if not any(each["name"] == "JOB_COMPLETION_INDEX" for each in variables):
                    variables.append({"name": "JOB_COMPLETION_INDEX", "valueFrom": reference})
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
                self.controller._release(pod)
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
            self.controller._release(pod)
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


def _finished_at(pod: Json) -> str:
    """When a Pod ended: the last end of its containers."""
    status = pod.get("status") or {}
    ends = [
        (each.get("state") or {}).get("terminated", {}).get("finishedAt") or ""
        for each in [*(status.get("containerStatuses") or ()), *(status.get("initContainerStatuses") or ())]
    ]
    return max([each for each in ends if each], default=pod["metadata"]["creationTimestamp"])
