"""What is sent again, what is read back, and what is reported, when the server or the connection fails."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from steersman.errors import AlreadyExists, ApiError, ClusterUnreachable, Conflict, OutcomeUnknown, ServerBusy
from steersman.kube.client import Client
from steersman.kube.interface import Object, ObjectRef, PatchType
from steersman.kube.retry import deadline, delay

from .fake_server import FakeServer, answers, cuts_the_answer, does_it_silently, drops_it

PATH = "/api/v1/namespaces/ns/configmaps"
REF = ObjectRef("v1", "ConfigMap", "a", "ns")


def config_map(name: str = "a", **data: str) -> Object:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "ns"}, "data": data}


@pytest.mark.parametrize(
    "fault",
    [
        answers(429, "TooManyRequests", Retry_After="0"),
        answers(503, "ServiceUnavailable"),
        answers(504, "Timeout"),
        answers(500, "InternalError"),
        answers(500, "", "etcdserver: leader changed"),
        drops_it,
        cuts_the_answer,
    ],
)
async def test_a_get_is_repeated(client: Client, server: FakeServer, fault: Any) -> None:
    server.put(config_map(k="1"))
    server.fault("GET", fault, times=2)
    assert (await client.get(REF))["data"] == {"k": "1"}
    assert server.count(f"GET {PATH}/a") == 3


async def test_a_get_gives_up_at_the_deadline_with_the_last_failure(
    client: Client, server: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("steersman.kube.session.delay", lambda attempt, _: 0.0 if attempt < 4 else 1000.0)
    server.fault("GET", answers(503, "ServiceUnavailable", "still starting"), times=10_000)
    with deadline(60), pytest.raises(ServerBusy, match="still starting; tried 4 times"):
        await client.get(REF)
    assert server.count(f"GET {PATH}/a") == 4


async def test_what_the_server_refuses_is_final(client: Client, server: FakeServer) -> None:
    for code, reason in (
        (403, "Forbidden"),
        (404, "NotFound"),
        (422, "Invalid"),
        (409, "Conflict"),
        (400, "BadRequest"),
    ):
        server.fault("GET", answers(code, reason, "no"))
        with pytest.raises(ApiError, match="no") as caught:
            await client.get(REF)
        assert (caught.value.code, caught.value.reason) == (code, reason)
    assert server.count(f"GET {PATH}/a") == 5


@pytest.mark.parametrize("fault", [answers(429, "TooManyRequests", Retry_After="0"), answers(503, Retry_After="0")])
async def test_a_post_is_repeated_where_the_server_says_it_did_nothing(
    client: Client, server: FakeServer, fault: Any
) -> None:
    server.fault("POST", fault)
    await client.create(config_map(k="1"))
    assert server.count(f"POST {PATH}") == 2
    assert server.count(f"GET {PATH}/a") == 0


async def test_a_failing_webhook_is_not_asked_again(client: Client, server: FakeServer) -> None:
    server.fault("POST", answers(500, "InternalError", "failed calling webhook"))
    with pytest.raises(ServerBusy, match="webhook"):
        await client.create(config_map())
    assert server.count(f"POST {PATH}") == 1


@pytest.mark.parametrize("fault", [does_it_silently, cuts_the_answer])
async def test_a_post_that_was_done_is_not_done_again(client: Client, server: FakeServer, fault: Any) -> None:
    server.fault("POST", fault)
    created = await client.create(config_map(k="1"), field_manager="helm")
    assert created["metadata"]["uid"]
    assert server.count(f"POST {PATH}") == 1


@pytest.mark.parametrize(
    "fault", [drops_it, answers(504, "Timeout"), answers(500, "", "etcdserver: request timed out")]
)
async def test_a_post_that_was_not_done_is_sent_again(client: Client, server: FakeServer, fault: Any) -> None:
    server.fault("POST", fault)
    await client.create(config_map(k="1"))
    assert [str(seen) for seen in server.requests] == [f"POST {PATH}", f"GET {PATH}/a", f"POST {PATH}"]


async def test_an_object_of_somebody_else_is_not_taken_for_ours(client: Client, server: FakeServer) -> None:
    server.put(config_map(k="theirs"))
    server.fault("POST", does_it_silently)
    with pytest.raises(AlreadyExists):
        await client.create(config_map(k="ours"), field_manager="helm")


async def test_what_was_there_before_is_not_taken_for_ours(client: Client, server: FakeServer) -> None:
    """A finished Job of the last release has the same text and writer; to take it for the new one would skip a hook."""
    old = config_map(k="1")
    old["metadata"] |= {"managedFields": [{"manager": "helm"}], "creationTimestamp": "2020-01-01T00:00:00Z"}
    server.put(old)
    await client.server_version()
    server.fault("POST", drops_it)
    with pytest.raises(AlreadyExists):
        await client.create(config_map(k="1"), field_manager="helm")


async def test_a_slow_post_that_arrives_after_all_is_ours(client: Client, server: FakeServer) -> None:
    """The answer did not come, the name was still free, and the second POST meets the first one's object."""

    async def is_still_under_way(_: FakeServer, request: Any) -> Any:
        return await drops_it(_, request)

    async def the_first_one_was_faster(fake: FakeServer, request: Any) -> Any:
        created = config_map(k="1")
        created["metadata"]["managedFields"] = [{"manager": "helm"}]
        fake.put(created)

    server.fault("POST", is_still_under_way)
    server.fault("POST", the_first_one_was_faster)
    assert (await client.create(config_map(k="1"), field_manager="helm"))["metadata"]["uid"]
    assert server.count(f"POST {PATH}") == 2


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
async def test_an_outcome_that_stays_unknown_is_reported_in_time(
    client: Client, server: FakeServer, method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it would be waited for is longer than there is time."""
    monkeypatch.setattr("steersman.kube.once.delay", lambda attempt, _: 0.0 if attempt < 3 else 1000.0)
    live = server.put(config_map()) if method != "POST" else config_map()
    server.fault(method, drops_it, times=10_000)
    call = {"POST": client.create, "PUT": client.replace}.get(method)
    with deadline(60), pytest.raises(OutcomeUnknown):
        await (call(live) if call else client.delete(REF))
    assert sum(seen.method == method for seen in server.requests) == 3


@pytest.mark.parametrize("name", ["a/b", "a?dryRun=All", "../secrets/x", "a%2Fb", "a b", "system:node"])
async def test_a_name_stays_a_name(client: Client, server: FakeServer, name: str) -> None:
    with pytest.raises(ApiError):
        await client.get(ObjectRef("v1", "ConfigMap", name, "ns"))
    (seen,) = server.requests
    assert seen.path == f"{PATH}/{name}"
    assert seen.query == {}


async def test_a_post_without_a_name_reports_that_its_outcome_is_unknown(client: Client, server: FakeServer) -> None:
    server.fault("POST", does_it_silently)
    obj = config_map()
    obj["metadata"] = {"generateName": "a-", "namespace": "ns"}
    with pytest.raises(OutcomeUnknown):
        await client.create(obj)
    assert server.count(f"POST {PATH}") == 1


@pytest.mark.parametrize("fault", [drops_it, does_it_silently, answers(503), cuts_the_answer])
async def test_an_apply_says_the_same_twice(client: Client, server: FakeServer, fault: Any) -> None:
    server.fault("PATCH", fault)
    applied = await client.patch(REF, config_map(k="1"), PatchType.APPLY)
    assert applied["data"] == {"k": "1"}
    assert len(server.objects) == 1


async def test_a_json_patch_is_never_sent_twice(client: Client, server: FakeServer) -> None:
    server.put(config_map(k="1"))
    server.fault("PATCH", does_it_silently)
    with pytest.raises(OutcomeUnknown):
        await client.patch(REF, [{"op": "replace", "path": "/data", "value": {"k": "2"}}], PatchType.JSON)
    assert server.count(f"PATCH {PATH}/a") == 1


@pytest.mark.parametrize("fault", [drops_it, does_it_silently])
async def test_a_replace_is_read_back(client: Client, server: FakeServer, fault: Any) -> None:
    live = server.put(config_map(k="1"))
    server.fault("PUT", fault)
    replaced = await client.replace({**live, "data": {"k": "2"}})
    assert replaced["data"] == {"k": "2"}
    assert server.objects[f"{PATH}/a"]["data"] == {"k": "2"}


async def test_a_replace_does_not_run_over_another_writer(client: Client, server: FakeServer) -> None:
    live = server.put(config_map(k="1"))

    async def another_writer_comes_first(fake: FakeServer, request: Any) -> Any:
        fake.put({**live, "data": {"k": "theirs"}})
        return await drops_it(fake, request)

    server.fault("PUT", another_writer_comes_first)
    with pytest.raises(Conflict):
        await client.replace({**live, "data": {"k": "ours"}})
    assert server.objects[f"{PATH}/a"]["data"] == {"k": "theirs"}


@pytest.mark.parametrize("fault", [drops_it, does_it_silently, answers(504)])
async def test_a_delete_is_read_back(client: Client, server: FakeServer, fault: Any) -> None:
    server.put(config_map())
    server.fault("DELETE", fault)
    assert await client.delete(REF)
    assert not server.objects


async def test_a_repeated_delete_spares_what_has_taken_the_name(client: Client, server: FakeServer) -> None:
    """The first DELETE was done; before the second, somebody made an object of that name."""
    live = server.put(config_map(k="old"))

    async def replaced_meanwhile(fake: FakeServer, request: Any) -> Any:
        fake.remove(live)
        fake.put(config_map(k="new"))
        return await drops_it(fake, request)

    server.fault("DELETE", replaced_meanwhile)
    await client.delete(REF, uid=live["metadata"]["uid"])
    assert server.objects[f"{PATH}/a"]["data"] == {"k": "new"}


async def test_a_dry_run_is_safe_to_repeat(client: Client, server: FakeServer) -> None:
    server.fault("POST", drops_it)
    await client.create(config_map(), dry_run=True)
    assert server.count(f"POST {PATH}") == 2


async def test_a_restarting_server_is_waited_for(client: Client, server: FakeServer) -> None:
    server.put(config_map(k="1"))
    await client.get(REF)
    await server.stop()
    reading = asyncio.create_task(client.get(REF))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(asyncio.shield(reading), 0.05)
    await server.start()
    assert (await reading)["data"] == {"k": "1"}


async def test_what_drops_every_connection_is_no_server(client: Client, server: FakeServer) -> None:
    server.fault("GET", drops_it, times=10_000)
    with pytest.raises(ClusterUnreachable):
        await client.get(REF)
    assert len(server.requests) == 4


async def test_a_server_that_never_answered_is_not_waited_for(client: Client, server: FakeServer) -> None:
    await server.stop()
    with pytest.raises(ClusterUnreachable) as caught:
        await client.get(REF)
    where = f'{server.url} (context "fake" of fake.yaml)'
    assert str(caught.value) == f"Kubernetes cluster unreachable: {where}: connection refused"
    assert caught.value.hint


async def test_a_connection_that_the_server_closed_meanwhile_costs_nothing(client: Client, server: FakeServer) -> None:
    """Kept connections die quietly; even a POST may then take the next one, since nothing was sent."""
    await client.server_version()
    for exchange in client.session._idle:
        exchange.stream.close()
    await client.create(config_map())
    assert server.count(f"POST {PATH}") == 1


async def test_lists_come_in_pages_and_start_over_when_their_snapshot_expires(
    client: Client, server: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("steersman.kube.client.PAGE", 3)
    for number in range(8):
        server.put(config_map(f"a{number}"))
    listed = await client.list("v1", "ConfigMap", namespace="ns")
    assert [item["metadata"]["name"] for item in listed.items] == [f"a{number}" for number in range(8)]
    assert all(item["kind"] == "ConfigMap" and item["apiVersion"] == "v1" for item in listed.items)
    assert server.count(f"GET {PATH}") == 3

    seen = 0

    async def expires_on_the_second_page(fake: FakeServer, request: Any) -> Any:
        nonlocal seen
        seen += 1
        return await answers(410, "Expired")(fake, request) if "continue" in request.query else None

    server.fault("GET", expires_on_the_second_page, times=2)
    assert len((await client.list("v1", "ConfigMap", namespace="ns")).items) == 8
    assert seen == 2


def test_the_delay_grows_and_honours_retry_after() -> None:
    assert all(0.1 <= delay(1, None) <= 0.2 for _ in range(50))
    assert all(2.5 <= delay(20, None) <= 5.0 for _ in range(50))
    assert all(7 <= delay(1, 7.0) <= 7.1 for _ in range(50))
