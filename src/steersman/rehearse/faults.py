"""A Kubernetes that goes wrong on purpose: it stands between the client and the cluster and meddles with chosen hooks.

Nothing in the engine knows of it: a hook's Job or Pod passes through `create`, and there it is made to fail, or a first run of
it is started, and finished or killed, before the real one begins.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import aclosing
from copy import deepcopy
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, cast

from steersman.errors import KubernetesError, NotFound, NotReady, ObjectDeleted
from steersman.kube.interface import Kubernetes, Object, ref_of
from steersman.kube.wait import wait_completed, wait_deleted
from steersman.kube.watches import Watches

if TYPE_CHECKING:
    from collections.abc import Mapping

Key = tuple[str, str]  # a hook: kind, name
RUN_KINDS = ("Job", "Pod")
SUFFIX = "-rehearsal"
# Half of a hook that takes less than this cannot be met: it is killed at its first output instead.
SHORT_SECONDS = 2.0
POLL_SECONDS = 0.02
ENDED_EARLY = "it had ended before it could be killed"
DELETE_SECONDS = 60.0


class Fault(StrEnum):
    FAILS = "its command is replaced by one that fails"
    RUNS_BEFORE = "it has run to its end once before"
    KILLED_BEFORE = "an earlier run of it was killed in the middle"
    STOOD_IN_FOR = "it cannot run here: something that does nothing runs in its place"


@dataclass(frozen=True, slots=True)
class Meddling:
    """What to do with one hook. `seconds` is how long it takes undisturbed."""

    fault: Fault
    seconds: float = 0.0


@dataclass(slots=True)
class FaultyKubernetes:
    """Passes everything on to `inner`, but for the creation of hooks that `meddling` names by (kind, name).

    `notes` tells what came of a first run where it was not what it should be, by hook name.
    """

    inner: Kubernetes
    meddling: Mapping[Key, Meddling]
    timeout: float = 300.0
    notes: dict[str, str] = field(default_factory=dict)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    async def create(self, obj: Object, **options: Any) -> Object:
        metadata = obj.get("metadata") or {}
        meddling = self.meddling.get((str(obj.get("kind")), str(metadata.get("name"))))
        if meddling is None:
            return await self.inner.create(obj, **options)
        if meddling.fault is Fault.FAILS:
            return await self.inner.create(failing(obj), **options)
        if meddling.fault is Fault.STOOD_IN_FOR:
            return await self.inner.create(harmless(obj), **options)
        await self._run_before(obj, meddling, options)
        return await self.inner.create(obj, **options)

    async def _run_before(self, obj: Object, meddling: Meddling, options: Mapping[str, Any]) -> None:
        name = str(obj["metadata"]["name"])
        async with Watches(self.inner) as watches:
            if meddling.fault is Fault.RUNS_BEFORE:
                first = await self.inner.create(twin(obj), **options)
                try:
                    await wait_completed(watches, first, timeout=self.timeout)
                except (NotReady, ObjectDeleted) as error:
                    self.notes[name] = f"its first run failed: {error}"
                await self._remove(watches, first, kill=False)
                return
            # One that is over before its middle is met is killed as soon as it runs, at a second try.
            for meet in (self._to_the_middle, self._to_the_beginning):
                first = await self.inner.create(twin(obj), **options)
                await meet(first, meddling.seconds)
                ended = await self._ended(first)
                await self._remove(watches, first, kill=True)
                if not ended:
                    return
            self.notes[name] = ENDED_EARLY

    async def _to_the_beginning(self, first: Object, _: float) -> None:
        await self._begun(first)

    async def _to_the_middle(self, first: Object, seconds: float) -> None:
        """Wait until half of its time has passed since a container of it began to run; a short one, until it says something."""
        pod = await self._begun(first)
        if pod is None:
            return
        if seconds < SHORT_SECONDS:
            await self._first_output(pod, time.monotonic() + seconds / 2)
        else:
            await asyncio.sleep(seconds / 2)

    async def _begun(self, first: Object) -> Object | None:
        """Its Pod, as soon as a container of it has begun to run; None where that takes too long."""
        latest = time.monotonic() + self.timeout
        while time.monotonic() < latest:
            for pod in await self._pods(first):
                if any("running" in state or "terminated" in state for state in states(pod)):
                    return pod
            await asyncio.sleep(POLL_SECONDS)
        return None

    async def _ended(self, first: Object) -> bool:
        found = [state for pod in await self._pods(first) for state in states(pod)]
        return bool(found) and all("terminated" in state for state in found)

    async def _first_output(self, pod: Object, latest: float) -> None:
        """Asked again and again: a log that is followed would have to be left in the middle."""
        metadata = pod["metadata"]
        container = str(pod["spec"]["containers"][0]["name"])
        while time.monotonic() < latest:
            async with aclosing(
                self.inner.pod_logs(metadata["namespace"], metadata["name"], container=container)
            ) as chunks:
                if [chunk async for chunk in chunks]:
                    return
            await asyncio.sleep(POLL_SECONDS)

    async def _remove(self, watches: Watches, first: Object, *, kill: bool) -> None:
        pods = await self._pods(first)
        gone = [first, *pods]
        try:
            await self.inner.delete(ref_of(first), propagation="Background")
        except NotFound:
            gone.remove(first)
        for pod in pods:
            try:
                await self.inner.delete(ref_of(pod), grace_period=0 if kill else None)
            except NotFound:
                continue
        await wait_deleted(watches, gone, timeout=DELETE_SECONDS)

    async def _pods(self, first: Object) -> list[Object]:
        metadata = first["metadata"]
        if first["kind"] == "Pod":
            try:
                return [await self.inner.get(ref_of(first))]
            except NotFound:
                return []
        try:
            selector = f"job-name={metadata['name']}"
            listed = await self.inner.list("v1", "Pod", namespace=metadata["namespace"], label_selector=selector)
        except KubernetesError:
            return []
        return listed.items


def faulty(inner: Kubernetes, meddling: Mapping[Key, Meddling]) -> tuple[Kubernetes, FaultyKubernetes]:
    """The meddler, as what the client takes and as what can be asked for its notes."""
    wrapped = FaultyKubernetes(inner, meddling)
    return cast("Kubernetes", wrapped), wrapped


def failing(obj: Object) -> Object:
    """The hook with every container's command replaced by one that fails at once."""
    return _with_script(obj, "echo 'rehearsal: made to fail' >&2; exit 1")


def harmless(obj: Object) -> Object:
    """The hook with every container replaced by one that does nothing and succeeds."""
    return _with_script(obj, "true", image="busybox")


def _with_script(obj: Object, script: str, *, image: str = "") -> Object:
    changed = deepcopy(obj)
    if changed["kind"] == "Job":
        changed["spec"]["backoffLimit"] = 0
    pod = pod_spec(changed)
    pod.pop("initContainers", None)
    pod["restartPolicy"] = "Never"
    for container in pod.get("containers") or []:
        container["command"] = ["/bin/sh", "-c", script]
        container.pop("args", None)
        if image:
            container["image"] = image
    return changed


def twin(obj: Object) -> Object:
    """The same hook under another name."""
    changed = deepcopy(obj)
    changed["metadata"]["name"] += SUFFIX
    return changed


def pod_spec(obj: Object) -> dict[str, Any]:
    """The Pod's spec inside of a Job or Pod."""
    spec: dict[str, Any] = obj["spec"]["template"]["spec"] if obj["kind"] == "Job" else obj["spec"]
    return spec


def states(pod: Object) -> list[dict[str, Any]]:
    return [each.get("state") or {} for each in (pod.get("status") or {}).get("containerStatuses") or []]
