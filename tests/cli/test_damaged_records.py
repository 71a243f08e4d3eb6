"""A release record that somebody has damaged: what helm 4.3.1 makes of it, and what we do (docs/compared-with-helm.md)."""

from __future__ import annotations

import asyncio
import base64
import gzip
import subprocess
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from steersman.client import AsyncClient
from steersman.kube.interface import ObjectRef

from .conftest import Result, Steer

pytestmark = [pytest.mark.embedded, pytest.mark.oracle]

KEY = "sh.helm.release.v1.a.v2"
MANIFEST = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings-{{ .Values.m }}}\n"
_numbers = count(1)


def truncated(payload: bytes) -> bytes:
    return payload[:-41]


def no_gzip(_: bytes) -> bytes:
    return base64.b64encode(b"hello")


def no_json(_: bytes) -> bytes:
    return base64.b64encode(gzip.compress(b"hello"))


class Twins:
    """Both tools on the same damage, each in a namespace of its own."""

    def __init__(self, steer: Steer, helm: Path, folder: Path) -> None:
        self.folder = str(folder)
        number = next(_numbers)
        self.namespaces = {"helm": f"damaged-h-{number}", "steer": f"damaged-s-{number}"}

        def by_helm(*words: str) -> Result:
            done = subprocess.run([str(helm), *words], capture_output=True, text=True, timeout=120)
            return Result(done.returncode, done.stdout, done.stderr)

        self._run = {"helm": by_helm, "steer": steer}
        for tool in self._run:
            self("install a CHART --create-namespace", tool)
            self("upgrade a CHART --set m=two", tool)

    def __call__(self, line: str, tool: str) -> Result:
        words = [self.folder if word == "CHART" else word for word in line.split()]
        return self._run[tool](*words, "-n", self.namespaces[tool])

    def both(self, line: str) -> tuple[Result, Result]:
        return self(line, "helm"), self(line, "steer")

    def change(self, change: Callable[[dict[str, Any]], None]) -> None:
        for namespace in self.namespaces.values():
            asyncio.run(_changed(namespace, change))

    def left(self, tool: str) -> set[str]:
        """The records and the resources that are there."""
        return asyncio.run(_left(self.namespaces[tool]))


async def _changed(namespace: str, change: Callable[[dict[str, Any]], None]) -> None:
    async with AsyncClient(namespace=namespace) as client:
        record = await client.kube.get(ObjectRef("v1", "Secret", KEY, namespace))
        change(record)
        await client.kube.replace(record)


async def _removed(namespace: str) -> None:
    """A damaged record troubles whoever lists the releases of all namespaces."""
    async with AsyncClient() as client:
        await client.kube.delete(ObjectRef("v1", "Namespace", namespace))


async def _left(namespace: str) -> set[str]:
    async with AsyncClient(namespace=namespace) as client:
        found = [
            item
            for kind in ("Secret", "ConfigMap")
            for item in (await client.kube.list("v1", kind, namespace=namespace)).items
        ]
    names = {item["metadata"]["name"].removeprefix("sh.helm.release.v1.") for item in found}
    return {name for name in names if not name.startswith(("sh.steersman", "kube-root"))}


@pytest.fixture
def twins(
    steer: Steer,
    helm: Path,
    embedded_kubeconfig: str,
    chart: Callable[..., Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Twins]:
    monkeypatch.setenv("KUBECONFIG", embedded_kubeconfig)
    for name in ("HOME", "HELM_CACHE_HOME", "HELM_CONFIG_HOME", "HELM_DATA_HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.setenv("STEERSMAN_FAILURE_POLICY", "helm")
    both = Twins(steer, helm, chart({"templates/a.yaml": MANIFEST, "values.yaml": "m: one\n"}))
    yield both
    for namespace in both.namespaces.values():
        asyncio.run(_removed(namespace))


def column(result: Result, name: str) -> list[str]:
    """One column of a table, top down."""
    first, *rows = (line.split("\t") for line in result.out.splitlines())
    at = [head.strip() for head in first].index(name)
    return [row[at].strip() for row in rows]


@pytest.mark.parametrize("damage", [truncated, no_gzip, no_json])
def test_a_record_that_cannot_be_read(
    twins: Twins, damage: Callable[[bytes], bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STEERSMAN_FAILURE_POLICY", "rollback")

    def spoil(record: dict[str, Any]) -> None:
        payload = base64.b64decode(record["data"]["release"])
        record["data"]["release"] = base64.b64encode(damage(payload)).decode()

    twins.change(spoil)
    where = f"revision 2 of release 'a' in namespace '{twins.namespaces['steer']}' cannot be read: "

    theirs, ours = twins.both("list")
    assert (column(theirs, "STATUS"), theirs.err) == (["superseded"], "")  # as if the second had never been
    assert column(ours, "NAME") == []
    assert where in ours.err

    theirs, ours = twins.both("history a")
    assert column(theirs, "REVISION") == column(ours, "REVISION") == ["1"]
    assert (theirs.err, where in ours.err) == ("", True)

    theirs, ours = twins.both("status a")
    assert (theirs.code, "STATUS: superseded" in theirs.out) == (0, True)
    assert (ours.code, where in ours.err) == (1, True)

    for line in ("upgrade a CHART --set m=three", "rollback a 1"):
        theirs, ours = twins.both(line)
        assert (theirs.code, "release: already exists" in theirs.err) == (1, True)
        assert (ours.code, where in ours.err) == (1, True)
        assert f"delete secret {KEY}" in ours.err

    theirs, ours = twins.both("uninstall a")
    assert (theirs.code, twins.left("helm")) == (0, {"a.v2", "settings-two"})  # what only the second had stays behind
    assert (ours.code, twins.left("steer")) == (1, {"a.v1", "a.v2", "settings-two"})
    asyncio.run(_deleted(twins.namespaces["steer"]))
    assert twins("uninstall a", "steer").code == 0


async def _deleted(namespace: str) -> None:
    async with AsyncClient(namespace=namespace) as client:
        await client.kube.delete(ObjectRef("v1", "Secret", KEY, namespace))


@pytest.mark.parametrize("label", ["status", "version", "name", "owner", "modifiedAt"])
def test_a_label_that_is_lost(twins: Twins, label: str) -> None:
    """What helm copes with we cope with, and in the same way."""
    twins.change(lambda record: record["metadata"]["labels"].pop(label, None))
    for line in ("history a", "upgrade a CHART --set m=three", "history a", "rollback a 1", "history a", "uninstall a"):
        theirs, ours = twins.both(line)
        assert (ours.code, _error(ours)) == (theirs.code, _error(theirs)), line
        if line == "history a":
            assert column(ours, "REVISION") == column(theirs, "REVISION"), line
            assert column(ours, "STATUS") == column(theirs, "STATUS"), line
    assert twins.left("steer") == twins.left("helm")


def _error(result: Result) -> str:
    return next((line for line in result.err.splitlines() if line.startswith("Error: ")), "")
