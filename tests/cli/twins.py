"""helm and `steer --failure-policy helm` as twins: each in a namespace of its own, and what each of them then has to show.

Compared are exit codes, the error, what is printed (times, addresses and ids masked), the records field by field and the live
objects."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from difflib import unified_diff
from pathlib import Path
from typing import Any

import pytest

from steersman.client import AsyncClient
from steersman.errors import NoMatchingKind, NotFound
from steersman.kube.interface import ObjectRef
from steersman.release.codec import to_json

from .conftest import Result, Steer
from .sections import resources_in_order

TOKEN = "kubernetes.io/service-account-token"
KINDS = (("v1", "ConfigMap"), ("v1", "Service"), ("v1", "Secret"), ("life.example/v1", "Widget"))


@dataclass(frozen=True, slots=True)
class Twin:
    """One tool in a namespace of its own."""

    namespace: str
    run: Callable[[list[str]], Result]


@dataclass(frozen=True, slots=True)
class Tools:
    """Both commands; each takes the words behind its name."""

    helm: Callable[[list[str]], Result]
    steer: Callable[[list[str]], Result]
    namespaces: list[str] = field(default_factory=list)

    def namespace(self, word: str) -> str:
        """Make a namespace of the test's own, with this word in its name."""
        self.namespaces.append(f"{word}-{uuid.uuid4().hex[:8]}")
        asyncio.run(_make(self.namespaces[-1]))
        return self.namespaces[-1]

    def twins(self) -> tuple[Twin, Twin]:
        """helm in one namespace, steer in another."""
        return Twin(self.namespace("twin-h"), self.helm), Twin(self.namespace("twin-s"), self.steer)


@pytest.fixture(params=["embedded", pytest.param("real", marks=pytest.mark.kube)])
def tools(
    steer: Steer, helm: Path, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Tools]:
    """helm and steer under its policy, on the embedded cluster and on a real one, with empty folders of their own."""
    monkeypatch.setenv("KUBECONFIG", request.getfixturevalue(f"{request.param}_kubeconfig"))
    for name in ("HOME", "HELM_CACHE_HOME", "HELM_CONFIG_HOME", "HELM_DATA_HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.setenv("STEERSMAN_FAILURE_POLICY", "helm")

    def by_helm(words: list[str]) -> Result:
        done = subprocess.run([str(helm), *words], capture_output=True, text=True, timeout=120)
        return Result(done.returncode, done.stdout, done.stderr)

    both = Tools(by_helm, lambda words: steer(*words))
    yield both
    asyncio.run(_unmake(both.namespaces))


async def _make(namespace: str) -> None:
    async with AsyncClient() as client:
        body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}
        await client.kube.create(body, field_manager="test")


async def _unmake(namespaces: list[str]) -> None:
    async with AsyncClient() as client:
        for namespace in namespaces:
            await client.kube.delete(ObjectRef("v1", "Namespace", namespace))


def told_by(theirs: Twin, ours: Twin, words: list[str], *, by: str = "") -> list[str]:
    """Give both this command line; how what they told differs. `by` is put before each difference."""
    told = [masked(twin, twin.run([*words, "-n", twin.namespace])) for twin in (theirs, ours)]
    found = compared(*told)
    return [f"{by}\n" + "\n".join(found)] if found else []


def left_by(theirs: Twin, ours: Twin, *, by: str = "", managers: bool = False) -> list[str]:
    """How the records and the live objects of both differ."""
    records = [asyncio.run(left(twin.namespace, managers=managers)) for twin in (theirs, ours)]
    return [f"{by}\n{found}" for found in differences(*records)]


def compared(theirs: Result, ours: Result) -> list[str]:
    found = []
    if theirs.code != ours.code:
        found.append(f"exit code {ours.code}, helm: {theirs.code}; {ours.err} helm: {theirs.err}")
    if error(theirs) != error(ours):
        found.append(f"error {error(ours)!r}\nhelm: {error(theirs)!r}")
    if theirs.out != ours.out:
        found += unified_diff(theirs.out.splitlines(), ours.out.splitlines(), "helm", "steer", lineterm="", n=1)
    return found


def error(result: Result) -> str:
    """The error's text: what stands after `Error: `; our hint, which follows in a line of its own, left out."""
    found = re.search(r"^Error: (.*?)$", result.err, re.MULTILINE)
    return found[1] if found else ""


def masked(twin: Twin, result: Result) -> Result:
    def mask(text: str) -> str:
        text = re.sub(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?( ?[+-]\d\d:?\d\d| UTC|Z)*", "TIME", text)
        text = re.sub(r"\w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4}", "TIME", text)
        text = re.sub(r"(TIME|UPDATED)\s+", r"\1 ", text)
        text = re.sub(r"\b17\d{8}\b", "TIME", text)  # seconds since 1970
        text = re.sub(r"10\.9[67]\.\d+\.\d+ *", "ADDRESS ", text)
        text = re.sub(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", "UID", text)
        text = re.sub(r'(resourceVersion"?: ?)"\d+"', r"\1VERSION", text)
        return resources_in_order(text.replace(twin.namespace, "NAMESPACE"))

    return Result(result.code, mask(result.out), mask(result.err))


async def left(namespace: str, *, managers: bool = False) -> dict[str, Any]:
    """The records and the live objects of a namespace, by path; with `managers`, which fields are whose."""
    found: dict[str, Any] = {}
    async with AsyncClient(namespace=namespace) as client:
        for kind, item in await _objects(client, namespace):
            name = item["metadata"]["name"]
            if name.startswith("sh.steersman") or name == "kube-root-ca.crt" or item.get("type") == TOKEN:
                continue
            metadata = {key: item["metadata"].get(key) for key in ("labels", "annotations")}
            if name.startswith("sh.helm"):
                found[name] = {key: value for key, value in metadata["labels"].items() if not key.endswith("At")}
                continue
            if managers:
                entries = item["metadata"].get("managedFields") or []
                metadata["managers"] = sorted(json.dumps({**entry, "time": ""}, sort_keys=True) for entry in entries)
            spec = {key: value for key, value in (item.get("spec") or {}).items() if not key.startswith("cluster")}
            found[f"{kind}/{name}"] = {**metadata, "data": item.get("data"), "spec": spec}
        for release in {stored.name for stored in await client.storage.driver.query(namespace)}:
            for stored in await client.storage.history(release):
                found[f"record {release} {stored.version}"] = to_json(stored.release())
    text = re.sub(r'"\d{4}-\d\d-\d\dT[\d:.]+Z"', '"TIME"', json.dumps(found)).replace(namespace, "NAMESPACE")
    return json.loads(text)  # type: ignore[no-any-return]


async def _objects(client: AsyncClient, namespace: str) -> list[tuple[str, Any]]:
    found = []
    for api_version, kind in KINDS:
        with suppress(NoMatchingKind, NotFound):  # its CRD comes and goes with a chart
            found += [(kind, item) for item in (await client.kube.list(api_version, kind, namespace=namespace)).items]
    return found


def differences(theirs: dict[str, Any], ours: dict[str, Any]) -> list[str]:
    left, right = _flat(ours), _flat(theirs)
    return [
        f"{path}: {left.get(path)!r}, helm: {right.get(path)!r}"
        for path in {**left, **right}
        if left.get(path) != right.get(path)
    ]


def _flat(value: Any, path: str = "") -> dict[str, Any]:
    if not isinstance(value, dict | list):
        return {path: value}
    items = value.items() if isinstance(value, dict) else enumerate(value)
    return {key: leaf for name, inner in items for key, leaf in _flat(inner, f"{path}.{name}").items()} or {path: value}
