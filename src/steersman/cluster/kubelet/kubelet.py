"""The node's agent towards the API: a worker for each Pod bound to it, logs, exec, and connections to Pods."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from steersman.cluster import folders
from steersman.cluster.kubelet import logs, probes
from steersman.cluster.kubelet.attempt import Attempt
from steersman.cluster.kubelet.containers import Container
from steersman.cluster.kubelet.volumes import VolumeOptions, memory_place
from steersman.cluster.kubelet.worker import PodWorker
from steersman.cluster.machinery import Json, Objects
from steersman.cluster.network.addresses import pod_addresses
from steersman.cluster.node import LogRequest
from steersman.cluster.recorder import Recorder
from steersman.cluster.runtimes.interface import Ended, Launch, Runtime
from steersman.errors import ApiError, Conflict, Gone, Invalid, NotFound

NODE = "steersman"
_SYNC_AGAIN = 10.0
_DIAL_PATIENCE = 10.0

log = logging.getLogger("steersman.cluster")


@dataclass(frozen=True, slots=True)
class KubeletOptions:
    """`state` is the cluster's folder; `token(pod, audience, seconds)` makes service account tokens."""

    state: Path
    simulate: bool = True
    allow_host_path: bool = False
    certificate_authority: str = ""
    token: Any = None


class Kubelet:
    """Implements `node.LogSource` and `node.PodAccess`.

    `run` works until it is cancelled; `close` ends all Pods without telling the API.
    """

    def __init__(self, objects: Objects, runtime: Runtime, options: KubeletOptions) -> None:
        self.objects = objects
        self.runtime = runtime
        self.recorder = Recorder(objects, "kubelet", host=NODE)
        self.addresses = pod_addresses()
        self.attempts: dict[str, Attempt] = {}
        self.closing = False
        self.simulate = options.simulate
        self.log_folder = options.state / "logs"
        self.volume_options = VolumeOptions(
            pods=options.state / "pods",
            claims=options.state / "volumes",
            allow_host_path=options.allow_host_path,
            certificate_authority=options.certificate_authority,
            token=options.token,
            memory=memory_place(options.state),
        )
        self._workers: dict[str, PodWorker] = {}
        runtime.handlers.ended = self._ended
        runtime.handlers.logged = self._logged

    async def run(self) -> None:
        """Follows the Pods of this node for ever."""
        self._forget_old_folders()
        while True:
            with contextlib.suppress(Gone):
                async for event in self.objects.watch("pods"):
                    self._pod_changed(event.type, event.object)

    def _forget_old_folders(self) -> None:
        """What Pods left behind that went while no server ran."""
        known = {each["metadata"]["uid"] for each in self.objects.list("pods")}
        self._forget_memory()
        for folder in (self.log_folder, self.volume_options.pods):
            folder.mkdir(parents=True, exist_ok=True)
            for each in folder.iterdir():
                if each.name not in known:
                    folders.remove(each)

    def _forget_memory(self) -> None:
        """Volumes in memory do not outlive the server: to Pods, its end is their node's."""
        if self.volume_options.memory is not None:
            folders.remove(self.volume_options.memory)

    def _pod_changed(self, kind: str, pod: Json) -> None:
        uid = pod["metadata"]["uid"]
        worker = self._workers.get(uid)
        if kind == "DELETED":
            if worker is not None and not worker.task.done():
                worker.deleted()
            else:
                self._workers.pop(uid, None)
                self._forget(uid)
            return
        if pod["spec"].get("nodeName") != NODE:
            return
        if worker is not None and not worker.task.done():
            worker.update(pod)
            return
        if (pod.get("status") or {}).get("phase") in ("Succeeded", "Failed"):
            if pod["metadata"].get("deletionTimestamp"):
                self._finish_deletion(pod)
            return
        worker = self._workers[uid] = PodWorker(self, pod)
        if pod["metadata"].get("deletionTimestamp"):
            worker.update(pod)
        worker.task.add_done_callback(lambda task: self._worker_done(uid, task))

    def _worker_done(self, uid: str, task: asyncio.Task[None]) -> None:
        worker = self._workers.get(uid)
        if worker is None:
            return
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("pod %s", worker.pod["metadata"]["name"], exc_info=error)
            self.recorder.warning(worker.pod, "FailedSync", f"error syncing pod: {error}")
            del self._workers[uid]
            asyncio.get_running_loop().call_later(_SYNC_AGAIN, self._begin_again, worker.pod)
            return
        pod = self.objects.find("pods", worker.pod["metadata"]["name"], worker.pod["metadata"]["namespace"])
        if pod is None or pod["metadata"]["uid"] != uid:
            del self._workers[uid]
            self._forget(uid)
        elif pod["metadata"].get("deletionTimestamp"):
            self._finish_deletion(pod)

    def _begin_again(self, pod: Json) -> None:
        """Another try with a Pod whose worker failed of itself."""
        current = self.objects.find("pods", pod["metadata"]["name"], pod["metadata"]["namespace"])
        if current is not None and current["metadata"]["uid"] == pod["metadata"]["uid"] and not self.closing:
            self._pod_changed("MODIFIED", current)

    def _finish_deletion(self, pod: Json) -> None:
        """A Pod that has nothing running any more needs no grace."""
        metadata = pod["metadata"]
        with contextlib.suppress(NotFound, Conflict):
            self.objects.delete("pods", metadata["name"], metadata["namespace"], grace=0, uid=metadata["uid"])

    def _forget(self, uid: str) -> None:
        if self.closing:
            return
        for folder in (self.log_folder, self.volume_options.pods):
            folders.remove(folder / uid)

    def forget_log(self, attempt: Attempt) -> None:
        """Only the running attempt's log and the one before are kept."""
        self.attempts.pop(attempt.launch.key, None)
        for path in (attempt.log, attempt.log.with_suffix(".message"), attempt.log.with_name(attempt.log.name + ".1")):
            path.unlink(missing_ok=True)

    def _ended(self, key: str, ended: Ended) -> None:
        attempt = self.attempts.get(key)
        if attempt is not None and not attempt.ended.done():
            attempt.ended.set_result(ended)

    def _logged(self, key: str) -> None:
        attempt = self.attempts.get(key)
        if attempt is not None:
            for follower in attempt.followers:
                follower.set()

    def lost_everything(self) -> None:
        """The runtime's containers are all gone at once: Pods begin anew, as after a restart of the machine."""
        abandoned, self._workers = self._workers, {}
        for uid, worker in abandoned.items():
            finished = worker.task.done()
            worker.abandon()
            pod = self.objects.find("pods", worker.pod["metadata"]["name"], worker.pod["metadata"]["namespace"])
            if not finished and pod is not None and pod["metadata"]["uid"] == uid:
                self._pod_changed("MODIFIED", pod)

    async def close(self) -> None:
        """Leaves the Pods' objects as they are: the next server finds them and starts them anew."""
        self.closing = True
        tasks = [worker.task for worker in self._workers.values() if not worker.task.done()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._forget_memory()

    # --- what the API asks for --------------------------------------------------------------------------------------

    def _container(self, namespace: str, pod: str, container: str) -> Container | None:
        for worker in self._workers.values():
            metadata = worker.pod["metadata"]
            if metadata["name"] == pod and metadata["namespace"] == namespace and not worker._gone:
                for each in worker.containers:
                    if each.spec["name"] == container:
                        return each
        return None

    async def logs(self, request: LogRequest) -> AsyncIterator[bytes]:
        """See `node.LogSource`."""
        found = self._container(request.namespace, request.pod, request.container)
        pod = self.objects.get("pods", request.pod, request.namespace)
        path, attempt = self._log_path(request, found, pod)
        grew: asyncio.Event | None = None
        if request.follow and attempt is not None:
            grew = asyncio.Event()
            attempt.followers.add(grew)
        try:
            async for chunk in logs.read(
                path, timestamps=request.timestamps, since=request.since, tail=request.tail_lines,
                limit=request.limit_bytes, grew=grew, ended=attempt.ended if attempt else None,
            ):  # fmt: skip
                yield chunk
        finally:
            if grew is not None and attempt is not None:
                attempt.followers.discard(grew)

    def _log_path(self, request: LogRequest, found: Container | None, pod: Json) -> tuple[Path, Attempt | None]:
        """The file to read; the attempt where it may still grow. Raises Invalid where there is none to read."""
        if found is not None:
            attempt = found.previous if request.previous else found.attempt
            if attempt is not None:
                return attempt.log, attempt
        else:
            files = sorted(
                (self.log_folder / pod["metadata"]["uid"] / request.container).glob("*.log"),
                key=lambda path: path.stat().st_mtime,
            )
            wanted = files[-2:-1] if request.previous else files[-1:]
            if wanted:
                return wanted[0], None
        if request.previous:
            words = f'previous terminated container "{request.container}" in pod "{request.pod}" not found'
            raise Invalid(words, code=400, reason="BadRequest")
        state = found.state.state if found is not None else {}
        reason = (state.get("waiting") or {}).get("reason", "ContainerCreating")
        if found is not None and found.state.simulated:
            raise Invalid(
                f'container "{request.container}" in pod "{request.pod}" is simulated: nothing runs and nothing is logged',
                code=400, reason="BadRequest",
            )  # fmt: skip
        words = f'container "{request.container}" in pod "{request.pod}" is waiting to start: {reason}'
        if reason in ("ErrImagePull", "ImagePullBackOff"):
            words = f'container "{request.container}" in pod "{request.pod}" is waiting to start: ' + (
                "trying and failing to pull image" if reason == "ImagePullBackOff" else "image can't be pulled"
            )
        raise Invalid(words, code=400, reason="BadRequest")

    def check(self, namespace: str, pod: str, container: str) -> None:
        """See `node.PodAccess`."""
        self._running(namespace, pod, container)

    def _running(self, namespace: str, pod: str, container: str) -> Launch:
        found = self._container(namespace, pod, container)
        if found is not None and found.state.simulated:
            words = f'container "{container}" in pod "{pod}" is simulated: nothing runs that could be entered'
            raise Invalid(words, code=400, reason="BadRequest")
        if found is None or found.attempt is None or "running" not in found.state.state:
            words = f'unable to upgrade connection: container not found ("{container}")'
            raise Invalid(words, code=400, reason="BadRequest")
        return found.attempt.launch

    async def execute(self, namespace: str, pod: str, container: str, command: list[str], streams: list[int]) -> int:
        """See `node.PodAccess`."""
        launch = self._running(namespace, pod, container)
        result = await self.runtime.execute(launch, command, streams=streams)
        if result.failure:
            words = f"error executing command in container: {probes.not_executed(result.failure)}"
            raise ApiError(f"Internal error occurred: {words}", code=500, reason="InternalError")
        return 1 if result.code is None else result.code

    async def attach(self, namespace: str, pod: str, container: str, streams: list[int], *, stdin: bool) -> None:
        """See `node.PodAccess`."""
        await self.runtime.attach(self._running(namespace, pod, container), streams, stdin=stdin)

    async def resize(self, namespace: str, pod: str, container: str, width: int, height: int) -> None:
        """See `node.PodAccess`."""
        await self.runtime.resize(self._running(namespace, pod, container), width, height)

    async def dial(self, namespace: str, pod: str, port: int) -> socket.socket:
        """See `node.PodAccess`."""
        found = self.objects.get("pods", pod, namespace)
        address = (found.get("status") or {}).get("podIP")
        if not address:
            words = f"unable to forward port because pod {pod} is not running"
            raise Invalid(words, code=400, reason="BadRequest")
        if not self.runtime.sandboxed:
            return await self.runtime.dial(address, port, timeout=_DIAL_PATIENCE)
        uid = found["metadata"]["uid"]
        try:
            return await self.runtime.dial("127.0.0.1", port, timeout=_DIAL_PATIENCE, pod=uid)
        except ConnectionRefusedError as error:
            try:
                return await self.runtime.dial("::1", port, timeout=_DIAL_PATIENCE, pod=uid)
            except OSError:
                raise error from None
