"""Helpers for tests that run Pods: manifests in short, and waiting for what the cluster makes of them."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

from steersman.cluster.agent.link import Link
from steersman.cluster.kubelet.kubelet import Kubelet
from steersman.cluster.machinery import Objects
from steersman.cluster.node import LogRequest
from steersman.cluster.store import Store
from steersman.cluster.workloads import WorkloadOptions, Workloads, run_workloads

Json = dict[str, Any]
PATIENCE = 60.0
"""Seconds after which a test gives up; nothing here takes anywhere near as long, but machines can be busy."""


class Cluster:
    """A cluster without its HTTP server: objects, and all that acts on them."""

    def __init__(self, objects: Objects, workloads: Workloads) -> None:
        self.objects = objects
        self.workloads = workloads

    @property
    def kubelet(self) -> Kubelet:
        assert self.workloads.kubelet is not None
        return self.workloads.kubelet

    @property
    def link(self) -> Link:
        assert self.workloads.machine is not None
        return self.workloads.machine.link

    def create(self, resource: str, obj: Json, namespace: str | None = "default") -> Json:
        return self.objects.create(resource, obj, namespace)

    async def until(
        self, resource: str, name: str, test: Callable[[Json], Any], *, namespace: str | None = "default"
    ) -> Json:
        """The object, as soon as `test` holds for it."""
        async with asyncio.timeout(PATIENCE):
            async for event in self.objects.watch(resource, namespace):
                if event.object["metadata"]["name"] == name and event.type != "DELETED" and test(event.object):
                    return event.object
        raise AssertionError("unreachable")

    async def pod_of(self, job: str, test: Callable[[Json], Any] = lambda pod: True) -> Json:
        """A Pod of that Job, as soon as `test` holds for it."""
        return await self._any("pods", lambda pod: pod["metadata"]["labels"].get("job-name") == job and test(pod))

    async def _any(self, resource: str, test: Callable[[Json], Any]) -> Json:
        async with asyncio.timeout(PATIENCE):
            async for event in self.objects.watch(resource, "default"):
                if event.type != "DELETED" and test(event.object):
                    return event.object
        raise AssertionError("unreachable")

    async def endpoints_of(self, service: str, *, ready: int) -> None:
        """Returns when the Service has that many ready endpoints."""

        def test(slice_: Json) -> bool:
            mine: bool = slice_["metadata"]["labels"].get("kubernetes.io/service-name") == service
            return mine and sum(each["conditions"]["ready"] for each in slice_.get("endpoints") or ()) == ready

        await self._any("endpointslices.discovery.k8s.io", test)

    def run(self, name: str, command: list[str], **container: Any) -> Json:
        """Creates a Pod of one container that is killed at once when it is deleted."""
        labels = {"app": name}
        spec = {
            "terminationGracePeriodSeconds": 0,
            "containers": [{"name": "main", "image": "debian", "command": command, **container}],
        }
        return self.create("pods", {"metadata": {"name": name, "labels": labels}, "spec": spec})

    def claim(self, name: str) -> Json:
        spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Mi"}}}
        return self.create("persistentvolumeclaims", {"metadata": {"name": name}, "spec": spec})

    def service(self, name: str, app: str, port: int, **spec: Any) -> Json:
        port_spec = {"port": port, "targetPort": spec.pop("target", port)}
        return self.create(
            "services", {"metadata": {"name": name}, "spec": {"selector": {"app": app}, "ports": [port_spec], **spec}}
        )

    def events_of(self, obj: Json) -> list[Json]:
        found = self.objects.list("events", "default")
        return [each for each in found if each["involvedObject"].get("uid") == obj["metadata"]["uid"]]

    async def event(self, obj: Json, reason: str, *, nth: int = 0) -> Json:
        """The event about that object with that reason (the first, or the `nth` after it), as soon as it is there."""
        found: dict[str, Json] = {}
        async with asyncio.timeout(PATIENCE):
            async for seen in self.objects.watch("events", "default"):
                about, event = seen.object["involvedObject"], seen.object
                if about.get("uid") == obj["metadata"]["uid"] and event["reason"] == reason:
                    found.setdefault(event["metadata"]["name"], event)
                    if len(found) > nth:
                        return event
        raise AssertionError("unreachable")

    async def gone(self, resource: str, name: str, *, namespace: str | None = "default") -> None:
        async with asyncio.timeout(PATIENCE):
            async for event in self.objects.watch(resource, namespace):
                if self.objects.find(resource, name, namespace) is None:
                    return
                del event

    async def finished(self, name: str) -> Json:
        """The Job's final condition."""
        job = await self.until("jobs.batch", name, final_condition)
        condition = final_condition(job)
        assert condition is not None
        return condition

    def pods_of(self, job: str) -> list[Json]:
        return self.objects.list("pods", "default", labels=f"job-name={job}")

    async def log_of(self, job: str, *, container: str = "main") -> str:
        """What the Job's last Pod wrote."""
        name = self.pods_of(job)[-1]["metadata"]["name"]
        return await self.log(name, container)

    async def log(self, pod: str, container: str = "main", **options: Any) -> str:
        request = LogRequest("default", pod, container, **options)
        return b"".join([chunk async for chunk in self.kubelet.logs(request)]).decode()

    async def script(self, name: str, text: str, *, image: str = "debian", **pod: Any) -> tuple[Json, str]:
        """Runs a shell script as a Job without retries: its final condition and its log."""
        self.create("jobs.batch", job(name, ["/bin/sh", "-c", text], image=image, pod=pod))
        condition = await self.finished(name)
        return condition, await self.log_of(name)


def final_condition(obj: Json) -> Json | None:
    for condition in (obj.get("status") or {}).get("conditions") or ():
        if condition["type"] in ("Complete", "Failed") and condition["status"] == "True":
            found: Json = condition
            return found
    return None


def waiting(pod: Json) -> Json:
    """Why the Pod's first container waits; empty when it does not."""
    statuses = (pod.get("status") or {}).get("containerStatuses") or [{}]
    found: Json = (statuses[0].get("state") or {}).get("waiting") or {}
    return found


def is_running(pod: Json) -> bool:
    statuses = (pod.get("status") or {}).get("containerStatuses") or [{}]
    return "running" in (statuses[0].get("state") or {})


def restarts(pod: Json) -> int:
    return int(((pod.get("status") or {}).get("containerStatuses") or [{}])[0].get("restartCount", 0))


def is_ready(pod: Json) -> bool:
    conditions = (pod.get("status") or {}).get("conditions") or ()
    return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)


def job(
    name: str,
    command: list[str],
    *,
    image: str = "debian",
    pod: Json | None = None,
    container: Json | None = None,
    **spec: Any,
) -> Json:
    main = {"name": "main", "image": image, "command": command, **(container or {})}
    template = {"restartPolicy": "Never", "terminationGracePeriodSeconds": 0, "containers": [main], **(pod or {})}
    return {"metadata": {"name": name}, "spec": {"backoffLimit": 0, "template": {"spec": template}, **spec}}


@contextlib.asynccontextmanager
async def cluster(
    folder: Path | None = None, *, objects: Objects | None = None, **options: Any
) -> AsyncIterator[Cluster]:
    """A running cluster; in `folder` (with `objects`) of one that ran before, where both are given."""
    with tempfile.TemporaryDirectory(prefix="steersman-test-") as made:
        place = folder or Path(made)
        if objects is None:
            objects = Objects(Store())
            for name in ("default", "kube-system"):
                objects.create("namespaces", {"metadata": {"name": name}})
        async with run_workloads(objects, WorkloadOptions(place, certificate_authority="CA", **options)) as workloads:
            yield Cluster(objects, workloads)
