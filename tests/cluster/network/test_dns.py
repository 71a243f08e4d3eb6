"""Cluster DNS on the wire: what a resolver asks and what it gets."""

from __future__ import annotations

import socket
import struct

import pytest

from steersman.cluster.network.dns import DnsServer, Names, answer

A, CNAME, AAAA, SRV = 1, 5, 28, 33
NAMES = Names(
    addresses={
        "web.default.svc.cluster.local": ["10.96.0.7"],
        "db.default.svc.cluster.local": ["10.244.0.3", "10.244.0.4"],
    },
    aliases={
        "out.default.svc.cluster.local": "example.com",
        "in.default.svc.cluster.local": "web.default.svc.cluster.local",
    },
    services={"_http._tcp.web.default.svc.cluster.local": [(80, "web.default.svc.cluster.local")]},
)


def question(name: str, kind: int, *, flags: int = 0x0100) -> bytes:
    labels = b"".join(bytes([len(each)]) + each.encode() for each in name.split("."))
    return struct.pack(">HHHHHH", 7, flags, 1, 0, 0, 0) + labels + b"\0" + struct.pack(">HH", kind, 1)


def parse(response: bytes) -> tuple[int, list[tuple[int, bytes]]]:
    """(response code, records as (type, data))."""
    _, flags, _, count, _, _ = struct.unpack_from(">HHHHHH", response)
    at = 12
    while response[at]:
        at += 1 + response[at]
    at += 5
    records = []
    for _ in range(count):
        if response[at] >= 0xC0:
            at += 2
        else:
            while response[at]:
                at += 1 + response[at]
            at += 1
        kind, _, _, length = struct.unpack_from(">HHIH", response, at)
        records.append((kind, response[at + 10 : at + 10 + length]))
        at += 10 + length
    return flags & 0xF, records


@pytest.mark.parametrize(
    ("name", "kind", "code", "found"),
    [
        ("web.default.svc.cluster.local", A, 0, [(A, "10.96.0.7")]),
        ("WEB.Default.svc.cluster.local", A, 0, [(A, "10.96.0.7")]),
        ("db.default.svc.cluster.local", A, 0, [(A, "10.244.0.3"), (A, "10.244.0.4")]),
        ("web.default.svc.cluster.local", AAAA, 0, []),  # it exists, but has no such address: not "no such name"
        ("in.default.svc.cluster.local", A, 0, [(CNAME, None), (A, "10.96.0.7")]),
        ("out.default.svc.cluster.local", A, 0, [(CNAME, None)]),
        ("10-244-0-9.default.pod.cluster.local", A, 0, [(A, "10.244.0.9")]),
        ("_http._tcp.web.default.svc.cluster.local", SRV, 0, [(SRV, None)]),
        ("nothing.default.svc.cluster.local", A, 3, []),
        ("example.com", A, 3, []),
    ],
)
def test_names(name: str, kind: int, code: int, found: list[tuple[int, str | None]]) -> None:
    got, records = parse(answer(question(name, kind), NAMES))
    assert got == code
    assert [each for each, _ in records] == [each for each, _ in found]
    for (_, data), (_, address) in zip(records, found, strict=True):
        if address is not None:
            assert socket.inet_ntoa(data) == address


def test_a_service_record_names_port_and_host() -> None:
    _, records = parse(answer(question("_http._tcp.web.default.svc.cluster.local", SRV), NAMES))
    assert struct.unpack_from(">HHH", records[0][1])[2] == 80
    assert b"\x03web\x07default" in records[0][1]


@pytest.mark.parametrize("query", [b"", b"\0" * 5, question("a.b", A)[:14], b"\0" * 12 + b"\xc0\x0c"])
def test_garbage_gets_no_answer_or_a_format_error(query: bytes) -> None:
    response = answer(query, NAMES)
    assert response == b"" or response[3] & 0xF == 1


def test_what_does_not_fit_into_a_datagram_is_cut_off_and_said_to_be() -> None:
    many = Names(addresses={"many.default.svc.cluster.local": [f"10.244.1.{n}" for n in range(100)]})
    query = question("many.default.svc.cluster.local", A)
    short = answer(query, many, limit=512)
    assert len(short) <= 512
    assert short[2] & 0x02
    assert len(parse(answer(query, many))[1]) == 100


async def test_it_answers_on_udp_and_tcp() -> None:
    server = DnsServer()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    await server.start("127.0.0.1", port)
    server.names = NAMES
    import asyncio

    query = question("web.default.svc.cluster.local", A)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(struct.pack(">H", len(query)) + query)
    (length,) = struct.unpack(">H", await reader.readexactly(2))
    assert parse(await reader.readexactly(length))[1][0][0] == A
    writer.close()
    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.setblocking(False)
        client.connect(("127.0.0.1", port))
        await loop.sock_sendall(client, query)
        assert parse(await loop.sock_recv(client, 512))[1][0][0] == A
