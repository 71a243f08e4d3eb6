"""The handful of rtnetlink requests that a Pod's network takes: links, addresses, routes.

Written out by hand (RFC 3549; linux/rtnetlink.h, if_link.h) because importing pyroute2 takes half a second, which is
half of what the cluster has to become ready in, and because a socket must stay in the namespace it was opened in.
"""

from __future__ import annotations

import os
import socket
import struct

NLMSG_ERROR = 2
RTM_NEWLINK, RTM_DELLINK, RTM_NEWADDR, RTM_DELADDR, RTM_NEWROUTE = 16, 17, 20, 21, 24
REQUEST, ACK, EXCLUSIVE, CREATE = 0x1, 0x4, 0x200, 0x400

IFLA_IFNAME, IFLA_MTU, IFLA_MASTER, IFLA_LINKINFO, IFLA_NET_NS_FD = 3, 4, 10, 18, 28
IFLA_INFO_KIND, IFLA_INFO_DATA, VETH_INFO_PEER = 1, 2, 1
IFA_ADDRESS, IFA_LOCAL = 1, 2
RTA_DST, RTA_OIF, RTA_GATEWAY = 1, 4, 5
IFF_UP = 1


def _attribute(kind: int, data: bytes) -> bytes:
    return struct.pack("=HH", 4 + len(data), kind) + data + bytes(-len(data) % 4)


def _name(name: str) -> bytes:
    return _attribute(IFLA_IFNAME, name.encode() + b"\0")


class Netlink:
    """A routing socket bound to the network namespace that the calling thread was in when it was made."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, socket.NETLINK_ROUTE)
        self._socket.bind((0, 0))
        self._sequence = 0

    def close(self) -> None:
        self._socket.close()

    def _request(self, kind: int, flags: int, body: bytes) -> None:
        """Sends one request and waits for its acknowledgement. Raises OSError with the kernel's errno."""
        self._sequence += 1
        header = struct.pack("=IHHII", 16 + len(body), kind, REQUEST | ACK | flags, self._sequence, 0)
        self._socket.send(header + body)
        answer = self._socket.recv(65536)
        _, answered, _, _, _ = struct.unpack_from("=IHHII", answer)
        if answered == NLMSG_ERROR:
            (code,) = struct.unpack_from("=i", answer, 16)
            if code:
                raise OSError(-code, os.strerror(-code))

    def _link(self, kind: int, flags: int, *, index: int = 0, up: bool = False, attributes: bytes = b"") -> None:
        state = IFF_UP if up else 0
        self._request(kind, flags, struct.pack("=BxHiII", 0, 0, index, state, state) + attributes)

    def add_bridge(self, name: str) -> None:
        info = _attribute(IFLA_LINKINFO, _attribute(IFLA_INFO_KIND, b"bridge"))
        self._link(RTM_NEWLINK, CREATE | EXCLUSIVE, attributes=_name(name) + info)

    def add_veth(self, name: str, *, peer: str, peer_namespace: int, master: int) -> None:
        """A virtual cable: `name` here, plugged into the bridge `master`; `peer` in the namespace of that descriptor."""
        other = struct.pack("=BxHiII", 0, 0, 0, 0, 0) + _name(peer)
        other += _attribute(IFLA_NET_NS_FD, struct.pack("=I", peer_namespace))
        data = _attribute(IFLA_INFO_DATA, _attribute(VETH_INFO_PEER, other))
        info = _attribute(IFLA_LINKINFO, _attribute(IFLA_INFO_KIND, b"veth") + data)
        plugged = _attribute(IFLA_MASTER, struct.pack("=I", master))
        self._link(RTM_NEWLINK, CREATE | EXCLUSIVE, up=True, attributes=_name(name) + plugged + info)

    def set_up(self, index: int) -> None:
        self._link(RTM_NEWLINK, 0, index=index, up=True)

    def delete_link(self, index: int) -> None:
        self._link(RTM_DELLINK, 0, index=index)

    def add_address(self, index: int, address: str, prefix: int) -> None:
        self._address(RTM_NEWADDR, CREATE | EXCLUSIVE, index, address, prefix)

    def delete_address(self, index: int, address: str, prefix: int) -> None:
        self._address(RTM_DELADDR, 0, index, address, prefix)

    def _address(self, kind: int, flags: int, index: int, address: str, prefix: int) -> None:
        packed = socket.inet_aton(address)
        body = struct.pack("=BBBBi", socket.AF_INET, prefix, 0, 0, index)
        self._request(kind, flags, body + _attribute(IFA_LOCAL, packed) + _attribute(IFA_ADDRESS, packed))

    def add_route(self, destination: str, prefix: int, *, gateway: str, index: int) -> None:
        table_main, protocol_boot, scope_universe, unicast = 254, 3, 0, 1
        body = struct.pack(
            "=BBBBBBBBI",
            socket.AF_INET, prefix, 0, 0, table_main, protocol_boot, scope_universe, unicast, 0,
        )  # fmt: skip
        body += _attribute(RTA_DST, socket.inet_aton(destination)) if prefix else b""
        body += _attribute(RTA_GATEWAY, socket.inet_aton(gateway)) + _attribute(RTA_OIF, struct.pack("=I", index))
        self._request(RTM_NEWROUTE, CREATE | EXCLUSIVE, body)
