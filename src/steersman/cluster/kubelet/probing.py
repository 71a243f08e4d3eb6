"""The probes of one container: when each begins, and what its verdicts change."""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING

from steersman.cluster.kubelet import probes
from steersman.cluster.kubelet.attempt import Attempt
from steersman.cluster.machinery import Json
from steersman.cluster.runtimes.interface import Executed

if TYPE_CHECKING:
    from steersman.cluster.kubelet.containers import Container


class Probing:
    """Keeps `started` and `ready` of the container's state as its probes say."""

    def __init__(self, container: Container) -> None:
        self._container = container
        self._worker = container.worker
        self._spec = container.spec
        self._state = container.state
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, attempt: Attempt) -> None:
        """Begin with a new attempt: the startup probe first, the others once it has succeeded."""
        startup, readiness = self._spec.get("startupProbe"), self._spec.get("readinessProbe")
        self._state.started = startup is None
        self._state.ready = startup is None and readiness is None
        if startup is not None:
            self._probe("Startup", startup, attempt)
        else:
            self._begun(attempt)

    def _begun(self, attempt: Attempt) -> None:
        """The container counts as started: readiness and liveness begin."""
        self._state.started = True
        self._container.up.set()
        if (readiness := self._spec.get("readinessProbe")) is not None:
            self._probe("Readiness", readiness, attempt)
        else:
            self._state.ready = True
        if (liveness := self._spec.get("livenessProbe")) is not None:
            self._probe("Liveness", liveness, attempt)

    def _probe(self, kind: probes.Kind, probe: Json, attempt: Attempt) -> None:
        name = self._spec["name"]

        def succeeded() -> None:
            if kind == "Startup":
                self._begun(attempt)
                self._worker.publish()
            elif kind == "Readiness" and not self._state.ready:
                self._state.ready = True
                self._worker.publish()

        def failed() -> None:
            if kind == "Readiness":
                if self._state.ready:
                    self._state.ready = False
                    self._worker.publish()
                return
            self._container.killing(f"Container {name} failed {kind.lower()} probe")
            grace = float(probe.get("terminationGracePeriodSeconds") or self._worker.grace)
            self._worker.spawn(self._container.end(attempt, grace))

        def unhealthy(words: str) -> None:
            self._container.warning("Unhealthy", f"{kind} probe {words}")

        task = asyncio.ensure_future(
            probes.run(kind, probe, self.target(attempt), succeeded=succeeded, failed=failed, unhealthy=unhealthy)
        )
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def target(self, attempt: Attempt) -> probes.Target:
        """Where probes and lifecycle hooks of this attempt reach it."""
        runtime = self._worker.kubelet.runtime
        ports = {each["name"]: each["containerPort"] for each in self._spec.get("ports") or () if each.get("name")}

        async def execute(command: list[str], timeout: float) -> Executed:
            return await runtime.execute(attempt.launch, command, timeout=timeout)

        async def dial(host: str, port: int, timeout: float) -> socket.socket:
            return await runtime.dial(host, port, timeout=timeout)

        return probes.Target(self._worker.state.address, ports, execute, dial)

    def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
