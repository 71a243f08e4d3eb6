"""Under policy `helm`, errors of the actions are helm's to the letter: no hint of ours, and its prefixes where it has them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from .conftest import Steer

HOOK = """apiVersion: example.com/v1
kind: Foo
metadata:
  name: foo
  annotations: {helm.sh/hook: pre-install}
"""
# What is asked of both; {bad} is a chart that does not render, {unserved} one with a hook of a kind that nobody serves.
MISTAKES = [
    "install x {bad}",
    "install x ./no-such-chart",
    "install x {good} --set a=[",
    "install x {good} -f no-such-file.yaml",
    "install x {good} --dry-run=bogus",
    "install Bad_Name {good}",
    "install x",
    "install a b c d",
    "install x {unserved}",
    "upgrade --install x {unserved}",
    "upgrade x {good}",
    "upgrade x ./no-such-chart",
    "upgrade x {good} --set a=[",
    "upgrade x {good} -f no-such-file.yaml",
    "upgrade --install x {bad}",
    "upgrade --install x ./no-such-chart",
    "rollback x",
    "uninstall x",
    "test x",
]


@pytest.fixture
def charts(tmp_path: Path) -> dict[str, str]:
    texts = {"good": "", "bad": '{{ fail "no" }}', "unserved": HOOK}
    for name, text in texts.items():
        (tmp_path / name / "templates").mkdir(parents=True)
        (tmp_path / name / "Chart.yaml").write_text(f"apiVersion: v2\nname: {name}\nversion: 1.0.0\n")
        (tmp_path / name / "templates" / "a.yaml").write_text(text)
    return {name: str(tmp_path / name) for name in texts}


@pytest.mark.embedded
@pytest.mark.oracle
@pytest.mark.parametrize("words", MISTAKES)
def test_mistakes(
    steer: Steer,
    embedded_kubeconfig: str,
    charts: dict[str, str],
    helm: Path,
    words: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("KUBECONFIG", embedded_kubeconfig)
    monkeypatch.setenv("STEERSMAN_FAILURE_POLICY", "helm")
    arguments = words.format(**charts).split()
    where = ["--namespace", "nobody-has-made-this"] if "unserved" not in words else []
    theirs = subprocess.run([helm, *arguments, *where], capture_output=True, text=True, check=False)
    if not where:
        subprocess.run([helm, "uninstall", "x", "--no-hooks"], capture_output=True, check=True)
    ours = steer(*arguments, *where)
    if not where:
        subprocess.run([helm, "uninstall", "x", "--no-hooks"], capture_output=True, check=True)
    assert ours.code == theirs.returncode
    assert errors(ours.err) == errors(theirs.stderr)


def errors(text: str) -> str:
    """From the error on; before it, each tells of its work in its own way."""
    return "Error: " + text.partition("Error: ")[2]
