"""Packaging, compared with what helm packs from the same folder."""

from __future__ import annotations

import subprocess
import tarfile
from pathlib import Path

import pytest

from steersman.chart.load import load
from steersman.chart.package import package
from steersman.errors import ChartError

from .loopback import write_chart


def contents(archive: Path) -> list[tuple[str, int, int, bytes]]:
    """(name, mode, time of change, content) of every entry, in order."""
    with tarfile.open(archive) as packed:
        return [
            (entry.name, entry.mode, int(entry.mtime), stream.read() if (stream := packed.extractfile(entry)) else b"")
            for entry in packed
        ]


RICH = {
    "files": {
        ".helmignore": "*.bak\n",
        "README.md": "# x\n",
        "notes.bak": "ignored",
        "values.schema.json": "{}",
        "templates/_helpers.tpl": "{{/* x */}}",
        "templates/deep/y.yaml": "kind: Y\n",
        "crds/crd.yaml": "kind: CRD\n",
        "files/data.txt": "data",
        "Chart.lock": 'dependencies: []\ndigest: sha256:x\ngenerated: "2026-01-02T03:04:05.678901234+01:00"\n',
        "charts/inner/Chart.yaml": "apiVersion: v2\nname: inner\nversion: 0.1.0\n",
        "charts/inner/templates/z.yaml": "kind: Z\n",
        "charts/inner/Chart.lock": "",
        "charts/_ignored/Chart.yaml": "x",
    },
    "description": "a: b",
    "keywords": ["x", "yes"],
    "maintainers": [{"name": "Ada", "email": "a@b.c"}],
    "appVersion": "1.10",
    "annotations": {"a/b": "1"},
}


@pytest.mark.oracle
@pytest.mark.parametrize("arguments", [(), ("--version", "2.0.0-rc.1+build", "--app-version", "7")])
def test_packed_as_helm_packs(helm: Path, tmp_path: Path, arguments: tuple[str, ...]) -> None:
    chart = write_chart(tmp_path, "rich", **RICH)  # type: ignore[arg-type]
    (tmp_path / "theirs").mkdir()
    subprocess.run([helm, "package", chart, "-d", tmp_path / "theirs", *arguments], check=True, capture_output=True)
    (theirs,) = (tmp_path / "theirs").iterdir()
    version, app_version = (arguments[1], arguments[3]) if arguments else ("", "")
    ours = package(chart, tmp_path / "ours", version=version, app_version=app_version)
    assert ours.name == theirs.name
    assert [entry[:2] + entry[3:] for entry in contents(ours)] == [entry[:2] + entry[3:] for entry in contents(theirs)]
    kept = [entry[0] for entry in contents(theirs) if not entry[0].endswith("Chart.lock")]
    times = {entry[0]: entry[2] for entry in contents(ours)}
    assert {name: times[name] for name in kept} == {
        entry[0]: entry[2] for entry in contents(theirs) if entry[0] in kept
    }


@pytest.mark.oracle
def test_helm_can_use_what_was_packed(helm: Path, tmp_path: Path) -> None:
    path = package(write_chart(tmp_path, "rich", **RICH), tmp_path)  # type: ignore[arg-type]
    shown = subprocess.run([helm, "template", "x", path], check=True, capture_output=True, text=True).stdout
    assert "# Source: rich/charts/inner/templates/z.yaml" in shown
    assert load(path).name == "rich"


def test_a_chart_of_version_1_keeps_its_requirements(tmp_path: Path) -> None:
    files = {
        "requirements.yaml": "dependencies:\n- {name: inner, version: 0.1.0, repository: ''}\n",
        "charts/inner/Chart.yaml": "name: inner\nversion: 0.1.0\n",
    }
    packed = contents(package(write_chart(tmp_path, "old", files=files, apiVersion="v1"), tmp_path))
    assert ("old/requirements.yaml", files["requirements.yaml"].encode()) in [(one[0], one[3]) for one in packed]
    assert b"dependencies" not in packed[0][3]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"version": "x"}, "validation: chart.metadata.version"),
        ({"dependencies": [{"name": "inner", "version": "1", "repository": ""}]}, "inner"),
        ({"files": {"values.schema.json": "{"}}, "invalid JSON in values.schema.json"),
    ],
)
def test_what_is_no_whole_chart_is_not_packed(tmp_path: Path, change: dict[str, object], message: str) -> None:
    chart = write_chart(tmp_path, "broken", **change)  # type: ignore[arg-type]
    with pytest.raises(ChartError, match=message):
        package(chart, tmp_path / "out")
    assert not (tmp_path / "out").exists()
