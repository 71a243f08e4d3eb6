"""Jobs: Pods until enough of them have succeeded, or too many failed, or time is up.

Source: kubernetes.io "Jobs", the batch/v1 API reference and pkg/controller/job; conditions, reasons and messages as 1.36 gives
them. Each Pod carries the finalizer `batch.kubernetes.io/job-tracking` until the Job's status has counted it: the status names
the Pods that are about to be counted (`uncountedTerminatedPods`), then they are let go, then their number is added, so that no
Pod is counted twice or never, wherever the controller is interrupted.
"""

from __future__ import annotations

from collections.abc import Iterable

from steersman.cluster.controllers.controller import Controller, Key, controller_of, key_of
from steersman.cluster.controllers.job_pods import TRACKING
from steersman.cluster.controllers.job_sync import JobSync
from steersman.cluster.machinery import Json
from steersman.errors import Conflict, NotFound


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
            self.release(obj)  # its Job is gone and nobody else would let it go
        return []

    def reconcile(self, namespace: str, name: str) -> float | None:
        job = self.objects.find("jobs.batch", name, namespace)
        if job is None:
            self._release_orphans(namespace, name)
            return None
        if (job["spec"].get("managedBy") or "kubernetes.io/job-controller") != "kubernetes.io/job-controller":
            return None
        return JobSync(self, job).run()

    def release(self, pod: Json) -> None:
        """Take the Job's finalizer off a Pod; nothing where the Pod is gone or has changed meanwhile."""
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
            self.release(pod)
