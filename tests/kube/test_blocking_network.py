"""The client without an event loop: the same answers, and no asyncio in the process."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from steersman.errors import ClusterUnreachable, NotFound
from steersman.kube.blocking_network import BlockingNetwork, run
from steersman.kube.client import Client
from steersman.kube.config import Connection
from steersman.kube.interface import ObjectRef
from steersman.kube.session import Session

from .fake_server import FakeServer, answers, cuts_the_answer, drops_it
from .test_retry import config_map

REF = ObjectRef("v1", "ConfigMap", "a", "ns")


@pytest.fixture
def threaded() -> Iterator[FakeServer]:
    """The scripted server on a thread of its own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    async def create() -> FakeServer:
        server = FakeServer()
        await server.start()
        return server

    server = asyncio.run_coroutine_threadsafe(create(), loop).result()
    try:
        yield server
    finally:
        asyncio.run_coroutine_threadsafe(server.stop(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


@pytest.fixture
def blocking(threaded: FakeServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    monkeypatch.setattr("steersman.kube.retry.FIRST_DELAY_SECONDS", 0.001)
    client = Client(Session(Connection(threaded.url, namespace="ns"), BlockingNetwork()))
    yield client
    run(client.aclose())


def test_objects_are_written_and_read(blocking: Client, threaded: FakeServer) -> None:
    run(blocking.create(config_map(k="1")))
    assert run(blocking.get(REF))["data"] == {"k": "1"}
    assert len(run(blocking.list("v1", "ConfigMap", namespace="ns")).items) == 1
    run(blocking.delete(REF))
    with pytest.raises(NotFound):
        run(blocking.get(REF))


def test_retries_are_the_same(blocking: Client, threaded: FakeServer) -> None:
    threaded.put(config_map(k="1"))
    for fault in (answers(503), drops_it, cuts_the_answer, answers(429, Retry_After="0")):
        threaded.fault("GET", fault)
    assert run(blocking.get(REF))["data"] == {"k": "1"}
    assert len(threaded.requests) == 5


def test_a_refused_connection_is_told(threaded: FakeServer) -> None:
    nobody = Client(Session(Connection("http://127.0.0.1:1"), BlockingNetwork()))
    with pytest.raises(ClusterUnreachable, match="connection refused"):
        run(nobody.server_version())


def test_what_needs_an_event_loop_says_so() -> None:
    with pytest.raises(RuntimeError, match="event loop"):
        run(asyncio.sleep(1))


def test_a_short_command_imports_neither_asyncio_nor_yaml(threaded: FakeServer, tmp_path: Path) -> None:
    kubeconfig = tmp_path / "config"
    names = {"clusters": [{"name": "c", "cluster": {"server": threaded.url}}]}
    context = {"current-context": "x", "contexts": [{"name": "x", "context": {"cluster": "c"}}]}
    kubeconfig.write_text(json.dumps({**names, **context}))
    program = (
        "import sys\n"
        "from steersman.kube.blocking_network import BlockingNetwork, run\n"
        "from steersman.kube.client import connect\n"
        f"client = connect({str(kubeconfig)!r}, network=BlockingNetwork(), cache=None)\n"
        "run(client.list('v1', 'Secret', namespace='ns'))\n"
        "print([name for name in ('asyncio', 'yaml', 'aiohttp', 'subprocess', 'decimal', 'hashlib') if name in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
