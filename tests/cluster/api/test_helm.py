"""A release's life with the real helm, without any special option."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from steersman.cluster.local import LocalCluster

from .conftest import Tool

pytestmark = pytest.mark.oracle

FILES = {
    "Chart.yaml": "apiVersion: v2\nname: demo\nversion: 0.1.0\n",
    "values.yaml": "size: small\nextra: true\n",
    "crds/widgets.yaml": """
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {plural: widgets, kind: Widget}
  versions:
  - name: v1
    served: true
    storage: true
    schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object, properties: {size: {type: string}}}}}}
""",
    "templates/all.yaml": """
apiVersion: example.com/v1
kind: Widget
metadata: {name: "{{ .Release.Name }}"}
spec: {size: {{ .Values.size }}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: "{{ .Release.Name }}"}
data: {size: "{{ .Values.size }}", version: "{{ .Capabilities.KubeVersion.Version }}"}
{{ if .Values.extra }}
---
apiVersion: v1
kind: Secret
metadata: {name: "{{ .Release.Name }}"}
stringData: {a: b}
{{ end }}
---
apiVersion: v1
kind: Service
metadata: {name: "{{ .Release.Name }}"}
spec: {selector: {a: b}, ports: [{port: 80}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: "{{ .Release.Name }}"}
spec:
  replicas: 0
  selector: {matchLabels: {a: b}}
  template:
    metadata: {labels: {a: b}}
    spec: {containers: [{name: c, image: nginx, env: [{name: SIZE, value: "{{ .Values.size }}"}]}]}
""",
}


@pytest.fixture
def chart(tmp_path: Path) -> Path:
    folder = tmp_path / "demo"
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


@pytest.mark.parametrize("apply", ["--server-side=true", "--server-side=false"])
async def test_a_release_from_install_to_uninstall(
    cluster: LocalCluster, helm_here: Tool, chart: Path, apply: str
) -> None:
    helm, objects = helm_here, cluster.objects
    await helm("install", "demo", str(chart), apply)
    assert objects.get("widgets.example.com", "demo", "default")["spec"] == {"size": "small"}
    assert objects.get("configmaps", "demo", "default")["data"]["version"] == "v1.36.2+steersman"
    await helm("upgrade", "demo", str(chart), "--set", "size=large,extra=false", apply)
    assert objects.find("secrets", "demo", "default") is None
    container = objects.get("deployments.apps", "demo", "default")["spec"]["template"]["spec"]["containers"][0]
    assert container["env"] == [{"name": "SIZE", "value": "large"}]
    await helm("rollback", "demo", "1")
    assert objects.get("configmaps", "demo", "default")["data"]["size"] == "small"
    assert objects.get("secrets", "demo", "default")["data"] == {"a": "Yg=="}
    history = json.loads(await helm("history", "demo", "-o", "json"))
    assert [(item["revision"], item["status"]) for item in history] == [
        (1, "superseded"),
        (2, "superseded"),
        (3, "deployed"),
    ]
    listed = json.loads(await helm("list", "-o", "json"))
    assert [(item["name"], item["revision"], item["status"]) for item in listed] == [("demo", "3", "deployed")]
    assert "size: small" in await helm("get", "all", "demo")
    assert "STATUS: deployed" in await helm("status", "demo")
    await helm("uninstall", "demo", "--wait")
    assert objects.list("configmaps") == objects.list("secrets") == objects.list("deployments.apps") == []
    assert objects.find("customresourcedefinitions.apiextensions.k8s.io", "widgets.example.com") is not None


async def test_a_dry_run_on_the_server_changes_nothing(cluster: LocalCluster, helm_here: Tool, chart: Path) -> None:
    (chart / "crds" / "widgets.yaml").unlink()
    template = chart / "templates" / "all.yaml"
    template.write_text(template.read_text().partition("---\n")[2])
    before = cluster.objects.store.revision
    assert "kind: Deployment" in await helm_here("install", "demo", str(chart), "--dry-run=server")
    assert cluster.objects.store.revision == before


async def test_an_unknown_field_is_found_before_anything_is_created(
    cluster: LocalCluster, helm_here: Tool, chart: Path
) -> None:
    bad = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndatas: {}\n"
    (chart / "templates" / "all.yaml").write_text(bad)
    code, output = await helm_here.run("install", "demo", str(chart))
    assert code == 1
    assert "datas" in output
    assert cluster.objects.find("configmaps", "a", "default") is None
