"""`python -m steersman.cluster.agent CONTROL DESCRIPTORS MODE [way-out] [within]`: the agent's main loop, started by `link`.

CONTROL is a stream socket with one JSON object a line: requests `{"id", "do", …}` from the server, answers `{"id", …}` and
events `{"event", …}` to it. DESCRIPTORS is a SEQPACKET socket over which the server gets sockets made in the cluster's
namespace and hands over the streams of an exec and connections to the outside. MODE is `root`, `user` or `plain` (see `Link`);
`within` says that this already is a user namespace of the user's, made by podman, in which more than one user is mapped.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import signal
import socket
import sys
from typing import Any

from steersman.cluster.agent.guardian import Guardian
from steersman.cluster.agent.limits import confine
from steersman.cluster.agent.processes import Processes
from steersman.cluster.agent.users import Users, container_users
from steersman.cluster.network import namespaces
from steersman.cluster.network.addresses import DNS
from steersman.cluster.network.bridge import PodNetworks
from steersman.cluster.network.dns import DnsServer, Names
from steersman.cluster.network.gateway import Gateway
from steersman.cluster.network.services import ServiceProxy


class Agent:
    def __init__(
        self, descriptors: socket.socket, networks: PodNetworks, guardian: Guardian, users: Users | None
    ) -> None:
        self._descriptors = descriptors
        self._users = users
        self._networks = networks
        self._dns = DnsServer()
        self._proxy = ServiceProxy()
        self._processes = Processes(networks, guardian, users, self._send)
        self._writer: asyncio.StreamWriter | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._streams: dict[int, list[int]] = {}
        self._asked: dict[int, asyncio.Future[Any]] = {}
        self._numbers = itertools.count()
        self._updating = asyncio.Lock()

    def _send(self, message: dict[str, Any]) -> None:
        if self._writer is not None and not self._writer.is_closing():
            self._writer.write(json.dumps(message).encode() + b"\n")

    async def _ask(self, event: str, **arguments: Any) -> Any:
        """Asks the server for something of the machine's own network."""
        number = next(self._numbers)
        future = self._asked[number] = asyncio.get_running_loop().create_future()
        self._send({"event": event, "number": number, **arguments})
        return await future

    async def _dial(self, address: str, port: int) -> socket.socket | None:
        found: socket.socket | None = await self._ask("dial", address=address, port=port)
        return found

    async def _resolve(self, name: str) -> list[str]:
        found: list[str] = await self._ask("resolve", name=name)
        return found

    async def do_resolved(self, number: int, addresses: list[str]) -> None:
        self._asked.pop(number).set_result(addresses)

    async def run(self, control: socket.socket, *, network: bool, way_out: bool) -> None:
        """Serves the server until it hangs up."""
        reader, self._writer = await asyncio.open_connection(sock=control, limit=64 * 1024 * 1024)
        asyncio.get_running_loop().add_reader(self._descriptors, self._descriptor_request)
        if network:
            self._networks.set_service_addresses({DNS})
            await self._dns.start(DNS)
        if way_out:
            self._dns.resolve = self._resolve
            Gateway(self._networks, self._dial).start()
        ids = [self._users.base, self._users.size] if self._users else None
        self._send({"event": "ready", "ids": ids, "pid": os.getpid()})
        try:
            while line := await reader.readline():
                task = asyncio.ensure_future(self._answer(json.loads(line)))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
        except ConnectionError:
            return  # the server is gone: so are we
        finally:
            self._processes.kill_all()

    async def _answer(self, request: dict[str, Any]) -> None:
        identity, action = request.pop("id"), request.pop("do")
        try:
            result = await getattr(self, "do_" + action)(**request)
            self._send({"id": identity, "result": result})
        except Exception as error:  # every failure belongs to the server, which asked
            self._send({"id": identity, "error": f"{type(error).__name__}: {error}"})

    async def do_pod(self, pod: str, address: str) -> None:
        self._networks.add(pod, address)

    async def do_pod_gone(self, pod: str) -> None:
        self._networks.remove(pod)

    async def do_start(self, **arguments: Any) -> None:
        await self._processes.start(**arguments)

    async def do_signal(self, key: str, number: int) -> bool:
        return await self._processes.signal(key=key, number=number)

    async def do_execute(self, streams: int | None = None, **arguments: Any) -> dict[str, Any]:
        handed = self._streams.pop(streams) if streams is not None else None
        return await self._processes.execute(**arguments, streams=handed)

    async def do_attach(self, streams: int, **arguments: Any) -> dict[str, Any]:
        return await self._processes.attach(**arguments, streams=self._streams.pop(streams))

    async def do_resize(self, **arguments: Any) -> None:
        await self._processes.resize(**arguments)

    async def do_services(self, addresses: list[str], table: list[Any]) -> None:
        """`table`: [protocol, address, port, [[address, port], …]] a row."""
        async with self._updating:
            self._networks.set_service_addresses({DNS, *addresses})
            await self._proxy.update(
                {
                    (protocol, address, port): [(at, to) for at, to in backends]
                    for protocol, address, port, backends in table
                }
            )

    async def do_names(
        self, addresses: dict[str, list[str]], aliases: dict[str, str], services: dict[str, Any]
    ) -> None:
        ports = {name: [(port, host) for port, host in each] for name, each in services.items()}
        self._dns.names = Names(addresses, aliases, ports)

    def _descriptor_request(self) -> None:
        """A socket is wanted, or the streams of an exec arrive."""
        data, descriptors, _, _ = socket.recv_fds(self._descriptors, 4096, 3)
        if not data:
            return
        request = json.loads(data)
        if "dialed" in request:
            made = socket.socket(fileno=descriptors[0]) if descriptors else None
            self._asked.pop(request["dialed"]).set_result(made)
            return
        if "streams" in request:
            self._streams[request["streams"]] = descriptors
            self._descriptors.send(b"{}")
            return
        try:
            family = socket.AF_INET6 if request.get("six") else socket.AF_INET
            with self._networks.inside(request.get("pod")), socket.socket(family, socket.SOCK_STREAM) as fresh:
                if request.get("listen"):
                    fresh.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                    fresh.bind(tuple(request["listen"]))
                    fresh.listen(128)
                socket.send_fds(self._descriptors, [b"{}"], [fresh.fileno()])
        except (OSError, KeyError) as error:
            self._descriptors.send(json.dumps({"error": str(error)}).encode())


def main() -> None:
    control = socket.socket(fileno=int(sys.argv[1]))
    descriptors = socket.socket(fileno=int(sys.argv[2]))
    mode, way_out, within = sys.argv[3], "way-out" in sys.argv[4:], "within" in sys.argv[4:]
    signal.signal(signal.SIGINT, lambda *_: None)  # containers would inherit that it is ignored
    os.umask(0o022)  # what containers get, whatever the server keeps for its own files
    confine()
    users = None
    networks = PodNetworks(enabled=mode != "plain", way_out=way_out)
    try:
        if mode == "root":
            namespaces.unshare(namespaces.CLONE_NEWNET)
            users = container_users()
        elif within:
            namespaces.unshare(namespaces.CLONE_NEWNET)
        elif mode == "user":
            namespaces.enter_user_and_network_namespace()
        if (
            not within
        ):  # else podman is the parent, whose threads come and go; the end of CONTROL is told us all the same
            namespaces.die_with_parent()
        networks.set_up()
        if mode != "plain":
            namespaces.check_proc()
    except OSError as error:
        covered = isinstance(error, namespaces.ProcCovered)
        failure = {"event": "failed", "message": error.strerror or str(error), "proc": covered}
        control.send(json.dumps(failure).encode() + b"\n")
        return
    if os.getppid() == 1 and os.environ.get("STEERSMAN_PARENT") != "1":
        return
    asyncio.run(Agent(descriptors, networks, Guardian(), users).run(control, network=mode != "plain", way_out=way_out))


if __name__ == "__main__":
    main()
