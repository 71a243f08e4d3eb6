"""One Pod on this node, from its network and volumes to the end of its last container."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Coroutine
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from steersman.cluster.kinds.not_given import not_given
from steersman.cluster.kubelet import etc, eviction, restart, status
from steersman.cluster.kubelet.containers import Container
from steersman.cluster.kubelet.volumes import MountError, Volumes
from steersman.cluster.machinery import Json, now
from steersman.cluster.network.addresses import BRIDGE, PLAIN_POD
from steersman.cluster.runtimes.interface import Mount, SandboxError
from steersman.errors import Conflict, NotFound

if TYPE_CHECKING:
    from steersman.cluster.kubelet.kubelet import Kubelet

SIMULATED = "steersman.dev/runtime"
_LONG_RUNNING_OWNERS = {"ReplicaSet", "StatefulSet", "DaemonSet", "ReplicationController"}


class PodWorker:
    """Created when a Pod is bound to this node; `task` ends when nothing of the Pod is left here."""

    def __init__(self, kubelet: Kubelet, pod: Json) -> None:
        self.kubelet = kubelet
        self.pod = pod
        spec = pod["spec"]
        self.init = [Container(self, each, "initContainers") for each in spec.get("initContainers") or ()]
        self.main = [Container(self, each) for each in spec["containers"]]
        self.ephemeral: list[Container] = []
        self.state = status.PodState([each.state for each in self.init], [each.state for each in self.main])
        self.state.host_address = BRIDGE
        self.etc: tuple[Mount, ...] = ()
        self.volumes = Volumes(kubelet.objects, kubelet.volume_options, pod, self._owner())
        self.log_folder: Path = kubelet.log_folder / pod["metadata"]["uid"]
        self._stop = asyncio.Event()
        self._evicted: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._grace: float | None = None
        self._gone = self._abandoned = False
        self._tasks: set[asyncio.Task[Any]] = set()
        self._published: Json | None = None
        owners = pod["metadata"].get("ownerReferences") or ()
        self.may_simulate = kubelet.simulate and any(
            each.get("controller") and each["kind"] in _LONG_RUNNING_OWNERS for each in owners
        )
        if self.init:
            for container in (*self.init, *self.main):
                container.state.waiting("PodInitializing")
        self.task = asyncio.ensure_future(self._run())

    # --- what the API says ------------------------------------------------------------------------------------------

    def update(self, pod: Json) -> None:
        """The Pod has changed in the API."""
        self.pod = pod
        self.volumes.pod = pod
        self._begin_ephemeral()
        if pod["metadata"].get("deletionTimestamp"):
            self.terminate(float(pod["metadata"].get("deletionGracePeriodSeconds") or 0))

    @property
    def containers(self) -> list[Container]:
        return [*self.main, *self.init, *self.ephemeral]

    def _begin_ephemeral(self) -> None:
        """Starts the ephemeral containers that have come; those that ran before this server did stay ended."""
        if not self.state.sandbox_ready or self._stop.is_set():
            return
        known = {each.spec["name"] for each in self.ephemeral}
        before = {each["name"]: each for each in (self.pod.get("status") or {}).get("ephemeralContainerStatuses") or ()}
        for spec in self.pod["spec"].get("ephemeralContainers") or ():
            if spec["name"] in known:
                continue
            container = Container(self, spec, "ephemeralContainers")
            self.ephemeral.append(container)
            self.state.ephemeral.append(container.state)
            if spec["name"] in before:
                container.state.terminated(255, "Unknown")
                continue
            self.spawn(self._run_ephemeral(container))

    async def _run_ephemeral(self, container: Container) -> None:
        await self._mount()  # it may want a volume that none did before
        await container.run()

    def deleted(self) -> None:
        """The object is gone already (a forced deletion): what runs is killed at once."""
        self._gone = True
        self.terminate(0.0)

    def abandon(self) -> None:
        """The runtime has lost all that ran: this worker ends without a word, and another one begins anew."""
        self._gone = self._abandoned = True
        self.task.cancel()

    def terminate(self, grace: float) -> None:
        self._grace = grace if self._grace is None else min(grace, self._grace)
        self._stop.set()

    @property
    def hostname(self) -> str:
        return etc.kernel_hostname(self.pod)

    @property
    def grace(self) -> float:
        given = self.pod["spec"].get("terminationGracePeriodSeconds")
        return 30.0 if given is None else float(given)

    def _owner(self) -> tuple[int, int] | None:
        """Who the Pod's volumes belong to: root as its containers see it, and the group of `fsGroup`."""
        ids = self.kubelet.runtime.ids
        group = (self.pod["spec"].get("securityContext") or {}).get("fsGroup") or 0
        return None if ids is None else (ids.outside(0), ids.outside(int(group)))

    def spawn(self, work: Coroutine[Any, Any, Any]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # --- the Pod's life ---------------------------------------------------------------------------------------------

    async def _run(self) -> None:
        living = asyncio.ensure_future(self._live())
        stopping = asyncio.ensure_future(self._stop.wait())
        deadline = self._deadline()
        try:
            ends: set[asyncio.Future[Any]] = {living, stopping, self._evicted}
            done, _ = await asyncio.wait(ends, timeout=deadline, return_when=asyncio.FIRST_COMPLETED)
            if not done:
                await self._fail(living, "DeadlineExceeded", self.grace)
            elif self._evicted in done and not self._stop.is_set():
                await self._fail(living, "Evicted", 0.0)
            elif living in done and not self._stop.is_set():
                living.result()
        finally:
            stopping.cancel()
            if self._abandoned:
                living.cancel()
            elif not living.done():
                await self._halt(living, self._grace or 0.0)
            await self._tear_down()

    async def _fail(
        self, living: asyncio.Future[None], reason: Literal["DeadlineExceeded", "Evicted"], grace: float
    ) -> None:
        """Ends the Pod for a reason of the node's own."""
        self.state.forced_phase, self.state.reason = "Failed", reason
        if reason == "Evicted":
            self.state.message = self._evicted.result()
            self.kubelet.recorder.warning(self.pod, reason, self.state.message)
        else:
            self.state.message = "Pod was active on the node longer than the specified deadline"
            self.kubelet.recorder.normal(self.pod, reason, self.state.message)
        await self._halt(living, grace)

    async def _watch_storage(self, watch: eviction.StorageWatch) -> None:
        self._evicted.set_result(await watch.exceeded())

    def _deadline(self) -> float | None:
        seconds = self.pod["spec"].get("activeDeadlineSeconds")
        if seconds is None:
            return None
        start = (self.pod.get("status") or {}).get("startTime") or now()
        begun = datetime.strptime(start, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
        return max(float(seconds) - (datetime.now(UTC) - begun).total_seconds(), 0.0)

    async def _live(self) -> None:
        if restart.died_with_the_server(self.pod, self.state, self.main):
            self.publish()
            return
        self.publish()
        self._miss_pull_secrets()
        for words in not_given(self.pod["spec"]):
            self.kubelet.recorder.warning(self.pod, "NotGiven", words)
        await self._sandbox()
        await self._mount()
        folder = self.volumes.folder / "etc"
        self.etc = etc.write(folder, self.pod, self.state.address)
        self.state.sandbox_ready = True
        self._begin_ephemeral()
        watch = eviction.StorageWatch(self.pod["spec"], self.volumes, self.log_folder)
        if watch.needed:
            self.spawn(self._watch_storage(watch))
        sidecars: list[asyncio.Task[None]] = []
        try:
            for container in self.init:
                if container.sidecar:
                    sidecars.append(asyncio.ensure_future(container.run()))
                    await container.up.wait()
                    continue
                await container.run()
                if container.state.exit_code != 0:
                    self._failed_init(container)
                    return
            self.state.initialized = True
            for container in self.main:
                if "waiting" in container.state.state and self.init:
                    container.state.waiting("PodInitializing")
            main = [asyncio.ensure_future(container.run()) for container in self.main]
            try:
                await asyncio.gather(*main)
            finally:
                for task in main:
                    task.cancel()
            for container in [*reversed(self.init), *self.ephemeral]:
                if container.sidecar or container in self.ephemeral:
                    await container.stop(self.grace)
        finally:
            for task in sidecars:
                task.cancel()
        self.state.finished = True
        self.publish()

    def _miss_pull_secrets(self) -> None:
        metadata = self.pod["metadata"]
        names = [str(each.get("name")) for each in self.pod["spec"].get("imagePullSecrets") or ()]
        if missing := [each for each in names if not self.kubelet.objects.find("secrets", each, metadata["namespace"])]:
            words = f"({', '.join(missing)}); attempting to pull the image may not succeed."
            self.kubelet.recorder.warning(
                self.pod, "FailedToRetrieveImagePullSecret", f"Unable to retrieve some image pull secrets {words}"
            )

    def _failed_init(self, container: Container) -> None:
        self.state.finished = True
        self.state.forced_phase = "Failed"
        self.publish()

    async def _sandbox(self) -> None:
        pause = 1.0
        while True:
            address = self.kubelet.addresses.take() if self.kubelet.runtime.sandboxed else PLAIN_POD
            try:
                etc.kernel_hostname(self.pod)
                await self.kubelet.runtime.add_pod(self.pod["metadata"]["uid"], address)
            except SandboxError as error:
                self.kubelet.addresses.release(address)
                self.kubelet.recorder.warning(
                    self.pod, "FailedCreatePodSandBox", f"Failed to create pod sandbox: {error}"
                )
                await asyncio.sleep(pause)
                pause = min(pause * 2, 60.0)
                continue
            self.state.address = address
            return

    async def _mount(self) -> None:
        pause = 0.5
        while True:
            try:
                self.volumes.prepare()
            except MountError as error:
                self.kubelet.recorder.warning(self.pod, "FailedMount", str(error))
                await asyncio.sleep(pause)
                pause = min(pause * 2, 122.0)
                continue
            return

    async def _halt(self, living: asyncio.Future[None], grace: float) -> None:
        """Stops whatever runs; a shorter grace that arrives meanwhile cuts the wait."""
        living.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await living
        while True:
            before = self._grace
            stops = [asyncio.ensure_future(each.stop(grace)) for each in self.containers]
            pending: set[asyncio.Future[None]] = set(stops)
            while pending:
                _, pending = await asyncio.wait(pending, timeout=0.2)
                if pending and self._grace is not None and (before is None or self._grace < before):
                    for task in pending:
                        task.cancel()
                    grace = self._grace
                    break
            else:
                break
        for container in self.containers:
            if "waiting" in container.state.state and container.state.last_state:
                container.state.state = container.state.last_state
        self.state.finished = True

    async def _tear_down(self) -> None:
        for task in self._tasks:
            task.cancel()
        with contextlib.suppress(Exception):
            await self.kubelet.runtime.remove_pod(self.pod["metadata"]["uid"])
        if self.state.address:
            self.kubelet.addresses.release(self.state.address)
        self.state.sandbox_ready = False
        if self._stop.is_set():
            if not self._gone and not self.kubelet.closing:
                self.publish()
                metadata = self.pod["metadata"]
                with contextlib.suppress(NotFound, Conflict):
                    self.kubelet.objects.delete(
                        "pods", metadata["name"], metadata["namespace"], grace=0, uid=metadata["uid"]
                    )
            if not self.kubelet.closing:
                self.volumes.clean_up()
        elif not self.kubelet.closing:
            self.publish()

    # --- telling ----------------------------------------------------------------------------------------------------

    def mark_simulated(self, container: Container) -> None:
        """Says on the Pod and in an event that this container only seems to run."""
        metadata = self.pod["metadata"]
        annotations = metadata.get("annotations") or {}
        names = {each for each in annotations.get(f"{SIMULATED}-containers", "").split(",") if each}
        names.add(container.spec["name"])
        change = {SIMULATED: "simulated", f"{SIMULATED}-containers": ",".join(sorted(names))}
        with contextlib.suppress(NotFound):
            self.pod = self.kubelet.objects.patch(
                "pods", metadata["name"], {"metadata": {"annotations": change}}, metadata["namespace"],
                field_manager="kubelet",
            )  # fmt: skip
        container.warning(
            "Simulated",
            f'no local program stands for image "{container.spec["image"]}": container {container.spec["name"]} is '
            "reported as running, but nothing runs",
        )

    def publish(self) -> None:
        """Writes the status as it is now."""
        if self.kubelet.closing or self._gone:
            return
        metadata = self.pod["metadata"]
        current = self.kubelet.objects.find("pods", metadata["name"], metadata["namespace"])
        if current is None or current["metadata"]["uid"] != metadata["uid"]:
            return
        made = status.build(current, self.state)
        if made == current.get("status"):
            return
        current["status"] = made
        with contextlib.suppress(NotFound, Conflict):
            self.pod = self.kubelet.objects.update_status("pods", current, field_manager="kubelet")
