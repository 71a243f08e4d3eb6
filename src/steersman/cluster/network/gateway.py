"""The way out (`--allow-network`): TCP connections of Pods to addresses outside the cluster.

Nothing is forwarded by the kernel, so that no rule of the machine's has to be touched and no right is needed: the gateway
sees the first packet of a connection to somewhere else on the bridge, makes that address its own, listens there, puts the
packet back before the kernel's eyes, and passes the stream on over a connection that the server opens from the machine's own
network.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import socket
import struct
from collections.abc import Awaitable, Callable

from steersman.cluster.network.addresses import POD_NETWORK, SERVICE_NETWORK
from steersman.cluster.network.bridge import PodNetworks
from steersman.cluster.network.services import relay

_ETH_P_IP, _TCP, _SYN, _ACK = 0x0800, 6, 0x02, 0x10
_INSIDE = tuple(ipaddress.ip_network(each) for each in (POD_NETWORK, SERVICE_NETWORK, "127.0.0.0/8", "224.0.0.0/3"))

Dial = Callable[[str, int], Awaitable[socket.socket | None]]
"""Opens a connection from the machine's network; None where it cannot."""


def wanted(packet: bytes) -> tuple[str, int] | None:
    """(address, port) of a TCP connection that this IPv4 packet begins, to somewhere outside; None for any other packet."""
    if len(packet) < 40 or packet[0] >> 4 != 4 or packet[9] != _TCP:
        return None
    header = (packet[0] & 0xF) * 4
    if len(packet) < header + 20 or packet[header + 13] & (_SYN | _ACK) != _SYN:
        return None
    address = ipaddress.IPv4Address(packet[16:20])
    if any(address in each for each in _INSIDE):
        return None
    (port,) = struct.unpack_from(">H", packet, header + 2)
    return str(address), port


class Gateway:
    """Lives in the agent, in the cluster's namespace."""

    def __init__(self, networks: PodNetworks, dial: Dial) -> None:
        self._networks = networks
        self._dial = dial
        self._listening: dict[tuple[str, int], asyncio.Server] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._addresses: set[str] = set()

    def start(self) -> None:
        """Raises OSError where packets cannot be watched."""
        for name in ("all", "default", "pods", "lo"):
            # A packet put back arrives on loopback with a Pod's address: not what a filter of spoofed ones would pass.
            with contextlib.suppress(OSError), open(f"/proc/sys/net/ipv4/conf/{name}/rp_filter", "w") as setting:
                setting.write("0")
        self._watching = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(_ETH_P_IP))
        self._watching.bind(("pods", _ETH_P_IP))
        self._watching.setblocking(False)
        self._putting_back = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, 0)
        asyncio.get_running_loop().add_reader(self._watching, self._packet)

    def _packet(self) -> None:
        with contextlib.suppress(BlockingIOError):
            packet = self._watching.recv(65536)
            target = wanted(packet)
            if target is not None and target not in self._listening:
                task = asyncio.ensure_future(self._open(target, packet))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

    async def _open(self, target: tuple[str, int], packet: bytes) -> None:
        address, port = target

        async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            outside = await self._dial(address, port)
            if outside is None:
                writer.transport.abort()
                return
            await relay(reader, writer, *await asyncio.open_connection(sock=outside))

        if address not in self._addresses:
            self._addresses.add(address)
            self._networks.add_outside_address(address)
        with contextlib.suppress(OSError):
            self._listening[target] = await asyncio.start_server(connected, address, port)
        with contextlib.suppress(OSError):
            self._putting_back.sendto(packet, ("lo", _ETH_P_IP, 0, 0, b"\0" * 6))
