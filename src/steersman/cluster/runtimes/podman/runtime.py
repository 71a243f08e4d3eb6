"""Containers of podman. They are attached to the node agent like any process, which so has their output and their end."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import subprocess
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from steersman.cluster.agent.limits import resident_bytes
from steersman.cluster.agent.link import AgentError, Link
from steersman.cluster.runtimes.images import Image
from steersman.cluster.runtimes.interface import Ended, Executed, Launch, StartError
from steersman.cluster.runtimes.podman import client

_OF_THE_IMAGE = {"/etc/passwd", "/etc/group", "/etc/nsswitch.conf"}
"""Files that sandboxed processes need and real images bring along."""
_NOT_STARTED = (125, 126, 127)
_RETRY = 0.1
_PODMANS_OWN = 5.0
"""Seconds that podman itself may take to enter a container, which no probe's timeout is meant for."""


class Podman:
    """Starts and ends containers that carry `label`; `ended` is told of each end."""

    def __init__(self, command: list[str], label: str, ended: Callable[[str, Ended], None]) -> None:
        self._command = command
        self._label = label
        self._ended = ended
        self._launches: dict[str, Launch] = {}
        self._killed: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def image(self, reference: str, *, pull: bool) -> Image | None:
        """The image if it is here, or can be pulled where that is wanted. Raises ImageUnavailable."""
        found = await client.inspect_image(self._command, reference)
        return await client.pull(self._command, reference) if found is None and pull else found

    async def start(self, link: Link, launch: Launch) -> None:
        """Raises StartError."""
        self._launches[launch.key] = launch
        try:
            await link.ask(
                "start", key=launch.key, pod=launch.pod, argv=[*self._command, *self._arguments(launch)], arguments=None,
                environment=client.environment(), directory="/", log=launch.log,
                memory=None, limits={}, within=[], stdin=launch.stdin, terminal=launch.tty,
            )  # fmt: skip
        except AgentError as error:
            del self._launches[launch.key]
            raise StartError(f"failed to create container: {error}") from error
        if launch.memory_limit is not None and not client.limits_hold():
            self._do(self._watch_memory(launch, launch.memory_limit))

    async def _watch_memory(self, launch: Launch, limit: int) -> None:
        """What a control group would do."""
        pid = 0
        while self.runs(launch.key):
            await asyncio.sleep(_RETRY)
            if not pid:
                code, out, _ = await client.run(
                    self._command, "container", "inspect", "-f", "{{.State.Pid}}", launch.key
                )
                pid = int(out) if code == 0 else 0
            elif resident_bytes(pid) > limit:
                await client.run(self._command, "kill", "--signal", "KILL", launch.key)
                return

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _arguments(self, launch: Launch) -> list[str]:
        settings = Path(launch.log).with_suffix(".env")
        settings.touch(mode=0o600)
        simple = {name: value for name, value in launch.environment.items() if "\n" not in value}
        settings.write_text("".join(f"{name}={value}\n" for name, value in simple.items()))
        options = [
            "run", "--name", launch.key, "--label", f"steersman={self._label}", "--pull", "never", "--log-driver", "none",
            "--network", "ns:{network}", "--hostname", launch.hostname, "--no-hosts", "--env-file", str(settings),
            "--workdir", launch.working_dir, "--entrypoint", json.dumps(launch.argv), *client.own_limits(),
        ]  # fmt: skip
        for name, value in launch.environment.items():
            if name not in simple:
                options += ["--env", f"{name}={value}"]
        who = launch.identity
        if who.asked:
            options += ["--user", f"{who.user}:{who.group}"]
        for group in who.groups:
            options += ["--group-add", str(group)]
        for option, names in (("--cap-drop", who.dropped), ("--cap-add", who.added)):
            for name in names:
                options += [option, name]
        options += [*(["--interactive"] if launch.stdin else []), *(["--tty"] if launch.tty else [])]
        if launch.read_only_root:
            options += ["--read-only", "--read-only-tmpfs=false"]
        if launch.memory_limit is not None and client.limits_hold():
            options += ["--memory", str(launch.memory_limit)]
        if launch.cpu_limit is not None and client.limits_hold():
            options += ["--cpus", str(launch.cpu_limit)]
        for mount in launch.mounts:
            if mount.path not in _OF_THE_IMAGE:
                options += ["--volume", f"{mount.source}:{mount.path}:{'ro' if mount.read_only else 'rw'}"]
        return [*options, launch.image.container_image]

    def runs(self, key: str) -> bool:
        return key in self._launches

    def exited(self, key: str, code: int) -> None:
        """The attached command has ended: asks podman how the container did."""
        self._do(self._finish(self._launches.pop(key), code))

    async def _finish(self, launch: Launch, code: int) -> None:
        out_of_memory, failure = False, ""
        with contextlib.suppress(TimeoutError, ValueError, IndexError, KeyError):
            found, out, _ = await client.run(self._command, "container", "inspect", launch.key)
            state = json.loads(out)[0]["State"] if found == 0 else {}
            # Not every combination of podman and control groups notices; nobody else sends this signal.
            unasked = code == 128 + signal.SIGKILL and launch.key not in self._killed
            out_of_memory = bool(state.get("OOMKilled")) or (unasked and launch.memory_limit is not None)
            if code in _NOT_STARTED and not state.get("Pid") and state.get("StartedAt", "").startswith("0001"):
                failure = state.get("Error") or self._last_words(launch)
            await client.run(self._command, "rm", "--force", "--time", "0", launch.key)
        self._killed.discard(launch.key)
        self._ended(launch.key, Ended(code, out_of_memory, failure))

    @staticmethod
    def _last_words(launch: Launch) -> str:
        lines = Path(launch.log).read_bytes().splitlines() if Path(launch.log).exists() else []
        return lines[-1].split(b" ", 3)[-1].decode(errors="replace").removeprefix("Error: ") if lines else ""

    async def signal(self, key: str, number: int) -> None:
        """Tries until it has worked: a container that is only just being made cannot be signalled yet."""
        if number == signal.SIGKILL:
            self._killed.add(key)
        while self.runs(key):
            with contextlib.suppress(TimeoutError):
                code, _, _ = await client.run(self._command, "kill", "--signal", str(number), key)
                if code == 0:
                    return
            await asyncio.sleep(_RETRY)

    async def execute(
        self, launch: Launch, argv: list[str], timeout: float | None, streams: list[int] | None
    ) -> Executed:
        timeout = None if timeout is None else timeout + _PODMANS_OWN
        terminal = ["--tty"] if streams and os.isatty(streams[0]) else []
        command = [*self._command, "exec", *(["--interactive"] if streams else []), *terminal, launch.key, *argv]
        if streams is None:
            try:
                code, out, error = await client.run(command, timeout=timeout)
            except TimeoutError:
                return Executed(None, "")
            return Executed(code, (out + error)[: 10 * 1024])
        stdin, stdout, stderr = streams
        process = await asyncio.create_subprocess_exec(*command, stdin=stdin, stdout=stdout, stderr=stderr)
        try:
            return Executed(await asyncio.wait_for(process.wait(), timeout), "")
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
            return Executed(None, "")

    def sweep(self) -> None:
        """Removes every container of this cluster, also those that an earlier server left."""
        self._launches.clear()
        subprocess.run(
            [*self._command, "rm", "--force", "--time", "0", "--filter", f"label=steersman={self._label}"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False,
        )  # fmt: skip
