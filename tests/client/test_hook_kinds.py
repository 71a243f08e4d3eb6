"""A hook of a kind that the cluster does not serve: when it matters, and what is said. Helm's words are helm 4.3.1's."""

from __future__ import annotations

import asyncio
from asyncio.subprocess import PIPE
from pathlib import Path

import pytest

from steersman.client import AsyncClient
from steersman.errors import NoMatchingKind, ReleaseFailed
from steersman.lifecycle.plan import Options
from steersman.lifecycle.policy import Policy
from steersman.release.record import Status

pytestmark = pytest.mark.embedded

HOOK = """apiVersion: v1
kind: ConfigMap
metadata: {name: "{{ .Release.Name }}"}
---
apiVersion: example.com/v1
kind: Foo
metadata:
  name: foo
  annotations: {helm.sh/hook: "{{ .Values.event }}"}
"""


@pytest.fixture
def chart(tmp_path: Path) -> Path:
    folder = tmp_path / "nk"
    (folder / "templates").mkdir(parents=True)
    (folder / "Chart.yaml").write_text("apiVersion: v2\nname: nk\nversion: 1.0.0\n")
    (folder / "templates" / "a.yaml").write_text(HOOK)
    return folder


@pytest.mark.parametrize("event", ["pre-install", "post-install"])
async def test_it_is_refused_before_anything_is_touched(embedded_kubeconfig: str, chart: Path, event: str) -> None:
    async with AsyncClient(kubeconfig=embedded_kubeconfig) as client:
        with pytest.raises(NoMatchingKind, match=r'no matches for kind "Foo" in version "example\.com/v1"'):
            await (await client.install("foo-first", chart, {"event": event})).result()
        assert await client.storage.history("foo-first") == []


@pytest.mark.parametrize(("event", "no_hooks"), [("pre-install", True), ("pre-delete", False)])
async def test_where_it_does_not_run_it_is_in_nobodys_way(
    embedded_kubeconfig: str, chart: Path, event: str, no_hooks: bool
) -> None:
    async with AsyncClient(kubeconfig=embedded_kubeconfig) as client:
        operation = await client.install("foo-idle", chart, {"event": event}, options=Options(no_hooks=no_hooks))
        assert (await operation.result()).status is Status.DEPLOYED
        await (await client.uninstall("foo-idle", options=Options(no_hooks=True))).result()


@pytest.mark.oracle
@pytest.mark.parametrize("event", ["pre-install", "post-install"])
async def test_helm_says_it_when_its_turn_comes(embedded_kubeconfig: str, chart: Path, helm: Path, event: str) -> None:
    words = ["install", "foo-late", str(chart), "--set", f"event={event}", "--kubeconfig", embedded_kubeconfig]
    process = await asyncio.create_subprocess_exec(helm, *words, stdout=PIPE, stderr=PIPE)
    _, error = await process.communicate()
    async with AsyncClient(kubeconfig=embedded_kubeconfig, policy=Policy.HELM) as client:
        their_record = await client.get("foo-late")
        await (await client.uninstall("foo-late", options=Options(no_hooks=True))).result()
        with pytest.raises(ReleaseFailed) as caught:
            await (await client.install("foo-late", chart, {"event": event})).result()
        record = await client.get("foo-late")
        await (await client.uninstall("foo-late", options=Options(no_hooks=True))).result()
    assert f"Error: {caught.value}\n" == error.decode()
    assert (record.status, record.info.description) == (their_record.status, their_record.info.description)
