"""The way out of the cluster: only where it is allowed."""

from __future__ import annotations

import asyncio
import socket
import struct

import pytest

from steersman.cluster.network.gateway import wanted

from ..workloads import cluster  # noqa: TID252


def packet(destination: str, port: int, *, flags: int = 0x02, protocol: int = 6) -> bytes:
    address = (
        struct.pack(">BBHHHBBH", 0x45, 0, 40, 0, 0, 64, protocol, 0)
        + socket.inet_aton("10.244.0.2")
        + socket.inet_aton(destination)
    )
    return address + struct.pack(">HHIIBBHHH", 40000, port, 0, 0, 0x50, flags, 0, 0, 0)


@pytest.mark.parametrize(
    ("given", "target"),
    [
        (packet("1.2.3.4", 443), ("1.2.3.4", 443)),
        (packet("1.2.3.4", 443, flags=0x10), None),  # not the first of its connection
        (packet("1.2.3.4", 443, flags=0x12), None),
        (packet("1.2.3.4", 53, protocol=17), None),
        (packet("10.244.0.9", 80), None),
        (packet("10.96.0.1", 443), None),
        (packet("127.0.0.1", 80), None),
        (b"", None),
        (packet("1.2.3.4", 443)[:30], None),
    ],
)
def test_what_begins_a_connection_to_the_outside(given: bytes, target: tuple[str, int] | None) -> None:
    assert wanted(given) == target


def own_address() -> str | None:
    """An address of this machine that is not loopback: outside enough, and always there to be reached."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return None
        found: str = probe.getsockname()[0]
    return None if found.startswith(("127.", "10.244.", "10.96.")) else found


@pytest.mark.embedded
@pytest.mark.parametrize("allowed", [True, False])
async def test_pods_reach_the_outside_where_it_is_allowed(allowed: bool) -> None:
    address = own_address()
    if address is None:
        pytest.skip("this machine has no address but loopback")

    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"got " + await reader.readline())
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(greet, address, 0)
    port = server.sockets[0].getsockname()[1]
    async with server, cluster(allow_network=allowed) as made:
        if made.workloads.problem:
            pytest.skip(made.workloads.problem)
        say = f"exec 3<>/dev/tcp/{address}/{port}; echo hello >&3; cat <&3"
        script = f"bash -c '{say}' || echo cannot; curl -sS -m 5 http://192.0.2.1:1 || echo no answer;"
        script += "getent hosts localhost.test.invalid || echo no name"
        _, log = await made.script("out", script)
        assert ("got hello" in log) == allowed
        assert ("cannot" in log) != allowed
        assert "no answer" in log
        assert "no name" in log
