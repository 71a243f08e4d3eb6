"""One container of a Pod over its life: start, probes, restarts with back-off, stop."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import signal
import socket
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from steersman.cluster.agent.link import AgentError
from steersman.cluster.kubelet import environment, etc, hooks, identity, probes, pulling, quantity
from steersman.cluster.kubelet.environment import ConfigError
from steersman.cluster.kubelet.status import ContainerState
from steersman.cluster.machinery import Json
from steersman.cluster.runtimes.images import Image
from steersman.cluster.runtimes.interface import (
    Ended,
    Executed,
    Launch,
    Mount,
    Runtime,
    StartError,
)

if TYPE_CHECKING:
    from steersman.cluster.kubelet.worker import PodWorker

FIRST_BACK_OFF, LONGEST_BACK_OFF, FORGIVEN_AFTER = 10.0, 300.0, 600.0
"""Seconds; source: kubelet (MaxContainerBackOff and its start; a container that ran that long starts over)."""
_TERMINATION_MESSAGE = 4096


def _runtime_of(image: Image) -> str:
    """The runtime's name, as it stands in container and image ids."""
    return "podman" if image.container_image else "process"


ContainerKind = Literal["initContainers", "containers", "ephemeralContainers"]


@dataclass
class Attempt:
    """One start of a container. `followers` are set whenever its log grows."""

    launch: Launch
    log: Path
    ended: asyncio.Future[Ended] = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    followers: set[asyncio.Event] = field(default_factory=set)
    killed_because: str = ""


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
        self._worker = worker
        self._back_off = 0.0
        self._probes: set[asyncio.Task[None]] = set()

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
        policy: str = self._worker.pod["spec"].get("restartPolicy", "Always")
        return "OnFailure" if self.init and policy == "Always" else policy

    def normal(self, reason: str, message: str) -> None:
        self._worker.kubelet.recorder.normal(self._worker.pod, reason, message, field_path=self.field_path)

    def warning(self, reason: str, message: str) -> None:
        self._worker.kubelet.recorder.warning(self._worker.pod, reason, message, field_path=self.field_path)

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
            self._stop_probes()

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
        return self._worker.kubelet.runtime

    @property
    def may_simulate(self) -> bool:
        return self._worker.may_simulate

    def waits(self, reason: str, message: str) -> None:
        """Tells the API why it does not run yet."""
        self.state.waiting(reason, message)
        self._worker.publish()

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
        self._worker.mark_simulated(self)
        self.state.simulated = True
        self.state.image_id = "simulated"
        if self.init and not self.sidecar:
            self.state.terminated(0, "Completed", message="simulated: no program stands for this image")
            self.state.ready = True
            self._worker.publish()
            return
        self.state.running()
        self.state.ready = self.state.started = True
        self.up.set()
        self._worker.publish()
        await asyncio.Event().wait()

    async def _attempt(self, image: Image) -> float:
        """One start to its end; says how long it ran, in seconds."""
        loop = asyncio.get_running_loop()
        launch = await self._configure(image)
        self.state.container_id = f"{_runtime_of(image)}://{secrets.token_hex(32)}"
        attempt = Attempt(launch, Path(launch.log))
        if self.previous is not None:
            self._worker.kubelet.forget_log(self.previous)
        self.previous, self.attempt = self.attempt, attempt
        self._worker.kubelet.attempts[launch.key] = attempt
        if self.state.restarts or self.previous is not None:
            self._already_present()
        self.normal("Created", "Container created")
        begun = loop.time()
        try:
            await self._worker.kubelet.runtime.start(launch)
        except StartError as error:
            self.warning("Failed", f"Error: {error}")
            attempt.ended.set_result(Ended(128))
            if "terminated" in self.state.state:
                self.state.last_state = self.state.state
            self.state.terminated(128, "StartError", message=str(error), started="1970-01-01T00:00:00Z")
            self._worker.publish()
            return 0.0
        self.normal("Started", "Container started")
        self.state.running()
        self._start_probes(attempt)
        self._worker.publish()
        await self._post_start(attempt)
        ended = await asyncio.shield(attempt.ended)
        self.finish(ended)
        return loop.time() - begun

    def finish(self, ended: Ended) -> None:
        """Takes the end of the running attempt into the state, and tells the API."""
        self._stop_probes()
        attempt = self.attempt
        if attempt is None or "running" not in self.state.state:
            return
        if ended.not_started:
            self.warning("Failed", f"Error: {ended.not_started}")
            self.state.terminated(128, "StartError", message=ended.not_started, started="1970-01-01T00:00:00Z")
            self._worker.publish()
            return
        reason = "OOMKilled" if ended.out_of_memory else "Completed" if ended.code == 0 else "Error"
        self.state.terminated(ended.code, reason, message=self._termination_message(attempt, ended.code))
        if self.init and not self.sidecar and ended.code == 0:
            self.state.ready = True
        self.up.clear()
        self._worker.publish()

    def _termination_message(self, attempt: Attempt, code: int) -> str:
        path = Path(attempt.launch.log).with_suffix(".message")
        text = ""
        with contextlib.suppress(OSError):
            text = path.read_bytes()[:_TERMINATION_MESSAGE].decode(errors="replace")
        if not text and code != 0 and self.spec.get("terminationMessagePolicy") == "FallbackToLogsOnError":
            with contextlib.suppress(OSError):
                lines = attempt.log.read_bytes()[-8192:].splitlines()[-80:]
                text = b"\n".join(line.split(b" ", 3)[-1] for line in lines).decode(errors="replace")[-2048:]
        return text

    async def _configure(self, image: Image) -> Launch:
        """Waits until all that the container refers to is there (CreateContainerConfigError meanwhile)."""
        told, tries = "", 0
        while True:
            try:
                return self._launch(image)
            except ConfigError as error:
                message = str(error)
            if message != told or tries % 15 == 0:
                told = message
                self.warning("Failed", f"Error: {message}")
                self.waits("CreateContainerConfigError", message)
            tries += 1
            await asyncio.sleep(1.0)

    def _launch(self, image: Image) -> Launch:
        worker, spec = self._worker, self.spec
        pod = worker.pod
        variables = environment.build(worker.kubelet.objects, pod, spec, image.env)
        argv = environment.command_line(spec, image.entrypoint, image.command, variables)
        if not argv:
            raise ConfigError("no command specified")
        if spec.get("tty"):
            variables.setdefault("TERM", "xterm")
        who = identity.of(pod, spec, image)
        key = f"{pod['metadata']['uid']}-{spec['name']}-{secrets.token_hex(4)}"
        folder = worker.log_folder / spec["name"]
        folder.mkdir(parents=True, exist_ok=True)
        log = folder / f"{self.state.restarts}-{key[-8:]}.log"
        message = log.with_suffix(".message")
        message.touch()
        message.chmod(0o666)
        limits = (spec.get("resources") or {}).get("limits") or {}
        security = spec.get("securityContext") or {}
        mounts = (
            *worker.etc,
            *etc.accounts(worker.volumes.folder / "etc" / spec["name"], who.user, who.group),
            *worker.volumes.mounts(spec, variables),
            Mount(str(message), spec.get("terminationMessagePath") or "/dev/termination-log"),
        )
        return Launch(
            key=key, pod=pod["metadata"]["uid"], hostname=worker.hostname, image=image, argv=argv, environment=variables,
            working_dir=spec.get("workingDir") or image.working_dir, identity=who, log=str(log), mounts=mounts,
            read_only_root=bool(security.get("readOnlyRootFilesystem")), stdin=bool(spec.get("stdin")),
            stdin_once=bool(spec.get("stdinOnce")), tty=bool(spec.get("tty")),
            memory_limit=int(quantity.parse(limits["memory"])) if "memory" in limits else None,
            cpu_limit=float(quantity.parse(limits["cpu"])) if "cpu" in limits else None,
            storage_limit=int(quantity.parse(limits["ephemeral-storage"])) if "ephemeral-storage" in limits else None,
        )  # fmt: skip

    async def _wait_out_back_off(self, ran: float) -> None:
        """The first restart is at once; after that 10 s, 20 s, … up to 5 min between the end and the next start."""
        if ran >= FORGIVEN_AFTER:
            self._back_off = 0.0
        pause = self._back_off
        self._back_off = min(pause * 2, LONGEST_BACK_OFF) if pause else FIRST_BACK_OFF
        if not pause:
            return
        pod = self._worker.pod["metadata"]
        name, full = self.spec["name"], f"{pod['name']}_{pod['namespace']}({pod['uid']})"
        minutes, seconds = divmod(int(pause), 60)
        text = f"{minutes}m{seconds}s" if minutes else f"{seconds}s"
        self.warning("BackOff", f"Back-off restarting failed container {name} in pod {full}")
        self.waits("CrashLoopBackOff", f"back-off {text} restarting failed container={name} pod={full}")
        await asyncio.sleep(pause)

    # --- probes and hooks -------------------------------------------------------------------------------------------

    def _start_probes(self, attempt: Attempt) -> None:
        startup, readiness = self.spec.get("startupProbe"), self.spec.get("readinessProbe")
        self.state.started = startup is None
        self.state.ready = startup is None and readiness is None
        if startup is not None:
            self._probe("Startup", startup, attempt)
        else:
            self._begun(attempt)

    def _begun(self, attempt: Attempt) -> None:
        """The container counts as started: readiness and liveness begin."""
        self.state.started = True
        self.up.set()
        if (readiness := self.spec.get("readinessProbe")) is not None:
            self._probe("Readiness", readiness, attempt)
        else:
            self.state.ready = True
        if (liveness := self.spec.get("livenessProbe")) is not None:
            self._probe("Liveness", liveness, attempt)

    def _probe(self, kind: probes.Kind, probe: Json, attempt: Attempt) -> None:
        name = self.spec["name"]

        def succeeded() -> None:
            if kind == "Startup":
                self._begun(attempt)
                self._worker.publish()
            elif kind == "Readiness" and not self.state.ready:
                self.state.ready = True
                self._worker.publish()

        def failed() -> None:
            if kind == "Readiness":
                if self.state.ready:
                    self.state.ready = False
                    self._worker.publish()
                return
            self._killing(f"Container {name} failed {kind.lower()} probe")
            grace = float(probe.get("terminationGracePeriodSeconds") or self._worker.grace)
            self._worker.spawn(self._end(attempt, grace))

        def unhealthy(words: str) -> None:
            self.warning("Unhealthy", f"{kind} probe {words}")

        task = asyncio.ensure_future(
            probes.run(kind, probe, self._target(attempt), succeeded=succeeded, failed=failed, unhealthy=unhealthy)
        )
        self._probes.add(task)
        task.add_done_callback(self._probes.discard)

    def _target(self, attempt: Attempt) -> probes.Target:
        runtime = self._worker.kubelet.runtime
        ports = {each["name"]: each["containerPort"] for each in self.spec.get("ports") or () if each.get("name")}

        async def execute(command: list[str], timeout: float) -> Executed:
            return await runtime.execute(attempt.launch, command, timeout=timeout)

        async def dial(host: str, port: int, timeout: float) -> socket.socket:
            return await runtime.dial(host, port, timeout=timeout)

        return probes.Target(self._worker.state.address, ports, execute, dial)

    def _stop_probes(self) -> None:
        for task in self._probes:
            task.cancel()

    def _killing(self, why: str) -> None:
        """Says that the running attempt will be killed, and what then."""
        if self.restart_policy != "Never":
            self.normal("Killing", f"{why}, will be restarted")
        elif len(self._worker.main) == 1:  # with it, the Pod ends
            self.normal("Killing", f"Stopping container {self.spec['name']}")
        else:
            self.normal("Killing", why)

    async def _post_start(self, attempt: Attempt) -> None:
        hook = ((self.spec.get("lifecycle") or {}).get("postStart")) or {}
        if hook and not await hooks.run(hook, self._target(attempt)):
            self.warning("FailedPostStartHook", "PostStartHook failed")
            self.normal("Killing", "FailedPostStartHook")
            await self._end(attempt, self._worker.grace)

    # --- stopping ---------------------------------------------------------------------------------------------------

    async def stop(self, grace: float) -> None:
        """Ends a running attempt: preStop, SIGTERM, after `grace` seconds SIGKILL. Returns when it has ended."""
        self._stop_probes()
        if self.state.simulated and "running" in self.state.state:
            self.state.terminated(0, "Completed")
            return
        attempt = self.attempt
        if attempt is None or attempt.ended.done() or "running" not in self.state.state:
            return
        self.normal("Killing", f"Stopping container {self.spec['name']}")
        await self._end(attempt, grace)
        if not attempt.ended.done():
            return
        ended = attempt.ended.result()
        self.finish(ended)

    async def _end(self, attempt: Attempt, grace: float) -> None:
        with contextlib.suppress(AgentError):  # it takes all containers along; the kubelet begins anew
            await self._end_in_order(attempt, grace)

    async def _end_in_order(self, attempt: Attempt, grace: float) -> None:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + grace
        runtime = self._worker.kubelet.runtime
        hook = ((self.spec.get("lifecycle") or {}).get("preStop")) or {}
        if hook and grace > 0 and not await hooks.run(hook, self._target(attempt), timeout=grace):
            self.warning("FailedPreStopHook", "PreStopHook failed")
        if grace > 0:
            await runtime.signal(attempt.launch.key, signal.SIGTERM)
            await asyncio.wait({attempt.ended}, timeout=max(deadline - loop.time(), 0.0))
        if not attempt.ended.done():
            await runtime.signal(attempt.launch.key, signal.SIGKILL)
            await asyncio.wait({attempt.ended})
