"""`steer status` beside helm's, on a live cluster: resources as tables and as objects, the last test run, notes."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from steersman.cli.resource_tables import resource_tables
from steersman.client.live import LiveResources, pod_selector

from .conftest import Steer
from .sections import resources_in_order

SLEEPS = '{terminationGracePeriodSeconds: 0, containers: [{name: main, image: "busybox:1", command: [sleep, "1000"]}]}'
ZOO = f"""apiVersion: v1
kind: ConfigMap
metadata: {{name: a}}
data: {{one: "1"}}
---
apiVersion: v1
kind: ConfigMap
metadata: {{name: another-with-a-long-name}}
---
apiVersion: v1
kind: List
items:
- {{apiVersion: v1, kind: Secret, metadata: {{name: in-a-list}}, data: {{a: Yg==}}}}
---
apiVersion: v1
kind: Service
metadata: {{name: gone}}
spec: {{selector: {{app: web}}, ports: [{{port: 80}}]}}
---
apiVersion: v1
kind: Service
metadata: {{name: web}}
spec: {{selector: {{app: web}}, ports: [{{port: 80, name: a}}, {{port: 81, name: b}}]}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: web}}
spec:
  replicas: 2
  selector: {{matchLabels: {{app: web, tier: x}}}}
  template: {{metadata: {{labels: {{app: web, tier: x}}}}, spec: {SLEEPS}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: by-expression}}
spec:
  replicas: 0
  selector: {{matchExpressions: [{{key: app, operator: In, values: [none]}}]}}
  template: {{metadata: {{labels: {{app: none}}}}, spec: {SLEEPS}}}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {{name: db}}
spec:
  serviceName: db
  selector: {{matchLabels: {{app: db}}}}
  template: {{metadata: {{labels: {{app: db}}}}, spec: {SLEEPS}}}
---
apiVersion: v1
kind: ReplicationController
metadata: {{name: old}}
spec:
  replicas: 1
  selector: {{app: old}}
  template: {{metadata: {{labels: {{app: old}}}}, spec: {SLEEPS}}}
---
apiVersion: batch/v1
kind: Job
metadata: {{name: once}}
spec:
  template: {{spec: {{restartPolicy: Never, containers: [{{name: main, image: "busybox:1", command: ["true"]}}]}}}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {{name: "{{{{ .Release.Namespace }}}}"}}
rules: []
"""
TEST = """apiVersion: v1
kind: Pod
metadata: {name: well, annotations: {helm.sh/hook: test}}
spec: {restartPolicy: Never, containers: [{name: main, image: "busybox:1", command: ["true"]}]}
"""


def comparable(text: str) -> str:
    """A list's resourceVersion is that of the whole cluster, in which others are at work."""
    return re.sub(r'(resourceVersion"?: ?)"\d+"', r"\1VERSION", resources_in_order(text))


@pytest.mark.embedded
@pytest.mark.oracle
def test_status_is_helms(
    on_cluster: Steer, chart: Callable[..., Path], helm: Path, kubectl: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {"templates/zoo.yaml": ZOO, "templates/NOTES.txt": "\n\nCome and see {{ .Release.Name }}.\n\n"}
    assert on_cluster("install", "zoo", str(chart({**files, "templates/test.yaml": TEST})), "--wait-for-jobs").code == 0
    namespace = json.loads(on_cluster("list", "-o", "json").out)[0]["namespace"]

    def ask(*words: str | Path) -> str:
        return subprocess.run([*words, "-n", namespace], capture_output=True, text=True, check=True).stdout

    def alike() -> None:
        for output in ("table", "json", "yaml"):
            for attempt in range(5):  # both ask a living cluster: Pods may go on between the two questions
                ours = comparable(on_cluster("status", "zoo", "-o", output).out)
                theirs = comparable(ask(helm, "status", "zoo", "-o", output))
                if ours == theirs or attempt == 4:
                    break
            assert ours == theirs

    alike()
    assert on_cluster("test", "zoo").code == 0
    assert on_cluster("status", "zoo").err == ""
    ask(kubectl, "delete", "service", "gone")
    ask(kubectl, "delete", "configmap", "a")
    alike()
    assert f"not in the cluster: ConfigMap/{namespace}/a, Service/{namespace}/gone" in on_cluster("status", "zoo").err
    monkeypatch.setenv("STEERSMAN_FAILURE_POLICY", "helm")
    assert on_cluster("status", "zoo").err == ""
    ask(helm, "uninstall", "zoo", "--keep-history", "--wait")
    monkeypatch.delenv("STEERSMAN_FAILURE_POLICY")
    alike()
    assert on_cluster("status", "zoo").err == ""


def table(*rows: list[Any], columns: tuple[str, ...] = ("Name", "Age")) -> dict[str, Any]:
    definitions: list[dict[str, Any]] = [{"name": name, "priority": name.startswith("Wide")} for name in columns]
    return {"kind": "Table", "columnDefinitions": definitions, "rows": [{"cells": row} for row in rows]}


TABLES: dict[str, tuple[list[dict[str, Any]], list[str]]] = {
    "rows of one table share their widths": (
        [table(["a", "1s"], ["long-name", "2s"])],
        ["NAME        AGE", "a           1s", "long-name   2s"],
    ),
    "tables of one kind do not": (
        [table(["long-name", "1s"]), table(["a", "2s"])],
        ["NAME        AGE", "long-name   1s", "a     2s"],
    ),
    "other columns have headers": (
        [table(["a", "1s"]), table(["b", 2], columns=("Name", "Data"))],
        ["NAME   AGE", "a      1s", "NAME   DATA", "b      2"],
    ),
    "wide columns are left out": (
        [table(["a", "x", "1s"], columns=("Name", "Wide", "Age"))],
        ["NAME   AGE", "a      1s"],
    ),
    "an empty table is nothing": ([table()], []),
    "nothing, a truth, two lines, an escape": (
        [table([None, True, "a\nb", "\x1b[1m"], columns=("Name", "B", "C", "D"))],
        ["NAME   B      C      D", "       true   a...   ^[[1m"],
    ),
    "a server without tables": (
        [{"kind": "PodList", "items": [{"metadata": {"name": "p"}}]}],
        ["NAME   AGE", "p      <unknown>"],
    ),
}


@pytest.mark.parametrize(("found", "lines"), TABLES.values(), ids=TABLES)
def test_tables(found: list[dict[str, Any]], lines: list[str]) -> None:
    assert resource_tables(LiveResources(found={"v1/X": found})).splitlines() == ["==> v1/X", *lines, ""]


LABELS = {"matchLabels": {"a": "b"}}
SELECTORS: list[tuple[dict[str, Any], dict[str, str] | None]] = [
    ({"kind": "Deployment", "spec": {"selector": LABELS}}, {"a": "b"}),
    ({"kind": "DaemonSet", "spec": {"selector": {"matchExpressions": []}}}, None),
    ({"kind": "Job", "spec": {}}, None),
    ({"kind": "Job", "spec": "nonsense"}, None),
    ({"kind": "Service", "spec": {"selector": {"a": "b"}}}, None),
    ({"kind": "ReplicationController", "spec": {"selector": {"a": "b"}}}, {"a": "b"}),
    ({"kind": "ReplicaSet", "spec": {"selector": {"matchLabels": {"a": 1}}}}, None),
]


@pytest.mark.parametrize(("obj", "selector"), SELECTORS)
def test_the_labels_that_a_workload_names(obj: dict[str, Any], selector: dict[str, str] | None) -> None:
    assert pod_selector(obj) == selector
