"""The server's end of the node agent."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import os
import socket
import subprocess
from collections.abc import Callable, Sequence
from typing import Any

from steersman.cluster.agent import permission
from steersman.cluster.agent.begin import Begun, Mode, begin, ways
from steersman.cluster.runtimes.interface import Ids
from steersman.errors import SteersmanError

_OUTSIDE_PATIENCE = 30.0


class AgentError(SteersmanError):
    """The agent could not do what it was asked for."""


class SandboxUnavailable(AgentError):
    """This machine permits no sandbox; `str()` says what the kernel said."""


class Link:
    """One running agent. `on_exit(key, code, oom)` and `on_log(key)` are called from the event loop."""

    def __init__(
        self, mode: Mode, process: subprocess.Popen[bytes], control: socket.socket, fds: socket.socket
    ) -> None:
        self.mode: Mode = mode
        self.ids: Ids | None = None
        """How ids of containers are ids of this machine, where they have a user namespace made by root."""
        self.on_exit: Callable[[str, int, bool], None] = lambda key, code, oom: None
        self.on_log: Callable[[str], None] = lambda key: None
        self.on_lost: Callable[[], None] = lambda: None
        self.many_users = False
        """Whether the agent can map more than one user, which real images need."""
        self._process = process
        self._control = control
        self._fds = fds
        self._fds_lock = asyncio.Lock()
        self._ids = itertools.count()
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._closing = False
        self._tasks: set[asyncio.Task[None]] = set()

    @classmethod
    async def start(
        cls, *, sandbox: bool = True, way_out: bool = False, within: Sequence[str] = (), begun: Begun | None = None
    ) -> Link:
        """Starts an agent in the best mode this machine allows. Raises SandboxUnavailable when `sandbox` cannot be had.

        With a `way_out`, Pods reach addresses outside the cluster, over connections that this process opens. `within` is a
        command that runs another one in a user namespace with many users. `begun` has been started in the best of these ways.
        """
        failure: SandboxUnavailable | None = None
        for way in ways(sandbox=sandbox, within=within):
            try:
                return await cls._connect(begun or begin(way, way_out=way_out))
            except SandboxUnavailable as error:
                failure, begun = error, None
        assert failure is not None
        raise failure

    @classmethod
    async def _connect(cls, begun: Begun) -> Link:
        """Waits until the agent is ready. Raises SandboxUnavailable."""
        begun.descriptors.setblocking(False)
        mode, within, process = begun.way.mode, begun.way.within, begun.process
        link = cls(mode, process, begun.control, begun.descriptors)
        link.many_users = mode == "root" or bool(within)
        link._reader, link._writer = await asyncio.open_connection(sock=begun.control, limit=64 * 1024 * 1024)
        first = await link._reader.readline()
        hello: dict[str, Any] = (
            json.loads(first) if first else {"event": "failed", "message": "the node agent ended at once"}
        )
        link.ids = Ids(*hello["ids"]) if hello.get("ids") else None
        if hello["event"] != "ready":
            link._writer.close()
            begun.descriptors.close()
            await _ended(process)
            raise SandboxUnavailable(
                f"no sandbox can be had on this machine: {hello['message']}",
                hint=permission.proc_hint() if hello.get("proc") else permission.hint(),
            )
        link.pid = hello["pid"]
        link._reading = asyncio.create_task(link._read())
        return link

    pid: int
    """The agent's process id."""
    _reader: asyncio.StreamReader
    _writer: asyncio.StreamWriter
    _reading: asyncio.Task[None]

    async def _read(self) -> None:
        while line := await self._reader.readline():
            message = json.loads(line)
            if "id" in message:
                future = self._waiting.pop(message["id"])
                if future.done():
                    continue
                if "error" in message:
                    future.set_exception(AgentError(message["error"]))
                else:
                    future.set_result(message["result"])
            elif message["event"] == "exit":
                self.on_exit(message["key"], message["code"], message["oom"])
            elif message["event"] == "log":
                self.on_log(message["key"])
            elif message["event"] in ("dial", "resolve"):
                work = self._connect_outside(message) if message["event"] == "dial" else self._resolve(message)
                task = asyncio.ensure_future(work)
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(AgentError("the node agent is gone"))
        if not self._closing:
            self.on_lost()

    async def _connect_outside(self, message: dict[str, Any]) -> None:
        """A Pod wants to talk to the outside: the connection is made here and handed over."""
        loop = asyncio.get_running_loop()
        made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        made.setblocking(False)
        descriptors = [made.fileno()]
        try:
            await asyncio.wait_for(loop.sock_connect(made, (message["address"], message["port"])), _OUTSIDE_PATIENCE)
        except (OSError, TimeoutError):
            descriptors = []
        async with self._fds_lock:
            socket.send_fds(self._fds, [json.dumps({"dialed": message["number"]}).encode()], descriptors)
        made.close()

    async def _resolve(self, message: dict[str, Any]) -> None:
        addresses: list[str] = []
        with contextlib.suppress(OSError):
            found = await asyncio.get_running_loop().getaddrinfo(
                message["name"], None, family=socket.AF_INET, type=socket.SOCK_STREAM
            )
            addresses = [str(each[4][0]) for each in found]
        await self.ask("resolved", number=message["number"], addresses=addresses)

    async def ask(self, action: str, **arguments: Any) -> Any:
        """One request. Raises AgentError with the agent's words."""
        if self._writer.is_closing():
            raise AgentError("the node agent is gone")
        identity = next(self._ids)
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting[identity] = future
        self._writer.write(json.dumps({"id": identity, "do": action, **arguments}).encode() + b"\n")
        return await future

    async def execute(self, *, streams: list[int] | None = None, **arguments: Any) -> dict[str, Any]:
        """Runs a command in a container; see `Processes.execute`. `streams` are handed over and stay the caller's to close."""
        if streams is None:
            answer: dict[str, Any] = await self.ask("execute", **arguments)
            return answer
        outcome: dict[str, Any] = await self.ask("execute", streams=await self._hand_over(streams), **arguments)
        return outcome

    async def attach(self, *, streams: list[int], **arguments: Any) -> dict[str, Any]:
        """Attaches to a container; see `Processes.attach`. `streams` are handed over and stay the caller's to close."""
        outcome: dict[str, Any] = await self.ask("attach", streams=await self._hand_over(streams), **arguments)
        return outcome

    async def _hand_over(self, streams: list[int]) -> int:
        """Sends descriptors to the agent; by which number it knows them."""
        token = next(self._ids)
        async with self._fds_lock:
            socket.send_fds(self._fds, [json.dumps({"streams": token}).encode()], streams)
            await asyncio.get_running_loop().sock_recv(self._fds, 4096)
        return token

    async def open_socket(
        self, *, listen: tuple[str, int] | None = None, pod: str | None = None, six: bool = False
    ) -> socket.socket:
        """A non-blocking TCP socket inside the cluster's network: unconnected, or listening at `listen`.

        With a `pod` it is in that Pod's own network; `six` makes it one of IPv6.
        """
        loop = asyncio.get_running_loop()
        async with self._fds_lock:
            await loop.sock_sendall(self._fds, json.dumps({"listen": listen, "pod": pod, "six": six}).encode())
            await _readable(self._fds)
            data, descriptors, _, _ = socket.recv_fds(self._fds, 4096, 1)
        answer = json.loads(data)
        if "error" in answer:
            raise AgentError(answer["error"])
        made = socket.socket(fileno=descriptors[0])
        made.setblocking(False)
        return made

    async def dial(self, address: str, port: int, *, timeout: float = 5.0, pod: str | None = None) -> socket.socket:
        """A connection to a Pod or Service from inside the cluster's network, or from inside a `pod`'s own.

        Raises OSError or TimeoutError.
        """
        made = await self.open_socket(pod=pod, six=":" in address)
        try:
            await asyncio.wait_for(asyncio.get_running_loop().sock_connect(made, (address, port)), timeout)
        except BaseException:
            made.close()
            raise
        return made

    async def close(self) -> None:
        """Ends the agent and with it every process of every Pod; returns when it is gone."""
        self._closing = True
        self._writer.close()
        self._fds.close()
        try:
            await asyncio.wait_for(_ended(self._process), 5.0)
        except TimeoutError:
            self._process.kill()
            await _ended(self._process)
        await self._reading


async def _readable(file: socket.socket | int) -> None:
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    loop.add_reader(file, ready.set)
    try:
        await ready.wait()
    finally:
        loop.remove_reader(file)


async def _ended(process: subprocess.Popen[bytes]) -> None:
    """Waits for a process without a thread."""
    if process.poll() is None:
        handle = os.pidfd_open(process.pid)
        try:
            await _readable(handle)
        finally:
            os.close(handle)
        process.wait()
