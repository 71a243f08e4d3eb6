"""The programs in examples/python do what they say."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from steersman.client import AsyncClient
from steersman.kube.interface import ObjectRef
from steersman.release.record import Status

EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "python"
CHART = Path(__file__).resolve().parents[1] / "lifecycle" / "chart"


def example(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"example_{name}", EXAMPLES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def run(name: str, *words: str, kubeconfig: str = "/nowhere") -> subprocess.CompletedProcess[str]:
    environment = {"PATH": "/usr/bin:/bin", "KUBECONFIG": kubeconfig}
    return subprocess.run(
        [sys.executable, EXAMPLES / f"{name}.py", *words], capture_output=True, text=True, check=False, env=environment
    )


def test_what_a_chart_renders() -> None:
    found = run("rendered", str(CHART))
    assert (found.stderr, found.returncode) == ("", 0)
    assert "Job/demo-pre-upgrade: pre-upgrade" in found.stdout
    assert "ConfigMap" in found.stdout


def test_a_chart_that_is_not_there() -> None:
    found = run("deploy", "shop", "./no-such-chart")
    assert found.returncode == 1
    assert "Traceback" not in found.stderr


@pytest.mark.embedded
def test_a_deployment_in_ci(embedded_kubeconfig: str) -> None:
    done = run("deploy", "in-ci", str(CHART), "message=one", kubeconfig=embedded_kubeconfig)
    assert (done.stderr, done.returncode) == ("", 0)
    assert "in-ci is deployed, revision 1" in done.stdout
    assert "pre-install hook" in done.stdout


@pytest.mark.embedded
async def test_a_turn_of_an_operator(embedded_kubeconfig: str) -> None:
    reconcile: Any = example("reconcile")
    async with AsyncClient(kubeconfig=embedded_kubeconfig) as client:

        async def turn(**values: Any) -> str:
            outcome: str = await reconcile.reconcile(client, reconcile.Wanted("kept", CHART, values))
            return outcome

        assert await turn(message="one") == "deployed"
        assert await turn(message="one") == "unchanged"
        assert await turn(message="two") == "deployed"

        drift = ObjectRef("v1", "ConfigMap", "kept-settings", client.namespace)
        live = await client.kube.get(drift)
        await client.kube.delete(drift)
        assert await turn(message="two") == "deployed"
        assert (await client.kube.get(drift))["data"] == live["data"]

        assert await turn(fail=["pre-upgrade"]) == "failed"
        assert await turn(fail=["pre-upgrade"]) == "failed"
        assert [release.status for release in await client.history("kept")] == [
            *[Status.SUPERSEDED] * 2,
            Status.DEPLOYED,
            Status.FAILED,
        ]
        assert await turn(message="two") == "unchanged"
