"""Cluster DNS: answers for Services and Pods out of a table that the server keeps up to date.

Format: RFC 1035; names as in Kubernetes' DNS specification (`SERVICE.NAMESPACE.svc.cluster.local` and so on). There is no
recursion: a name outside the cluster does not exist, so that looking one up fails at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import cast

_A, _CNAME, _PTR, _AAAA, _SRV, _ANY = 1, 5, 12, 28, 33, 255
_NO_ERROR, _FORMAT_ERROR, _NO_SUCH_NAME, _NOT_IMPLEMENTED = 0, 1, 3, 4
_LIFE = 5
"""Seconds that an answer may be kept, as CoreDNS gives for cluster names."""
_UDP_LIMIT = 512
_CLUSTER_SUFFIX = ".cluster.local"


@dataclass(slots=True)
class Names:
    """What the server answers from; all names lower-case and without the final dot."""

    addresses: dict[str, list[str]] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)
    services: dict[str, list[tuple[int, str]]] = field(default_factory=dict)
    """SRV: `_port._tcp.service…` → (port number, host name)."""


class _BadQuery(Exception):
    pass


def _read_question(query: bytes) -> tuple[str, int, int]:
    """(name, type, where the question ends)."""
    labels, at = [], 12
    try:
        while (length := query[at]) != 0:
            if length > 63:
                raise _BadQuery
            labels.append(query[at + 1 : at + 1 + length].decode("ascii", errors="replace"))
            at += 1 + length
        kind, _ = struct.unpack_from(">HH", query, at + 1)
    except (IndexError, struct.error):
        raise _BadQuery from None
    return ".".join(labels), kind, at + 5


def _encode(name: str) -> bytes:
    return b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0"


def _record(owner: bytes, kind: int, data: bytes) -> bytes:
    return owner + struct.pack(">HHIH", kind, 1, _LIFE, len(data)) + data


def _pod_address(name: str) -> list[str]:
    """`10-244-0-5.NAMESPACE.pod.cluster.local` says its own address."""
    labels = name.split(".")
    if len(labels) == 5 and labels[2:] == ["pod", "cluster", "local"]:
        with contextlib.suppress(OSError):
            address = labels[0].replace("-", ".")
            socket.inet_aton(address)
            return [address]
    return []


def answer(query: bytes, names: Names, *, limit: int | None = None) -> bytes:
    """The response to one query; cut off (TC) where it would be longer than `limit`. b"" for what is no query at all."""
    if len(query) < 12:
        return b""
    identity, flags = struct.unpack_from(">HH", query)
    try:
        asked, kind, end = _read_question(query)
    except _BadQuery:
        return struct.pack(">HHHHHH", identity, 0x8000 | _FORMAT_ERROR, 0, 0, 0, 0)
    records, code = _NO_RECORDS, _NO_ERROR
    if flags & 0x7800:
        code = _NOT_IMPLEMENTED
    else:
        known, records = _records(asked.lower(), kind, names)
        code = _NO_ERROR if known else _NO_SUCH_NAME
    # response, authoritative, recursion as asked for and offered (some resolvers want to see it offered)
    header = 0x8000 | 0x0400 | (flags & 0x0100) | 0x0080
    body = query[12:end] + b"".join(records)
    if limit is not None and 12 + len(body) > limit:
        return struct.pack(">HHHHHH", identity, header | 0x0200 | code, 1, 0, 0, 0) + query[12:end]
    return struct.pack(">HHHHHH", identity, header | code, 1, len(records), 0, 0) + body


_NO_RECORDS: list[bytes] = []


def _records(name: str, kind: int, names: Names) -> tuple[bool, list[bytes]]:
    """(whether the name exists, the records of that type)."""
    owner, records = b"\xc0\x0c", []
    if (target := names.aliases.get(name)) is not None:
        records.append(_record(owner, _CNAME, _encode(target)))
        owner, name = _encode(target), target.lower()
        known = True
    else:
        known = False
    addresses = names.addresses.get(name) or _pod_address(name)
    if addresses or name in names.addresses:
        known = True
        if kind in (_A, _ANY):
            records += [_record(owner, _A, socket.inet_aton(each)) for each in addresses]
    if name in names.services:
        known = True
        if kind in (_SRV, _ANY):
            for port, host in names.services[name]:
                records.append(_record(owner, _SRV, struct.pack(">HHH", 0, 100, port) + _encode(host)))
    return known, records


class DnsServer(asyncio.DatagramProtocol):
    """Serves `names` (replaced as a whole when the cluster changes) on UDP and TCP."""

    def __init__(self) -> None:
        self.names = Names()
        self.resolve: Callable[[str], Awaitable[list[str]]] | None = None
        """Asks the machine for the addresses of a name outside the cluster, where Pods may go there."""
        self._transport: asyncio.DatagramTransport | None = None
        self._tcp: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self, address: str, port: int = 53) -> None:
        loop = asyncio.get_running_loop()
        await loop.create_datagram_endpoint(lambda: self, local_addr=(address, port))
        self._tcp = await asyncio.start_server(self._serve, address, port)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        task = asyncio.ensure_future(self._reply(data, addr))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _reply(self, data: bytes, addr: tuple[str, int]) -> None:
        response = answer(data, await self._names_for(data), limit=_UDP_LIMIT)
        if response and self._transport is not None:
            self._transport.sendto(response, addr)

    async def _names_for(self, query: bytes) -> Names:
        """The cluster's names; for one outside of it, where that is allowed, what the machine knows of it."""
        if self.resolve is None:
            return self.names
        try:
            name = _read_question(query)[0].lower()
        except _BadQuery:
            return self.names
        if name.endswith(_CLUSTER_SUFFIX) or "." not in name:
            return self.names
        found = await self.resolve(name)
        return Names(addresses={name: found}) if found else Names()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            while True:
                (length,) = struct.unpack(">H", await reader.readexactly(2))
                query = await reader.readexactly(length)
                response = answer(query, await self._names_for(query))
                writer.write(struct.pack(">H", len(response)) + response)
                await writer.drain()
        writer.close()
