"""A home of Helm's for one test, and the real helm in it."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from steersman.chart.repo.home import Home

Helm = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A home of Helm's for this test alone, through the variables that helm reads too."""
    for name in ("CACHE", "CONFIG", "DATA"):
        monkeypatch.setenv(f"HELM_{name}_HOME", str(tmp_path / "home" / name.lower()))
    for name in ("HELM_REPOSITORY_CONFIG", "HELM_REPOSITORY_CACHE", "HELM_REGISTRY_CONFIG", "HELM_CONTENT_CACHE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "docker"))
    return Home.of_user()


@pytest.fixture
def run_helm(helm: Path, home: Home) -> Helm:
    """run_helm(arguments…): the real helm in that home; `check=False` where it may fail."""

    def run(*arguments: object, check: bool = True) -> subprocess.CompletedProcess[str]:
        done = subprocess.run([str(helm), *map(str, arguments)], capture_output=True, text=True, check=False)
        assert not check or done.returncode == 0, done.stderr
        return done

    return run
