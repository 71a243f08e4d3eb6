"""One container of a Pod over its life: start, probes, restarts with back-off, stop."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from steersman.cluster.agent.link import AgentError
from steersman.cluster.kubelet import hooks, pulling
from steersman.cluster.kubelet.attempt import Attempt
from steersman.cluster.kubelet.launching import configured
from steersman.cluster.kubelet.probing import Probing
from steersman.cluster.kubelet.status import ContainerState
from steersman.cluster.machinery import Json
from steersman.cluster.runtimes.images import Image
from steersman.cluster.runtimes.interface import (
    Ended,
    Runtime,
    StartError,
)

if TYPE_CHECKING:
    from steersman.cluster.kubelet.worker import PodWorker

FIRST_BACK_OFF, LONGEST_BACK_OFF, FORGIVEN_AFTER = 10.0, 300.0, 600.0
"""Seconds; source: kubelet (MaxContainerBackOff and its start; a container that ran that long starts over)."""


def _runtime_of(image: Image) -> str:
    """The runtime's name, as it stands in container and image ids."""
    return "podman" if image.container_image else "process"


ContainerKind = Literal["initContainers", "containers", "ephemeralContainers"]


class Container:
    """Runs one container of `worker`'s Pod until it is not to be started again."""

    def __init__(self, worker: PodWorker, spec: Json, kind: ContainerKind = "containers") -> None:
        self.spec = spec
        self.kind = kind
        self.init = kind == "initContainers"
        self.sidecar = self.init and spec.get("restartPolicy") == "Always"
        self.state = ContainerState(spec["name"], spec["image"])
        self.attempt: Attempt | None = None
        self.previous: Attempt | None = None
        self.up = asyncio.Event()
        """Set once it runs and its startup probe, if any, has succeeded (what the next init container waits for)."""
        self.worker = worker
        self._back_off = 0.0
        self._probing = Probing(self)

    @property
    def field_path(self) -> str:
        return f"spec.{self.kind}{{{self.spec['name']}}}"

    @property
    def restart_policy(self) -> str:
        if self.sidecar:
            return "Always"
        if self.kind == "ephemeralContainers":
            return "Never"
        if own := self.spec.get("restartPolicy"):
            return str(own)
        policy: str = self.worker.pod["spec"].get("restartPolicy", "Always")
        return "OnFailure" if self.init and policy == "Always" else policy

    def normal(self, reason: str, message: str) -> None:
        self.worker.kubelet.recorder.normal(self.worker.pod, reason, message, field_path=self.field_path)

    def warning(self, reason: str, message: str) -> None:
        self.worker.kubelet.recorder.warning(self.worker.pod, reason, message, field_path=self.field_path)

    async def run(self) -> None:
        """Returns when the container has ended for good; cancelled, it leaves a running attempt to `stop`."""
        image = await self._image()
        if image is None:
            await self._simulate()
            return
        try:
            while True:
                ran = await self._attempt(image)
                if not self._starts_again():
                    return
                await self._wait_out_back_off(ran)
                self.state.restarts += 1
        finally:
            self._probing.stop()

    def _starts_again(self) -> bool:
        """Whether its end is followed by another start: the container's own rules come before any policy."""
        code = self.state.exit_code
        for rule in self.spec.get("restartPolicyRules") or ():
            codes = rule.get("exitCodes") or {}
            listed = code in (codes.get("values") or ())
            if rule.get("action") == "Restart" and listed == (codes.get("operator") == "In"):
                return True
        return self.restart_policy == "Always" or (self.restart_policy == "OnFailure" and code != 0)

    @property
    def runtime(self) -> Runtime:
        return self.worker.kubelet.runtime

    @property
    def may_simulate(self) -> bool:
        return self.worker.may_simulate

    def waits(self, reason: str, message: str) -> None:
        """Tells the API why it does not run yet."""
        self.state.waiting(reason, message)
        self.worker.publish()

    async def _image(self) -> Image | None:
        image = await pulling.image_of(self)
        if image is not None:
            self.state.image_id = f"{_runtime_of(image)}:{image.name}"
            self._already_present()
        return image

    def _already_present(self) -> None:
        words = f'Container image "{self.spec["image"]}" already present on machine and can be accessed by the pod'
        self.normal("Pulled", words)

    async def _simulate(self) -> None:
        """Says everywhere that it does not run, and holds the place of what would."""
        self.worker.mark_simulated(self)
        self.state.simulated = True
        self.state.image_id = "simulated"
        if self.init and not self.sidecar:
            self.state.terminated(0, "Completed", message="simulated: no program stands for this image")
            self.state.ready = True
            self.worker.publish()
            return
        self.state.running()
        self.state.ready = self.state.started = True
        self.up.set()
        self.worker.publish()
        await asyncio.Event().wait()

    async def _attempt(self, image: Image) -> float:
        """One start to its end; says how long it ran, in seconds."""
        loop = asyncio.get_running_loop()
        launch = await configured(self, image)
        self.state.container_id = f"{_runtime_of(image)}://{secrets.token_hex(32)}"
        attempt = Attempt(launch, Path(launch.log))
        if self.previous is not None:
            self.worker.kubelet.forget_log(self.previous)
        self.previous, self.attempt = self.attempt, attempt
        self.worker.kubelet.attempts[launch.key] = attempt
        if self.state.restarts or self.previous is not None:
            self._already_present()
        self.normal("Created", "Container created")
        begun = loop.time()
        try:
            await self.worker.kubelet.runtime.start(launch)
        except StartError as error:
            self.warning("Failed", f"Error: {error}")
            attempt.ended.set_result(Ended(128))
            if "terminated" in self.state.state:
                self.state.last_state = self.state.state
            self.state.terminated(128, "StartError", message=str(error), started="1970-01-01T00:00:00Z")
            self.worker.publish()
            return 0.0
        self.normal("Started", "Container started")
        self.state.running()
        self._probing.start(attempt)
        self.worker.publish()
        await self._post_start(attempt)
        ended = await asyncio.shield(attempt.ended)
        self.finish(ended)
        return loop.time() - begun

    def finish(self, ended: Ended) -> None:
        """Takes the end of the running attempt into the state, and tells the API."""
        self._probing.stop()
        attempt = self.attempt
        if attempt is None or "running" not in self.state.state:
            return
        if ended.not_started:
            self.warning("Failed", f"Error: {ended.not_started}")
            self.state.terminated(128, "StartError", message=ended.not_started, started="1970-01-01T00:00:00Z")
            self.worker.publish()
            return
        policy = self.spec.get("terminationMessagePolicy") or "File"
        reason = "OOMKilled" if ended.out_of_memory else "Completed" if ended.code == 0 else "Error"
        self.state.terminated(ended.code, reason, message=attempt.termination_message(ended.code, policy))
        if self.init and not self.sidecar and ended.code == 0:
            self.state.ready = True
        self.up.clear()
        self.worker.publish()

    async def _wait_out_back_off(self, ran: float) -> None:
        """The first restart is at once; after that 10 s, 20 s, … up to 5 min between the end and the next start."""
        if ran >= FORGIVEN_AFTER:
            self._back_off = 0.0
        pause = self._back_off
        self._back_off = min(pause * 2, LONGEST_BACK_OFF) if pause else FIRST_BACK_OFF
        if not pause:
            return
        pod = self.worker.pod["metadata"]
        name, full = self.spec["name"], f"{pod['name']}_{pod['namespace']}({pod['uid']})"
        minutes, seconds = divmod(int(pause), 60)
        text = f"{minutes}m{seconds}s" if minutes else f"{seconds}s"
        self.warning("BackOff", f"Back-off restarting failed container {name} in pod {full}")
        self.waits("CrashLoopBackOff", f"back-off {text} restarting failed container={name} pod={full}")
        await asyncio.sleep(pause)

    def killing(self, why: str) -> None:
        """Says that the running attempt will be killed, and what then."""
        if self.restart_policy != "Never":
            self.normal("Killing", f"{why}, will be restarted")
        elif len(self.worker.main) == 1:  # with it, the Pod ends
            self.normal("Killing", f"Stopping container {self.spec['name']}")
        else:
            self.normal("Killing", why)

    async def _post_start(self, attempt: Attempt) -> None:
        hook = ((self.spec.get("lifecycle") or {}).get("postStart")) or {}
        if hook and not await hooks.run(hook, self._probing.target(attempt)):
            self.warning("FailedPostStartHook", "PostStartHook failed")
            self.normal("Killing", "FailedPostStartHook")
            await self.end(attempt, self.worker.grace)

    # --- stopping ---------------------------------------------------------------------------------------------------

    async def stop(self, grace: float) -> None:
        """Ends a running attempt: preStop, SIGTERM, after `grace` seconds SIGKILL. Returns when it has ended."""
        self._probing.stop()
        if self.state.simulated and "running" in self.state.state:
            self.state.terminated(0, "Completed")
            return
        attempt = self.attempt
        if attempt is None or attempt.ended.done() or "running" not in self.state.state:
            return
        self.normal("Killing", f"Stopping container {self.spec['name']}")
        await self.end(attempt, grace)
        if not attempt.ended.done():
            return
        ended = attempt.ended.result()
        self.finish(ended)

    async def end(self, attempt: Attempt, grace: float) -> None:
        with contextlib.suppress(AgentError):  # it takes all containers along; the kubelet begins anew
            await self._end_in_order(attempt, grace)

    async def _end_in_order(self, attempt: Attempt, grace: float) -> None:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + grace
        runtime = self.worker.kubelet.runtime
        hook = ((self.spec.get("lifecycle") or {}).get("preStop")) or {}
        if hook and grace > 0 and not await hooks.run(hook, self._probing.target(attempt), timeout=grace):
            self.warning("FailedPreStopHook", "PreStopHook failed")
        if grace > 0:
            await runtime.signal(attempt.launch.key, signal.SIGTERM)
            await asyncio.wait({attempt.ended}, timeout=max(deadline - loop.time(), 0.0))
        if not attempt.ended.done():
            await runtime.signal(attempt.launch.key, signal.SIGKILL)
            await asyncio.wait({attempt.ended})
