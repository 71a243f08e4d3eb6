"""`steer rehearse` as a command: exit codes, the table, JSON."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path
from typing import Any

import pytest

from steersman.cli.main import run
from steersman.client import Client
from steersman.kube.client import connect

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


def test_a_hook_without_the_rights_it_needs_is_found_with_the_role_that_gives_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], oracle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", f"{os.environ['PATH']}:{oracle}")
    hook = job("restart", "pre-install", "kubectl get configmaps", image="bitnami/kubectl:1.33")
    chart = write_chart(tmp_path / "chart", hook)
    assert run(["rehearse", "install", "shop", chart]) == 1
    printed = capsys.readouterr().out
    assert "The hook's ServiceAccount default may not list configmaps in namespace default." in printed
    assert 'resources: ["configmaps"]\n' in printed
    role = printed.partition("serviceAccountName: restart in shop/templates/0.yaml:\n")[2].partition("\nVERIFY")[0]
    roles = [line.removeprefix("      ") for line in role.splitlines()]
    (tmp_path / "chart" / "templates" / "1.yaml").write_text("\n".join(roles))
    named = hook.replace("restartPolicy: Never", "restartPolicy: Never\n      serviceAccountName: restart")
    (tmp_path / "chart" / "templates" / "0.yaml").write_text(named)
    assert run(["rehearse", "install", "shop", chart, "--scenario", "twice"]) == 0


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


def test_a_test_hook_is_rehearsed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    chart = write_chart(tmp_path / "chart", CONFIG, job("probe", "test", "echo asked; sleep 1; echo answered"))
    assert run(["rehearse", "test", "shop", "--from", chart, "--scenario", "twice", "--scenario", "fails"]) == 0
    rows = [line.split()[:3] for line in capsys.readouterr().out.splitlines()[1:4]]
    assert rows == [["probe", "test", "runs"], ["probe", "test", "runs"], ["probe", "test", "fails"]]


def test_an_upgrade_from_the_stored_record_with_its_secret_stood_in_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], embedded_kubeconfig: str
) -> None:
    script = 'test "$password" = rehearsal; test "$host" = db.example'
    hook = job("login", "pre-upgrade", script)
    sources = "envFrom: [{secretRef: {name: account}}, {configMapRef: {name: place}}]"
    chart = write_chart(tmp_path / "chart", CONFIG, hook.replace("        env:", f"        {sources}\n        env:"))
    meta = {"namespace": "rehearsed"}
    objects: list[dict[str, Any]] = [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "rehearsed"}},
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": "account", **meta},
            "stringData": {"password": "x"},
        },
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": "place", **meta},
            "data": {"host": "db.example"},
        },
    ]
    asyncio.run(create(embedded_kubeconfig, objects))
    with Client(kubeconfig=embedded_kubeconfig, namespace="rehearsed") as client:
        client.install("shop", chart)
    where = ["--kubeconfig", embedded_kubeconfig, "-n", "rehearsed"]
    assert run([*where, "rehearse", "upgrade", "shop", chart, "--scenario", "twice"]) == 0, capsys.readouterr()
    assert "the second run did no harm" in capsys.readouterr().out


async def create(kubeconfig: str, objects: list[dict[str, Any]]) -> None:
    async with connect(kubeconfig) as kube:
        for each in objects:
            await kube.create(each)
