"""What a server-side apply has changed, by the object that it gave back."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from steersman.kube.apply import FIELD_MANAGER, ApplyOptions, create, update
from steersman.kube.client import connect
from steersman.kube.moment import Moment, done_since, moment_of

RECORD = {"metadata": {"resourceVersion": "100", "creationTimestamp": "2026-05-05T10:00:10Z"}}


def applied(version: str, time: str = "", manager: str = FIELD_MANAGER, **more: Any) -> dict[str, Any]:
    entry = {"manager": manager, "operation": "Apply", "time": f"2026-05-05T10:00:{time}Z", **more}
    return {"metadata": {"resourceVersion": version, "managedFields": [entry] if time else None}}


@pytest.mark.parametrize(
    ("obj", "done"),
    [
        (applied("99", "02"), "unchanged"),
        (applied("101", "10"), "configured"),
        (applied("101", "09"), "configured"),  # by the clock of another server
        (applied("250", "07"), "unchanged"),  # a controller has written its status since
        (applied("99", "10"), "unchanged"),  # by the revision before, a moment ago
        (applied("101", "02", subresource="status"), "configured"),
        (applied("101", "02", manager="kubectl"), "configured"),
        (applied("101"), "configured"),
        (applied("99"), "unchanged"),
        (applied("12ab", "02"), "configured"),
    ],
)
def test_what_was_done(obj: dict[str, Any], done: str) -> None:
    assert done_since(moment_of(RECORD), obj, FIELD_MANAGER) == done


def test_nothing_is_claimed_without_a_moment() -> None:
    assert moment_of({"metadata": {"resourceVersion": "12ab", "creationTimestamp": "2026-05-05T10:00:10Z"}}) is None
    assert moment_of({"metadata": {"resourceVersion": "12"}}) is None
    assert done_since(None, applied("1", "02"), FIELD_MANAGER) == "configured"


@pytest.mark.embedded
def test_the_same_on_a_server(embedded_kubeconfig: str) -> None:
    """What is changed within the second in which it was made is told as well."""

    def settings(value: str) -> dict[str, Any]:
        metadata = {"name": "moment", "namespace": "default"}
        return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"k": value}}

    async def tell() -> list[str]:
        options = ApplyOptions(server_side=True)
        async with connect(embedded_kubeconfig, cache=None) as kube:
            await create(kube, settings("1"), options)
            told: list[str] = []
            for value in "1223":
                made = await kube.create(
                    {"apiVersion": "v1", "kind": "Secret", "metadata": {"generateName": "r-", "namespace": "default"}}
                )
                moment = moment_of(made)
                assert isinstance(moment, Moment)
                done = await update(kube, None, settings(value), options)
                told.append(done_since(moment, done.object, options.field_manager))
            return told

    assert asyncio.run(tell()) == ["unchanged", "configured", "unchanged", "configured"]
