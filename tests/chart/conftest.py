"""Charts made on the spot from a table of files, and what helm says of them."""

from __future__ import annotations

import importlib.util
import io
import json
import os
import subprocess
import sys
import tarfile
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from steersman.chart.model import Chart

PROJECT = Path(__file__).resolve().parents[2]

Files = Mapping[str, str | bytes]
MakeChart = Callable[..., Path]

# Prints what each chart of a tree sees as its values.
SHOW_VALUES = "values: {{ toJson .Values }}\n"


@pytest.fixture
def make_chart(tmp_path: Path) -> MakeChart:
    """Write a chart's files to a folder; Chart.yaml may be left out."""

    def make(files: Files, name: str = "c") -> Path:
        folder = tmp_path / name
        for path, content in {"Chart.yaml": chart_yaml(name), **files}.items():
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content if isinstance(content, bytes) else content.encode())
        return folder

    return make


def told(stderr: str) -> tuple[list[str], str]:
    """Of what a command told beside its output: the log lines (their order is that of Go's maps) and the error's first line."""
    lines = stderr.splitlines()
    return sorted(line for line in lines if line.startswith("level=") and not line.startswith("level=DEBUG")), next(
        (line for line in lines if line.startswith("Error")), ""
    )


def chart_yaml(name: str, extra: str = "", version: str = "1.0.0") -> str:
    return f"apiVersion: v2\nname: {name}\nversion: {version}\n{extra}"


def packed(files: Files, folder: str = "c") -> bytes:
    """A chart's files as the bytes of a .tgz."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for path, content in files.items():
            data = content if isinstance(content, bytes) else content.encode()
            entry = tarfile.TarInfo(f"{folder}/{path}")
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return buffer.getvalue()


class Helm:
    """The real helm with a home of its own; asked once for the same question."""

    def __init__(self, binary: Path, home: Path) -> None:
        self.binary = binary
        self.environment = {
            **os.environ,
            **{f"HELM_{kind}_HOME": str(home / kind.lower()) for kind in ("CACHE", "CONFIG", "DATA")},
            "KUBECONFIG": str(home / "none"),
        }

    def run(self, *words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(self.binary), *words],
            env=self.environment,
            input=stdin,
            capture_output=True,
            encoding="utf-8",
            errors="surrogateescape",
            check=False,
        )

    def template(self, chart: Path, *words: str) -> str:
        """stdout of `helm template release-name CHART …`, which must succeed."""
        done = self.run("template", "release-name", str(chart), *words)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def refusal(self, *words: str) -> str:
        """The message with which helm refuses, without `Error: `."""
        done = self.run(*words)
        assert done.returncode != 0, done.stdout
        return done.stderr[done.stderr.index("Error: ") + 7 :].rstrip("\n")

    def values(self, chart: Path, *words: str) -> dict[str, Any]:
        """What each chart's templates/values.yaml (SHOW_VALUES) says, by the chart's path."""
        shown: dict[str, Any] = {}
        for document in self.template(chart, *words).split("---\n# Source: ")[1:]:
            path, _, text = document.partition("\n")
            shown[path.removesuffix("/templates/values.yaml")] = json.loads(text.removeprefix("values: "))
        return shown


@pytest.fixture(scope="session")
def real_helm(helm: Path, tmp_path_factory: pytest.TempPathFactory) -> Helm:
    return Helm(helm, tmp_path_factory.mktemp("helm-home"))


def values_by_chart(chart: Chart, values: dict[str, Any]) -> dict[str, Any]:
    """Our counterpart of `Helm.values`: what each chart of the tree sees, by the chart's path."""
    shown = {chart.full_path: values}
    for subchart in chart.dependencies:
        shown |= values_by_chart(subchart, values[subchart.name])
    return shown


@cache
def masking() -> ModuleType:
    """tools/masking.py, which is no part of the package."""
    spec = importlib.util.spec_from_file_location("steersman_masking", PROJECT / "tools" / "masking.py")
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
