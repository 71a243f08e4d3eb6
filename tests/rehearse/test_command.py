"""`steer rehearse` as a command: exit codes, the table, JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from steersman.cli.main import run

from .charts import CONFIG, job

pytestmark = pytest.mark.embedded


def write_chart(folder: Path, *templates: str) -> str:
    (folder / "templates").mkdir(parents=True)
    (folder / "Chart.yaml").write_text("apiVersion: v2\nname: shop\nversion: 1.0.0\n")
    for number, text in enumerate(templates):
        (folder / "templates" / f"{number}.yaml").write_text(text)
    return str(folder)


def test_a_hook_that_fails_by_itself_is_named_with_its_last_lines(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    chart = write_chart(tmp_path / "new", CONFIG, job("broken", "pre-upgrade", "echo no such table; exit 3"))
    old = write_chart(tmp_path / "old", CONFIG)
    assert run(["rehearse", "upgrade", "shop", chart, "--from", old]) == 1
    printed = capsys.readouterr().out
    assert "BROKEN" in printed
    assert "pre-upgrade hook broken, runs: its last lines\n  no such table" in printed
    assert printed.endswith("Not everything held.\n")


def test_json_of_an_uninstall_that_holds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    values = tmp_path / "values.yaml"
    values.write_text("message: bye\n")
    hook = job("farewell", "post-delete", "echo {{ required 'no message' .Values.message }}".replace("'", "`"))
    chart = write_chart(tmp_path / "chart", CONFIG, hook)
    arguments = ["rehearse", "uninstall", "shop", "--from", chart, "--from-values", str(values)]
    assert run([*arguments, "--scenario", "fails", "-o", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["holds"] is True
    assert [(each["hook"], each["scenario"], each["result"]) for each in found["verdicts"]] == [
        ("farewell", "runs", "held"),
        ("farewell", "fails", "held"),
    ]
