"""CronJobs: a Job whenever the schedule says so."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from datetime import UTC, datetime

from steersman.cluster.controllers import cron
from steersman.cluster.controllers.controller import Controller, Key, controller_of, key_of, owner_reference
from steersman.cluster.machinery import Json
from steersman.errors import AlreadyExists, ApiError

SCHEDULED_AT = "batch.kubernetes.io/cronjob-scheduled-timestamp"


class CronJobController(Controller):
    name = "cronjob-controller"
    watches = ("cronjobs.batch", "jobs.batch")

    def keys(self, resource: str, obj: Json, kind: str) -> Iterable[Key]:
        if resource == "cronjobs.batch":
            return [key_of(obj)]
        owner = controller_of(obj)
        return [(obj["metadata"]["namespace"], owner["name"])] if owner and owner["kind"] == "CronJob" else []

    def reconcile(self, namespace: str, name: str) -> float | None:
        cron_job = self.objects.find("cronjobs.batch", name, namespace)
        if cron_job is None or cron_job["metadata"].get("deletionTimestamp"):
            return None
        spec, status = cron_job["spec"], copy.deepcopy(cron_job.get("status") or {})
        jobs = [
            each for each in self.objects.list("jobs.batch", namespace)
            if (controller_of(each) or {}).get("uid") == cron_job["metadata"]["uid"]
        ]  # fmt: skip
        running = [each for each in jobs if not _ended(each)]
        done = [_ended_at(each) for each in jobs if _ended(each) == "Complete"]
        if done:
            status["lastSuccessfulTime"] = max([*done, status.get("lastSuccessfulTime", "")])
        self._forget_old(spec, jobs)
        again = None
        if not spec.get("suspend"):
            try:
                again, running = self._run_due(cron_job, status, running)
            except ValueError as error:
                words = f'unparseable schedule: "{spec["schedule"]}" : {error}'
                self.events.warning(cron_job, "UnparseableSchedule", words)
        status.pop("active", None)
        if running:
            status["active"] = [
                {"apiVersion": "batch/v1", "kind": "Job", "name": each["metadata"]["name"], "namespace": namespace,
                 "uid": each["metadata"]["uid"], "resourceVersion": each["metadata"]["resourceVersion"]}
                for each in running
            ]  # fmt: skip
        if status != (cron_job.get("status") or {}):
            cron_job["status"] = status
            self.objects.update_status("cronjobs.batch", cron_job)
        return again

    def _run_due(self, cron_job: Json, status: Json, running: list[Json]) -> tuple[float | None, list[Json]]:
        """Starts the Job of the last time that has come since the one before; says when the next one is."""
        spec = cron_job["spec"]
        schedule, zone = cron.parse(spec["schedule"]), spec.get("timeZone")
        current = datetime.now(UTC)
        last = _time(status.get("lastScheduleTime") or cron_job["metadata"]["creationTimestamp"])
        due, upcoming = None, schedule.next_after(last, zone)
        while upcoming is not None and upcoming <= current:
            due, upcoming = upcoming, schedule.next_after(upcoming, zone)
        wait = None if upcoming is None else (upcoming - current).total_seconds() + 0.01
        if due is None:
            return wait, running
        deadline = spec.get("startingDeadlineSeconds")
        if deadline is not None and (current - due).total_seconds() > deadline:
            words = f"Missed scheduled time to start a job: {due.strftime('%a, %d %b %Y %H:%M:%S +0000')}"
            self.events.warning(cron_job, "MissSchedule", words)
            return wait, running
        policy = spec.get("concurrencyPolicy", "Allow")
        if policy == "Forbid" and running:
            words = "Not starting job because prior execution is running and concurrency policy is Forbid"
            self.events.normal(cron_job, "JobAlreadyActive", words)
            return wait, running
        if policy == "Replace":
            for each in running:
                self.objects.delete(
                    "jobs.batch", each["metadata"]["name"], each["metadata"]["namespace"], propagation="Background"
                )
                self.events.normal(cron_job, "SuccessfulDelete", f"Deleted job {each['metadata']['name']}")
            running = []
        made = self._create(cron_job, due)
        status["lastScheduleTime"] = due.strftime("%Y-%m-%dT%H:%M:%SZ")
        return wait, [*running, made] if made is not None else running

    def _create(self, cron_job: Json, due: datetime) -> Json | None:
        template = copy.deepcopy(cron_job["spec"]["jobTemplate"])
        metadata: Json = template.get("metadata") or {}
        name = f"{cron_job['metadata']['name']}-{int(due.timestamp()) // 60}"
        metadata |= {
            "name": name,
            "namespace": cron_job["metadata"]["namespace"],
            "ownerReferences": [owner_reference(cron_job)],
        }
        metadata.setdefault("annotations", {})[SCHEDULED_AT] = due.strftime("%Y-%m-%dT%H:%M:%SZ")
        try:
            made = self.objects.create(
                "jobs.batch", {"metadata": metadata, "spec": template["spec"]}, metadata["namespace"]
            )
        except AlreadyExists:
            return None
        except ApiError as error:
            self.events.warning(cron_job, "FailedCreate", f"Error creating job: {error}")
            return None
        self.events.normal(cron_job, "SuccessfulCreate", f"Created job {name}")
        return made

    def _forget_old(self, spec: Json, jobs: list[Json]) -> None:
        for kind, field, default in (
            ("Complete", "successfulJobsHistoryLimit", 3),
            ("Failed", "failedJobsHistoryLimit", 1),
        ):
            keep = spec.get(field)
            keep = default if keep is None else int(keep)
            ended = sorted((each for each in jobs if _ended(each) == kind), key=_ended_at)
            for each in ended[: max(len(ended) - keep, 0)]:
                self.objects.delete(
                    "jobs.batch", each["metadata"]["name"], each["metadata"]["namespace"], propagation="Background"
                )


def _ended(job: Json) -> str:
    for condition in (job.get("status") or {}).get("conditions") or ():
        if condition["type"] in ("Complete", "Failed") and condition["status"] == "True":
            return str(condition["type"])
    return ""


def _ended_at(job: Json) -> str:
    status = job.get("status") or {}
    stamps = [each.get("lastTransitionTime", "") for each in status.get("conditions") or ()]
    return str(status.get("completionTime") or max(stamps, default=""))


def _time(stamp: str) -> datetime:
    return datetime.strptime(stamp, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
