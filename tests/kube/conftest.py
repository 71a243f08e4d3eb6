"""A client against the scripted server, and one against a real cluster where one is named."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from steersman.kube import retry
from steersman.kube.asyncio_network import AsyncioNetwork
from steersman.kube.client import Client, connect
from steersman.kube.config import Connection
from steersman.kube.session import Session

from .fake_server import FakeServer

RECORDED = Path(__file__).resolve().parents[2].parent / "shared" / "kube" / "recorded-1.36"


@pytest.fixture
async def server() -> AsyncIterator[FakeServer]:
    async with FakeServer() as server:
        yield server


@pytest.fixture
async def client(server: FakeServer, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Client]:
    """A client of the scripted server that does not wait long between its attempts."""
    monkeypatch.setattr(retry, "FIRST_DELAY_SECONDS", 0.001)
    monkeypatch.setattr(retry, "LONGEST_DELAY_SECONDS", 0.01)
    connection = Connection(server=server.url, namespace="ns", context="fake", source="fake.yaml")
    async with Client(Session(connection, AsyncioNetwork())) as client:
        yield client


@pytest.fixture(scope="session")
def recorded() -> Path:
    """What a real Kubernetes 1.36 answered."""
    if not RECORDED.is_dir():
        pytest.skip("the recorded answers of Kubernetes 1.36 are not here")
    return RECORDED


@pytest.fixture
async def real(real_kubeconfig: str) -> AsyncIterator[Client]:
    async with connect(real_kubeconfig, cache=None) as client:
        yield client
