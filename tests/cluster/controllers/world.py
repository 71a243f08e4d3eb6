"""Controllers without a kubelet: the test itself says what becomes of Pods."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any

from steersman.cluster.controllers.controller import Controller
from steersman.cluster.machinery import Objects, now
from steersman.cluster.store import Store

Json = dict[str, Any]


class World:
    """Objects and some controllers at work on them."""

    def __init__(self, objects: Objects) -> None:
        self.objects = objects

    def create(self, resource: str, name: str, spec: Json | None = None, **metadata: Any) -> Json:
        body: Json = {"metadata": {"name": name, **metadata}}
        if spec is not None:
            body["spec"] = spec
        return self.objects.create(resource, body, "default")

    def get(self, resource: str, name: str) -> Json:
        return self.objects.get(resource, name, "default")

    def status(self, resource: str, name: str) -> Json:
        found: Json = self.get(resource, name).get("status") or {}
        return found

    def pods(self, labels: str = "") -> list[Json]:
        found = self.objects.list("pods", "default", labels=labels)
        return sorted(found, key=lambda pod: int(pod["metadata"]["resourceVersion"]))

    async def settle(self) -> None:
        """Returns when no controller has anything to do at once."""
        revision = -1
        quiet = 0
        while quiet < 20:
            await asyncio.sleep(0)
            quiet = quiet + 1 if self.objects.store.revision == revision else 0
            revision = self.objects.store.revision

    async def until(self, test: Callable[[], Any]) -> None:
        async with asyncio.timeout(30):
            while not test():  # noqa: ASYNC110 - anything may change what is tested
                await asyncio.sleep(0.005)

    def say(self, pod: Json, phase: str, *, code: int | None = None, restarts: int = 0) -> None:
        """The Pod is now Running and ready, Succeeded or Failed."""
        # Only a Pod on a node is deleted gracefully: nobody but a kubelet needs the time.
        pod = self.objects.patch("pods", pod["metadata"]["name"], {"spec": {"nodeName": "steersman"}}, "default")
        ready = phase == "Running"
        status: Json = {"phase": phase, "podIP": "10.244.0.9", "containerStatuses": []}
        status["conditions"] = [{"type": "Ready", "status": "True" if ready else "False", "lastTransitionTime": now()}]
        container = pod["spec"]["containers"][0]
        state: Json = {"running": {"startedAt": now()}} if ready else {}
        if code is None and phase in ("Succeeded", "Failed"):
            code = 0 if phase == "Succeeded" else 1
        if code is not None:
            state = {"terminated": {"exitCode": code, "reason": "Error", "startedAt": now(), "finishedAt": now()}}
        status["containerStatuses"] = [
            {
                "name": container["name"],
                "image": "x",
                "imageID": "x",
                "ready": ready,
                "restartCount": restarts,
                "state": state,
            }
        ]
        pod["status"] = status
        self.objects.update_status("pods", pod)

    def condition(self, resource: str, name: str, kind: str) -> Json | None:
        conditions = self.status(resource, name).get("conditions") or ()
        return next((each for each in conditions if each["type"] == kind and each["status"] == "True"), None)

    def messages(self, reason: str) -> list[str]:
        return [each["message"] for each in self.objects.list("events", "default") if each["reason"] == reason]


@contextlib.asynccontextmanager
async def world(*kinds: Callable[[Objects], Controller], objects: Objects | None = None) -> AsyncIterator[World]:
    """Those controllers on `objects`, which are empty where none are given."""
    if objects is None:
        objects = Objects(Store())
        objects.create("namespaces", {"metadata": {"name": "default"}})
    tasks = [asyncio.create_task(kind(objects).run()) for kind in kinds]
    try:
        yield World(objects)
        for task in tasks:
            assert not task.done(), task.exception()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def template(labels: Json | None = None, **spec: Any) -> Json:
    return {
        "metadata": {"labels": labels or {}},
        "spec": {"containers": [{"name": "main", "image": "busybox"}], **spec},
    }
