"""`steer plan` and `steer apply`: what is shown is what is done, and a plan knows when it is out of date."""

from __future__ import annotations

import json
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import Steer

CONFIG = (
    "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}\ndata:\n  colour: {{ .Values.colour }}\n"
)
SECRET = (
    "apiVersion: v1\nkind: Secret\nmetadata:\n  name: {{ .Release.Name }}\nstringData:\n  word: {{ .Values.word }}\n"
)
HOOK = (
    "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}-hook\n"
    '  annotations: {helm.sh/hook: "pre-install,pre-upgrade", helm.sh/hook-weight: "3"}\n'
)
FILES = {
    "values.yaml": "colour: red\nword: swordfish\n",
    "templates/config.yaml": CONFIG,
    "templates/secret.yaml": SECRET,
    "templates/hook.yaml": HOOK,
}

pytestmark = pytest.mark.embedded


def test_a_plan_is_what_then_runs_step_for_step(on_cluster: Steer, chart: Callable[..., Path]) -> None:
    folder = str(chart(FILES))
    for words in (
        ("install", "web", folder),
        ("upgrade", "web", folder, "--set", "colour=blue"),
        ("rollback", "web"),
        ("uninstall", "web"),
    ):
        planned = [step["id"] for step in json.loads(on_cluster("plan", *words, "-o", "json").out)["steps"]]
        lines = [json.loads(line) for line in on_cluster(*words, "-o", "jsonl").out.splitlines()]
        ran = [line["step"] for line in lines if line["type"] == "StepStarted"]
        assert sorted(ran) == sorted(planned)


def test_what_a_plan_tells(on_cluster: Steer, chart: Callable[..., Path]) -> None:
    folder = str(chart(FILES))
    shown = on_cluster("plan", "install", "web", folder, "--detailed-exitcode")
    assert shown.code == 2
    assert "run pre-install hook web-hook (weight 3)" in shown.out
    assert "+    colour: red" in shown.out.replace("+  ", "+    ")
    assert "swordfish" not in shown.out
    assert "If it fails:" in shown.out
    assert on_cluster("install", "web", folder).code == 0
    same = on_cluster("plan", "upgrade", "web", folder, "--detailed-exitcode")
    assert same.code == 0
    assert "no resource changes" in same.out
    changed = on_cluster("plan", "upgrade", "web", folder, "--set", "colour=blue,word=tuna", "--detailed-exitcode")
    assert changed.code == 2
    assert "-  colour: red" in changed.out
    assert "+  colour: blue" in changed.out
    assert "tuna" not in changed.out


def test_a_saved_plan_is_applied_or_refused(
    on_cluster: Steer, chart: Callable[..., Path], tmp_path: Path, kubectl: Path, embedded_kubeconfig: str
) -> None:
    folder, file = str(chart(FILES)), tmp_path / "plan.json"
    assert on_cluster("install", "web", folder).code == 0
    assert on_cluster("plan", "upgrade", "web", folder, "--set", "colour=blue", "--save", str(file)).code == 0
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    namespace = json.loads(file.read_text())["namespace"]
    patch = ["patch", "configmap", "web", "-n", namespace, "-p", '{"data": {"colour": "green"}}']
    subprocess.run([kubectl, "--kubeconfig", embedded_kubeconfig, *patch], check=True, capture_output=True)
    refused = on_cluster("apply", str(file))
    assert refused.code == 1
    assert "the cluster has moved on" in refused.err
    assert f"ConfigMap/{namespace}/web was changed" in refused.err
    assert "2" not in on_cluster("history", "web", "-o", "json").out.split('"revision":')[-1][:1]
    again = on_cluster(
        "plan", "upgrade", "web", folder, "--set", "colour=blue", "--save", str(file), "--force-conflicts"
    )
    assert again.code == 0
    assert on_cluster("apply", str(file)).code == 0
    assert "colour: blue" in on_cluster("get", "manifest", "web").out
    late = on_cluster("apply", str(file))
    assert late.code == 1
    assert "the release's history was 1 deployed and is 1 superseded, 2 deployed" in late.err


def test_a_file_that_is_no_plan(on_cluster: Steer, tmp_path: Path) -> None:
    file = tmp_path / "x.json"
    file.write_text('{"format": "other"}')
    shown = on_cluster("apply", str(file))
    assert shown.code == 1
    assert "not a saved plan" in shown.err
