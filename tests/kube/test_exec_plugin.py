"""A plugin that takes its time holds up nobody but who needs its credential, and ends with whoever waits for it."""

from __future__ import annotations

import asyncio
import os
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from steersman.kube import credentials, exec_plugin
from steersman.kube.asyncio_network import AsyncioNetwork
from steersman.kube.blocking_network import BlockingNetwork, run
from steersman.kube.client import Client
from steersman.kube.config import Connection, Credentials
from steersman.kube.session import Session
from steersman.lifecycle.lease import Lease

from .fake_server import FakeServer
from .test_blocking_network import threaded  # noqa: F401
from .test_credentials import plugin

LASTING = "'2999-01-01T00:00:00Z'"


@pytest.fixture(autouse=True)
def nobody_attends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exec_plugin, "_is_terminal", lambda _: False)


@pytest.fixture
def gate(tmp_path: Path) -> Path:
    """A fifo: who opens it to write waits for the plugin to open it to read, and the plugin for the end of what is written."""
    path = tmp_path / "gate"
    os.mkfifo(path)
    return path


def client_of(server: FakeServer, tmp_path: Path, body: str, on_waiting: Callable[[str], None] | None = None) -> Client:
    connection = Connection(server.url, namespace="ns", credentials=Credentials(exec=plugin(tmp_path, body)))
    return Client(Session(connection, AsyncioNetwork(), on_waiting=on_waiting))


async def opened(gate: Path) -> int:
    return await asyncio.to_thread(os.open, gate, os.O_WRONLY)


def gone(writing: int) -> bool:
    """Wait until nobody has the fifo open to read any more."""
    left = select.poll()
    left.register(writing, 0)
    found = left.poll(30_000)
    os.close(writing)
    return found == [(writing, select.POLLERR)]


def tokens(server: FakeServer) -> list[str]:
    return [seen.headers["Authorization"].removeprefix("Bearer ") for seen in server.requests]


async def test_a_lease_is_renewed_while_the_credential_is(
    server: FakeServer, tmp_path: Path, gate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    soon = (datetime.now(UTC) + timedelta(seconds=credentials.EARLY_SECONDS + 600)).isoformat()
    body = f"if runs > 1: open({str(gate)!r}).read()\nanswer(token=f'T{{runs}}', expirationTimestamp={soon!r})"
    async with asyncio.timeout(60), client_of(server, tmp_path, body) as client:
        lease = Lease(client, "my-app", "ns", duration=0.03)
        await lease.acquire()
        monkeypatch.setattr(credentials, "EARLY_SECONDS", 10_000)
        writing = await opened(gate)  # the plugin runs again, and waits
        renewed, path = server.count("leases/steersman-my-app"), "leases/steersman-my-app"
        await server.wait_for(lambda: server.count(path) > renewed + 3)
        assert set(tokens(server)) == {"T1"}
        os.close(writing)
        await server.wait_for(lambda: tokens(server)[-1] == "T2")
        await lease.release_it()
    assert lease.loss is None


async def test_a_renewal_that_fails_early_fails_nothing(
    server: FakeServer, tmp_path: Path, gate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(credentials, "EARLY_SECONDS", 0)
    soon = (datetime.now(UTC) + timedelta(seconds=600)).isoformat()
    body = f"if runs > 1: open({str(gate)!r}).read(); raise SystemExit(3)\n"
    body += f"answer(token=f'T{{runs}}', expirationTimestamp={soon!r})"
    async with asyncio.timeout(60), client_of(server, tmp_path, body) as client:
        await client.server_version()
        monkeypatch.setattr(credentials, "EARLY_SECONDS", 10_000)
        await client.session.object("GET", "/version")
        os.close(await opened(gate))
        for _ in range(5):
            await client.session.object("GET", "/version")
    assert set(tokens(server)) == {"T1"}


async def test_many_requests_wait_for_one_run(server: FakeServer, tmp_path: Path) -> None:
    async with client_of(server, tmp_path, f"answer(token=f'T{{runs}}', expirationTimestamp={LASTING})") as client:
        await asyncio.gather(*[client.session.object("GET", "/version") for _ in range(5)])
    assert tokens(server) == ["T1"] * 5


@pytest.mark.parametrize("network", ["BlockingNetwork", "AsyncioNetwork"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_plugin_as_well(tmp_path: Path, gate: Path, network: str, number: signal.Signals) -> None:
    """`steer list`, called off by whoever started it without a terminal."""
    slow = plugin(tmp_path, f"import signal\nopen({str(gate)!r}).read()")
    program = f"""
import asyncio
from steersman.kube.asyncio_network import AsyncioNetwork
from steersman.kube.blocking_network import BlockingNetwork, run
from steersman.kube.client import Client
from steersman.kube.config import Connection, Credentials, ExecPlugin
from steersman.kube.session import Session
async def ask():
    plugin = ExecPlugin({slow.api_version!r}, {slow.command!r})
    connection = Connection("http://127.0.0.1:1", credentials=Credentials(exec=plugin))
    await Client(Session(connection, {network}())).server_version()
(asyncio.run if {network} is AsyncioNetwork else run)(ask())
"""
    nobody = subprocess.DEVNULL
    process = subprocess.Popen([sys.executable, "-c", program], stdin=nobody, stdout=nobody, stderr=nobody)
    writing = os.open(gate, os.O_WRONLY)
    process.send_signal(number)
    assert process.wait(30) == -number
    assert gone(writing)


async def test_who_gives_up_ends_the_plugin_and_its_children(server: FakeServer, tmp_path: Path, gate: Path) -> None:
    body = f"import signal, subprocess\nsubprocess.Popen(['sh', '-c', 'exec 3<{gate}; sleep 1000'])\nsignal.pause()"
    async with asyncio.timeout(60), client_of(server, tmp_path, body) as client:
        asking = asyncio.create_task(client.server_version())
        writing = await opened(gate)  # by the plugin's child
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        assert await asyncio.to_thread(gone, writing)
    assert not server.requests


async def test_the_time_of_a_login_is_not_the_servers(
    server: FakeServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ends = iter([time.monotonic()])
    monkeypatch.setattr("steersman.kube.session.latest", lambda: next(ends, time.monotonic() + 30))
    async with client_of(server, tmp_path, f"answer(token='T', expirationTimestamp={LASTING})") as client:
        assert await client.server_version()


async def test_that_a_plugin_is_slow_is_told(
    server: FakeServer, tmp_path: Path, gate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(credentials, "SLOW_SECONDS", 0.01)
    told: list[str] = []

    def hear(line: str) -> None:
        told.append(line)
        os.close(os.open(gate, os.O_WRONLY))

    body = f"open({str(gate)!r}).read()\nanswer(token='T', expirationTimestamp={LASTING})"
    async with asyncio.timeout(60), client_of(server, tmp_path, body, hear) as client:
        await client.server_version()
    (line,) = told
    said = f"exec plugin {tmp_path}/plugin has brought no credential yet, waiting for up to "
    assert re.fullmatch(rf"{re.escape(said)}\d\d s", line)


@pytest.mark.parametrize("attended", [False, True])
def test_the_same_without_an_event_loop(
    threaded: FakeServer,  # noqa: F811
    tmp_path: Path,
    gate: Path,
    monkeypatch: pytest.MonkeyPatch,
    attended: bool,
) -> None:
    """A person whom the plugin may ask is told once, and for how long it may take is that person's matter."""
    monkeypatch.setattr(exec_plugin, "_is_terminal", lambda _: attended)
    monkeypatch.setattr(credentials, "SLOW_SECONDS", 0.01)
    monkeypatch.setattr(credentials, "AGAIN_SECONDS", 0.01)
    told: list[str] = []

    def hear(line: str) -> None:
        told.append(line)
        if len(told) == (1 if attended else 3):
            os.close(os.open(gate, os.O_WRONLY))

    body = f"open({str(gate)!r}).read()\nanswer(token='T', expirationTimestamp={LASTING})"
    credential = Credentials(exec=plugin(tmp_path, body))
    client = Client(Session(Connection(threaded.url, credentials=credential), BlockingNetwork(), on_waiting=hear))
    assert run(client.server_version())
    run(client.aclose())
    assert {line.partition(", waiting")[0] for line in told} == {
        f"exec plugin {tmp_path}/plugin has brought no credential yet"
    }
    assert len(told) == 1 if attended else len(told) >= 3
