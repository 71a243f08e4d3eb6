"""Starting, signalling and reaping the processes of Pods, inside the agent."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import fcntl
import json
import os
import signal
import stat
import struct
import subprocess
import termios
from collections.abc import Callable
from typing import Any

from steersman.cluster.agent.attaching import Attached
from steersman.cluster.agent.ends import Ends
from steersman.cluster.agent.executing import execute
from steersman.cluster.agent.guardian import Guardian
from steersman.cluster.agent.limits import MemoryWatch, set_limits
from steersman.cluster.agent.logs import LogFile
from steersman.cluster.agent.process import Process
from steersman.cluster.agent.users import Users
from steersman.cluster.agent.waiting import CHUNK, ended, left_in
from steersman.cluster.network.bridge import PodNetworks

Notify = Callable[[dict[str, Any]], None]


class Processes:
    """All running containers. `notify` gets `exit` and `log` messages for the server."""

    def __init__(self, networks: PodNetworks, guardian: Guardian, users: Users | None, notify: Notify) -> None:
        self._networks = networks
        self._guardian = guardian
        self._users = users
        self._notify = notify
        self._running: dict[str, Process] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._noisy: set[str] = set()

    async def start(
        self,
        *,
        key: str,
        pod: str | None,
        argv: list[str],
        arguments: list[str] | None,
        environment: dict[str, str],
        directory: str | None,
        log: str,
        memory: dict[str, Any] | None,
        limits: dict[str, int],
        within: list[tuple[str, str]],
        stdin: bool = False,
        terminal: bool = False,
    ) -> None:
        """Starts `argv`; `arguments` (the sandbox's own) reach it through a descriptor, so that no list shows them.

        `limits` are in the names of `resource.RLIMIT_*`, in small letters. `{open:N}` among the arguments stands for a
        descriptor of the file `within[N]` (folder, path in it), opened without following any link that is in that folder.
        With `stdin` it can be written to by who attaches; a `terminal` is its stdin, stdout and stderr.
        """
        loop = asyncio.get_running_loop()
        passed: list[int] = []
        status_read = go = -1
        try:
            if arguments is not None:
                opened = [_open_within(folder, path, passed) for folder, path in within]
                arguments = [_descriptor(part, opened) for part in arguments]
                status_read, status_write = os.pipe2(os.O_CLOEXEC)
                waiting, go = os.pipe2(os.O_CLOEXEC)
                passed += [status_write, waiting]
                more = ["--info-fd", str(status_write), "--block-fd", str(waiting)]
                options = os.memfd_create("sandbox")
                passed.append(options)
                os.write(options, b"\0".join(part.encode() for part in [*arguments, *more]) + b"\0")
                os.lseek(options, 0, os.SEEK_SET)
                argv = [*(str(options) if part == "{arguments}" else part for part in argv)]
            kept = [self._users.namespace] if self._users is not None else []
            argv = [part.replace("{users}", str(kept[0])) if kept else part for part in argv]
            ends = Ends.open(stdin=stdin, terminal=terminal)
            outer = self._spawn(
                argv, pod, environment, directory, [*passed, *kept], ends, new_session=arguments is None
            )
        except BaseException:
            for descriptor in (status_read, go):
                if descriptor >= 0:
                    os.close(descriptor)
            raise
        finally:
            for descriptor in passed:
                os.close(descriptor)
        process = Process(
            key,
            outer,
            LogFile(log),
            ends.outputs,
            ends.stdin,
            terminal,
            open_streams=len(ends.outputs),
            limits=limits,
            go=go,
        )
        self._running[key] = process
        for stream, pipe in ends.outputs:
            loop.add_reader(pipe, self._read, process, stream, pipe)
        if arguments is None:
            process.child.set_result(outer.pid)
            self._guardian.watch(outer.pid, group=True)
        else:
            loop.add_reader(status_read, self._read_status, process, status_read)
        if memory:
            process.memory = MemoryWatch(memory, lambda: self._out_of_memory(process))
        task = loop.create_task(self._reap(process))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        # Started is what the guardian knows of.
        await asyncio.shield(process.child)

    def _spawn(
        self,
        argv: list[str],
        pod: str | None,
        environment: dict[str, str],
        directory: str | None,
        passed: list[int],
        ends: Ends,
        *,
        new_session: bool,
    ) -> subprocess.Popen[bytes]:
        place = pod
        if pod is not None and any("{network}" in part for part in argv):
            # podman enters the Pod's network by itself, from outside.
            argv = [part.replace("{network}", self._networks.path(pod)) for part in argv]
            environment = {
                key: value for key, value in os.environ.items() if key.startswith("_CONTAINERS_")
            } | environment
            place = None
        try:
            with self._networks.inside(place):
                return subprocess.Popen(
                    argv,
                    stdin=ends.theirs[0],
                    stdout=ends.theirs[1],
                    stderr=ends.theirs[2],
                    env=environment,
                    cwd=directory,
                    pass_fds=passed,
                    start_new_session=new_session,
                )
        except BaseException:
            ends.close_ours()
            raise
        finally:
            ends.close_theirs()

    def _read_status(self, process: Process, pipe: int) -> None:
        """The sandbox tells the process' id, in pieces, before it lets the command run."""
        data = os.read(pipe, CHUNK)
        if data:
            process.status += data
            return
        asyncio.get_running_loop().remove_reader(pipe)
        os.close(pipe)
        if not process.child.done():
            child = int(json.loads(process.status)["child-pid"]) if process.status else 0
            with contextlib.suppress(OSError):
                process.handle = os.pidfd_open(child) if child else -1
                if child:
                    self._guardian.watch(child)
                    set_limits(child, process.limits)
            if process.memory:
                process.memory.pid = child
            process.child.set_result(child)
        os.close(process.go)

    def _read(self, process: Process, stream: str, pipe: int) -> None:
        try:
            data = os.read(pipe, CHUNK)
        except BlockingIOError:
            return
        except OSError:  # a terminal that nobody holds any more
            data = b""
        if data:
            self._said(process, stream, data)
            self._log_grew(process.key)
            return
        asyncio.get_running_loop().remove_reader(pipe)
        process.open_streams -= 1
        if process.open_streams == 0:
            process.drained.set()

    @staticmethod
    def _said(process: Process, stream: str, data: bytes) -> None:
        process.log.write(stream, data)
        for each in process.attached:
            each.feed(stream, data)

    def _log_grew(self, key: str) -> None:
        """Tells the server at most once a turn of the loop per container, however much was written."""
        if key in self._noisy:
            return
        self._noisy.add(key)

        def tell() -> None:
            self._noisy.discard(key)
            self._notify({"event": "log", "key": key})

        asyncio.get_running_loop().call_later(0.01, tell)

    async def _reap(self, process: Process) -> None:
        code = await ended(process.outer)
        # What still holds the pipes was killed with the process (its namespace is gone) or, without a sandbox, has left it.
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(process.drained.wait(), 1.0)
        loop = asyncio.get_running_loop()
        for stream, pipe in process.outputs:
            loop.remove_reader(pipe)
            # However late this agent gets to run, what the process wrote before it ended is its output.
            self._said(process, stream, left_in(pipe))
            os.close(pipe)
        process.close_stdin()
        for each in process.attached:
            each.end()
        process.log.close()
        if not process.child.done():
            process.child.set_result(0)
        oom = process.memory.close() if process.memory else False
        child = process.child.result()
        if child:
            self._guardian.forget(child, group=child == process.outer.pid)
        if process.handle >= 0:
            os.close(process.handle)
            process.handle = -1
        del self._running[process.key]
        self._notify({"event": "log", "key": process.key})
        self._notify({"event": "exit", "key": process.key, "code": code, "oom": oom})

    def _out_of_memory(self, process: Process) -> None:
        """As a kubelet on cgroup v2: all of the container dies, not just its biggest process."""
        process.kill(signal.SIGKILL)

    async def signal(self, *, key: str, number: int) -> bool:
        """Signals the container's first process; says whether it was there."""
        process = self._running.get(key)
        if process is None:
            return False
        await asyncio.shield(process.child)
        process.kill(number)
        return True

    async def attach(self, *, key: str, once: bool, streams: list[int]) -> dict[str, Any]:
        """Passes on what the container says and is told until it ends; `streams` are descriptors for stdin, stdout and stderr.

        `once` closes its stdin for good when there is no more of theirs.
        """
        process = self._running.get(key)
        if process is None:
            for descriptor in streams:
                os.close(descriptor)
            return {"failure": "container not running"}

        def hung_up() -> None:
            if once and not process.terminal:
                process.close_stdin()

        client = Attached(streams, os.dup(process.stdin) if process.stdin >= 0 else -1, hung_up)
        process.attached.add(client)
        try:
            await client.serve()
        finally:
            process.attached.discard(client)
        return {"failure": ""}

    async def resize(self, *, key: str, width: int, height: int) -> None:
        """The window of a container's terminal has another size now."""
        process = self._running.get(key)
        if process is not None and process.terminal:
            fcntl.ioctl(process.outputs[0][1], termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))
            if process.child.done() and process.child.result() == process.outer.pid:
                process.outer.send_signal(signal.SIGWINCH)  # podman's, whose own terminal it is not

    async def execute(self, *, key: str, **how: Any) -> dict[str, Any]:
        """Runs a command inside a running container (`executing.execute`)."""
        return await execute(self._running.get(key), **how)

    def kill_all(self) -> None:
        for process in self._running.values():
            with contextlib.suppress(ProcessLookupError):
                process.kill(signal.SIGKILL)
                process.outer.kill()


def _open_within(folder: str, path: str, opened: list[int]) -> int:
    """Opens `folder`/`path` for mounting, adding the descriptor to `opened`. Raises OSError where there is a link in between."""
    here = os.open(folder, os.O_PATH | os.O_CLOEXEC)
    for part in path.split("/"):
        try:
            inner = os.open(part, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=here)
        finally:
            os.close(here)
        here = inner
    if stat.S_ISLNK(os.fstat(here).st_mode):
        os.close(here)
        raise OSError(errno.ELOOP, f"{path} has become a link")
    opened.append(here)
    return here


def _descriptor(part: str, opened: list[int]) -> str:
    return str(opened[int(part[6:-1])]) if part.startswith("{open:") else part
