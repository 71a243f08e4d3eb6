"""The API server is killed and started again while a command waits: it goes on; and which name its certificate must have."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import aclosing
from pathlib import Path

import pytest

from steersman.client import AsyncClient
from steersman.cluster import launch
from steersman.kube.interface import ObjectRef, PatchType

from .conftest import Steer
from .test_signals import FILES, HOOK, WAIT, Shell, _read_until

pytestmark = pytest.mark.embedded


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Path]:
    """The folder of a cluster of the test's own, in a process of its own."""
    folder = tmp_path / "cluster"
    launch.ensure_running(folder, sandbox=False, runtime="process")
    yield folder
    launch.stop(folder)


def restarted(folder: Path) -> None:
    """Kill it and start it anew where it was."""
    before = launch.status(folder)
    assert before is not None
    os.kill(before.pid, signal.SIGKILL)
    after = launch.ensure_running(folder, sandbox=False, runtime="process")
    assert (after.server, after.started) == (before.server, True)


async def scaled_down(kubeconfig: str, name: str) -> None:
    async with AsyncClient(kubeconfig=kubeconfig) as client:
        await client.kube.patch(
            ObjectRef("apps/v1", "Deployment", name, "default"), {"spec": {"replicas": 0}}, PatchType.MERGE
        )


async def there(kubeconfig: str, name: str) -> None:
    """Wait until the Job has been made."""
    async with (
        asyncio.timeout(60),
        AsyncClient(kubeconfig=kubeconfig) as client,
        aclosing(client.kube.watch("batch/v1", "Job", namespace="default")) as events,
    ):
        async for event in events:
            if event.type == "ADDED" and event.object["metadata"]["name"] == name:
                return


async def deleted(kubeconfig: str, name: str) -> None:
    async with AsyncClient(kubeconfig=kubeconfig) as client:
        await client.kube.delete(ObjectRef("batch/v1", "Job", name, "default"))


def test_an_action_goes_on_after_a_restart(own: Path, chart: Callable[..., Path]) -> None:
    shell = Shell(str(own / "kubeconfig"), "default", chart(FILES, "slow"))
    process = shell.start("install a CHART --set stuck=true")
    told = _read_until(process, WAIT)
    restarted(own)
    asyncio.run(scaled_down(shell.kubeconfig, "a-stuck"))  # nothing more is to become ready
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, told + err
    assert "STATUS: deployed" in out
    assert shell.statuses() == "1:deployed"


def test_a_hook_is_seen_to_end_after_a_restart(own: Path, chart: Callable[..., Path]) -> None:
    shell = Shell(str(own / "kubeconfig"), "default", chart(FILES, "slow"))
    process = shell.start("install a CHART --set slow=pre-install")
    told = _read_until(process, HOOK)
    asyncio.run(there(shell.kubeconfig, "a-pre-install"))
    restarted(own)
    asyncio.run(deleted(shell.kubeconfig, "a-pre-install"))
    _, err = process.communicate(timeout=120)
    assert process.returncode == 1, told + err
    assert "Error: release failed: pre-install hook failed" in err
    assert shell.statuses() == "1:failed"


@pytest.mark.oracle
@pytest.mark.parametrize("by", ["flag", "environment", "kubeconfig"])
@pytest.mark.parametrize(("name", "code"), [("kubernetes.default", 0), ("elsewhere.test", 1)])
def test_the_name_in_the_certificate(
    steer: Steer,
    helm: Path,
    embedded_kubeconfig: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    by: str,
    name: str,
    code: int,
) -> None:
    config = tmp_path / "config"
    text = Path(embedded_kubeconfig).read_text()
    if by == "kubeconfig":
        parsed = json.loads(text)
        parsed["clusters"][0]["cluster"]["tls-server-name"] = name
        text = json.dumps(parsed)
    config.write_text(text)
    monkeypatch.setenv("KUBECONFIG", str(config))
    if by == "environment":
        monkeypatch.setenv("HELM_KUBETLS_SERVER_NAME", name)
    words = ["list", *(["--kube-tls-server-name", name] if by == "flag" else [])]
    theirs = subprocess.run([str(helm), *words], capture_output=True, text=True, timeout=60)
    ours = steer(*words)
    assert (theirs.returncode, ours.code) == (code, code), theirs.stderr + ours.err
    if code:
        assert name in theirs.stderr
        assert f"Hostname mismatch, certificate is not valid for '{name}'" in ours.err
        assert "--kube-tls-server-name" in ours.err
