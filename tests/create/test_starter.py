"""`create --starter` beside helm's: the same files, byte for byte, and the same mistakes."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

STEER = [sys.executable, "-c", "from steersman.cli import main; main()"]
FILES = {
    "Chart.yaml": 'apiVersion: v2\nname: starter\nversion: 3.2.1\nappVersion: "9"\ndescription: of <CHARTNAME>\n',
    "values.yaml": "# of <CHARTNAME>\na: <CHARTNAME> # twice: <CHARTNAME>\n",
    "values.schema.json": '{"title": "<CHARTNAME>"}',
    "README.md": "<CHARTNAME>\n",
    "templates/NOTES.txt": "<CHARTNAME>\n",
    "templates/_helpers.tpl": '{{ define "<CHARTNAME>.x" }}{{ end }}',
    "templates/sub/a.yaml": "a: <CHARTNAME>\n",
    "files/a.txt": "<CHARTNAME>\n",
    "crds/a.yaml": "a: <CHARTNAME>\n",
    "charts/inner/Chart.yaml": "apiVersion: v2\nname: inner\nversion: 1.0.0\n",
    "charts/inner/values.yaml": "a: <CHARTNAME>\n",
    ".helmignore": "secret\n",
    "secret": "x",
}
ASKED = [
    ("mine", "--starter", "usual"),
    ("-p", "usual", "mine"),
    ("mine", "-p", "{starters}/usual"),
    ("true", "--starter", "usual"),
    ("mine", "--starter", "nope"),
    ("mine", "--starter", "broken"),
]


def contents(folder: Path) -> dict[str, object]:
    found: dict[str, object] = {}
    for path in sorted(folder.rglob("*")):
        data = path.read_bytes() if path.is_file() else b""
        if path.suffix == ".tgz":  # compressed by another library
            with tarfile.open(fileobj=io.BytesIO(data)) as archive:
                found[str(path.relative_to(folder))] = archive.getnames()
        else:
            found[str(path.relative_to(folder))] = data
    return found


@pytest.mark.oracle
@pytest.mark.parametrize("words", ASKED, ids=" ".join)
def test_starters(words: tuple[str, ...], helm: Path, tmp_path: Path) -> None:
    starters = tmp_path / "data" / "starters"
    for path, text in FILES.items():
        (starters / "usual" / path).parent.mkdir(parents=True, exist_ok=True)
        (starters / "usual" / path).write_text(text)
    (starters / "broken").mkdir()
    (starters / "broken" / "Chart.yaml").write_text("name: [\n")
    environment = {**os.environ, "HELM_DATA_HOME": str(tmp_path / "data")}
    told, made = [], []
    for tool, program in (("helm", [str(helm)]), ("steer", STEER)):
        folder = tmp_path / tool
        folder.mkdir()
        asked = [*program, "create", *(word.format(starters=starters) for word in words)]
        done = subprocess.run(asked, cwd=folder, env=environment, capture_output=True, text=True)
        told.append((done.returncode, done.stdout, done.stderr.split("\n")[0].replace("helm create", "steer create")))
        made.append(contents(folder))
    assert made[1] == made[0]
    assert told[1] == told[0]
