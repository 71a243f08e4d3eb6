"""A law: whatever faults befall it, a write is done once or not at all, and the caller learns which."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from steersman.errors import AlreadyExists, Conflict, KubernetesError, OutcomeUnknown
from steersman.kube.asyncio_network import AsyncioNetwork
from steersman.kube.client import Client
from steersman.kube.config import Connection
from steersman.kube.interface import PatchType
from steersman.kube.retry import deadline
from steersman.kube.session import Session

from .fake_server import FakeServer, answers, cuts_the_answer, does_it_silently, drops_it
from .test_retry import REF, config_map

FAULTS = {
    "nothing": None,
    "drop": drops_it,
    "silent": does_it_silently,
    "cut": cuts_the_answer,
    "429": answers(429, Retry_After="0"),
    "503": answers(503),
    "503 not taken up": answers(503, Retry_After="0"),
    "504": answers(504, "Timeout"),
    "500": answers(500, "InternalError"),
    "etcd": answers(500, "", "etcdserver: leader changed"),
}
SEQUENCES = st.lists(st.sampled_from(sorted(FAULTS)), max_size=6)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("steersman.kube.retry.FIRST_DELAY_SECONDS", 0.0005)
    monkeypatch.setattr("steersman.kube.retry.LONGEST_DELAY_SECONDS", 0.001)


async def befallen(verb: str, faults: list[str]) -> None:
    async with FakeServer() as server:
        live = server.put(config_map(k="old")) if verb != "create" else None
        before = len(server.history)
        async with Client(Session(Connection(server.url, namespace="ns"), AsyncioNetwork())) as client:
            await client.server_version()
            script = iter(faults)

            def next_fault() -> None:
                """One fault per request, whatever its method."""
                if (name := next(script, "nothing")) != "nothing":
                    answer = FAULTS[name]
                    assert answer is not None
                    server.fault("", answer)
                    server.faults[-1].matches = lambda _: True

            server.on_request = next_fault
            outcome: str
            try:
                with deadline(2):
                    if verb == "create":
                        await client.create(config_map(k="new"))
                    elif verb == "replace":
                        assert live is not None
                        await client.replace({**live, "data": {"k": "new"}})
                    elif verb == "apply":
                        await client.patch(REF, config_map(k="new"), PatchType.APPLY)
                    else:
                        await client.delete(REF)
                outcome = "done"
            except OutcomeUnknown:
                outcome = "unknown"
            except (AlreadyExists, Conflict):
                outcome = "another's"
            except KubernetesError:
                outcome = "failed"
        changes = [kind for _, _, kind, _ in server.history[before:]]
        stands = [obj["data"]["k"] for obj in server.objects.values()]
        assert outcome != "another's"  # there is nobody else
        if verb == "apply":
            assert set(changes) <= {"MODIFIED"}
        else:
            assert len(changes) <= 1, changes
        if outcome == "done":
            assert stands == ([] if verb == "delete" else ["new"])
        elif outcome == "failed" and verb != "apply":
            assert not changes


@pytest.mark.parametrize("verb", ["create", "replace", "delete", "apply"])
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(faults=SEQUENCES)
def test_once_or_not_at_all(verb: str, faults: list[str]) -> None:
    asyncio.run(befallen(verb, faults))
