"""`HELM_DRIVER=memory`, by which nothing but its objects would be left of a release: refused, as by helm, with a reason."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import Steer

COMMANDS = (
    "list",
    "status a",
    "history a",
    "get values a",
    "install a CHART",
    "upgrade -i a CHART",
    "uninstall a",
    "test a",
)


@pytest.mark.embedded
@pytest.mark.oracle
@pytest.mark.parametrize("policy", ["helm", "rollback"])
def test_every_command_is_refused(
    steer: Steer,
    helm: Path,
    embedded_kubeconfig: str,
    chart: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
    policy: str,
) -> None:
    """Helm wants releases from HELM_MEMORY_DRIVER_DATA, and then pretends the cluster as well."""
    folder = str(chart({}))
    monkeypatch.setenv("KUBECONFIG", embedded_kubeconfig)
    monkeypatch.setenv("HELM_DRIVER", "memory")
    monkeypatch.setenv("STEERSMAN_FAILURE_POLICY", policy)
    for line in COMMANDS:
        words = line.replace("CHART", folder).split()
        theirs = subprocess.run([str(helm), *words], capture_output=True, text=True, timeout=60)
        ours = steer(*words)
        assert (ours.code, ours.out) == (theirs.returncode, theirs.stdout) == (1, "")
        assert ours.err.startswith("Error: ")
        assert "HELM_DRIVER=memory: what this command does would be forgotten" in ours.err.splitlines()[0]
