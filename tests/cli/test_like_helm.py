"""`steer --failure-policy helm` beside helm 4.3.1, word for word: the same command lines on twin namespaces of one cluster.

After each of them the exit code and the error are the same, what is printed is the same byte for byte (times masked), and
after a change the records, field by field, and the live objects."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path

import pytest

from .twins import Tools, error, left_by, told_by, tools

__all__ = ["tools"]

pytestmark = [pytest.mark.embedded, pytest.mark.oracle]

SHOWS = ("list", "status", "history", "get")

FILES = {
    "Chart.yaml": "apiVersion: v2\nname: twin\nversion: 1.2.3\nappVersion: '7'\ndescription: told twice\n",
    "values.yaml": "message: one\nport: 80\nfail: ''\nbroken: false\nnested: {a: 1, list: [x, y]}\nmore: {}\nkinds: []\n",
    "templates/NOTES.txt": "{{ .Release.Name }} says {{ .Values.message }} at {{ .Release.Revision }}\n",
    "templates/a.yaml": """apiVersion: v1
kind: ConfigMap
metadata: {name: "{{ .Release.Name }}-settings", labels: {part: settings}}
data: {message: {{ .Values.message | quote }}, nested: {{ toJson .Values.nested | quote }}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: "{{ .Release.Name }}-only-{{ .Values.message }}"}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: "{{ .Values.named | default (printf "%s-kept" .Release.Name) }}", annotations: {helm.sh/resource-policy: keep}}
---
apiVersion: v1
kind: Service
metadata: {name: "{{ .Release.Name }}"}
spec:
  {{- if .Values.broken }}
  type: Nonsense
  {{- end }}
  selector: {app: x}
  ports: [{port: {{ .Values.port }}, protocol: TCP}]
""",
    "templates/more.yaml": """{{- with .Values.more }}
apiVersion: v1
kind: Service
metadata: {name: "{{ $.Release.Name }}-more"}
spec:
  {{- if .broken }}
  type: Nonsense
  {{- end }}
  selector: {app: x}
  ports: [{port: 81, protocol: TCP}]
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: "{{ $.Release.Name }}-more"}
spec: {defaultBackend: {service: {name: x, port: {number: 80}}}}
{{- end }}
{{- range .Values.kinds }}
---
apiVersion: nowhere.example/v1
kind: {{ . }}
metadata: {name: "{{ $.Release.Name }}-{{ lower . }}"}
{{- end }}
""",
    "templates/hooks.yaml": """{{- range $phase := ternary list (list "pre" "post") (hasKey .Values "bare") }}
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
    "templates/tests.yaml": """{{- if not .Values.bare }}
apiVersion: v1
kind: Pod
metadata: {name: "{{ .Release.Name }}-good", annotations: {helm.sh/hook: test}}
spec: {restartPolicy: Never, containers: [{name: main, image: "busybox:1", command: [sh, -c, "echo well"]}]}
---
apiVersion: v1
kind: Pod
metadata: {name: "{{ .Release.Name }}-bad", annotations: {helm.sh/hook: test, helm.sh/hook-weight: "5"}}
spec: {restartPolicy: Never, containers: [{name: main, image: "busybox:1", command: [sh, -c, "echo ill; exit 1"]}]}
{{- end }}
""",
}
OUTPUTS = ("table", "json", "yaml")
SHOWN = [
    *(f"{verb} -o {output}" for verb in ("list", "history a", "status a") for output in OUTPUTS),
    *(f"get {what} a" for what in ("all", "values", "manifest", "notes", "hooks")),
    *(f"get values a -o {output}" for output in ("json", "yaml")),
    *(f"get metadata a -o {output}" for output in OUTPUTS),
    "get values a --all",
    "get values a --all -o json",
    "get metadata a --revision 1",
    "get values a --revision 1 -o json",
    "get manifest a --revision 1",
    "get all a --revision 9",
    "status a --revision 1",
    "status b",
    "history b",
    "history a --max 1",
]
LISTED = [
    "list -q",
    "list --failed",
    "list --deployed",
    "list --superseded",
    "list --uninstalled",
    "list --uninstalling",
    "list --pending",
    "list -d",
    "list -r",
    "list -m 1",
    "list -m 1 --offset 1",
    "list -f ^b",
    "list -f nothing",
    "list -f nothing -o json",
    "list -l kind=first",
    "list --no-headers",
    "list --time-format 2006",
]
STORIES: dict[str, list[str]] = {
    "what is shown": ["install a CHART", "upgrade a CHART --set message=two,nested.a=5", *SHOWN],
    "what is listed": [
        "install a CHART --labels kind=first",
        "install b CHART --labels kind=second",
        "upgrade b CHART --set broken=true",
        "install c CHART",
        "uninstall c --keep-history",
        *LISTED,
    ],
    "values": [
        "install a CHART --set message=m,nested.list[0]=z --set-string port=81",
        "upgrade a CHART --reuse-values --set-json 'nested={\"b\":2}'",
        "upgrade a CHART --reset-then-reuse-values --set nested.a=null",
        "upgrade a CHART --set-literal message=a,b",
        "upgrade a CHART --reset-values",
        "upgrade a CHART --reuse-values --reset-values",
        "upgrade a CHART --set nested.list[5]=x",
        "upgrade a CHART --set a[0",
        "get values a -o yaml",
    ],
    "labels and descriptions": [
        "install a CHART --labels x=1,y=2 --description 'the first'",
        "upgrade a CHART --labels x=null,z=3 --description second",
        "upgrade a CHART --labels owner=me",
        "rollback a 1",
        "uninstall a --keep-history --description gone",
        "uninstall a --keep-history",
        "uninstall a",
        "uninstall a",
        "uninstall a --ignore-not-found",
    ],
    "upgrade --install": [
        "upgrade a CHART",
        "upgrade --install a CHART",
        "upgrade --install a CHART --set message=two",
        "uninstall a --keep-history",
        "upgrade a CHART",
        "upgrade --install a CHART",
        "install a CHART",
        "install a CHART --replace",
        "upgrade --install b CHART --set broken=true",
        "upgrade --install b CHART",
        "upgrade --install c CHART --set fail=pre-install",
        "upgrade --install c CHART",
    ],
    "history is bounded": [
        "install a CHART",
        *(f"upgrade a CHART --set message=m{number} --history-max 3" for number in range(3)),
        "rollback a 1",
        "rollback a --history-max 2",
        "rollback a 99",
        "history a --max 2 -o json",
    ],
    "many are uninstalled": [
        *(f"install {name} CHART" for name in "abcd"),
        "uninstall a b",
        "uninstall c x d",
        "uninstall d --no-hooks --cascade foreground --wait",
    ],
    "dry runs": [
        "install a CHART --dry-run=client",
        "install a CHART --dry-run=server",
        "install a CHART",
        "upgrade a CHART --set message=two --dry-run=server",
        "upgrade a CHART --set message=two --dry-run=client --hide-secret",
        "rollback a 1 --dry-run",
        "uninstall a --dry-run",
        "install b CHART --dry-run=server --set nested.list[0]=x --hide-secret",
        "upgrade --install b CHART --dry-run=server",
        "upgrade b CHART --dry-run=server",
        "install b CHART --dry-run=client --no-hooks",
        "install b CHART --dry-run=client --set bare=true",
        "upgrade a CHART --dry-run=server --set bare=true",
    ],
    "apply methods": [
        "install a CHART --server-side=false",
        "upgrade a CHART --set port=81",
        "upgrade a CHART --set port=82 --server-side=true",
        "rollback a 1",
        "upgrade a CHART --set port=83 --force-conflicts",
        "upgrade a CHART --set port=84 --force-replace",
        "upgrade a CHART --set port=84 --force-replace --server-side=false",
        "install b CHART --force-replace",
        "install c CHART --force-conflicts --server-side=false",
    ],
    "from one apply method to the other": [
        "install a CHART --server-side=false",
        "upgrade a CHART --set port=81 --server-side=true",
        "rollback a 1",
        "rollback a 2 --server-side=true",
        "rollback a 1 --server-side=false",
        "upgrade a CHART --server-side=auto --force-conflicts",
        "uninstall a --keep-history",
        "rollback a 1",
    ],
    "whose it is": [
        "install a CHART",
        "install b CHART --set message=two",
        "upgrade b CHART --set message=two --dry-run=server",
        "uninstall a",
        "install z CHART --dry-run=server --set-string named=a-kept",
        "install z CHART --dry-run=client --set-string named=a-kept",
        "install z CHART --set-string named=a-kept",
        "install a CHART",
        "install a CHART --take-ownership",
    ],
    "a resource fails": [
        "install a CHART --set broken=true",
        "install a CHART",
        "upgrade a CHART --set message=x,broken=true --cleanup-on-fail",
        "upgrade a CHART --set message=y",
        "upgrade a CHART --set message=z,broken=true --rollback-on-failure",
        "upgrade a CHART --set message=z,broken=true --atomic",
        "install b CHART --set broken=true --rollback-on-failure",
        "status b",
        "rollback a 3",
        "rollback a 2 --cleanup-on-fail",
        "rollback a",
        "uninstall a",
    ],
    "history is kept after a failure": [
        "install a CHART",
        "upgrade a CHART --set message=two,broken=true",
        "uninstall a --keep-history",
        "history a",
        "rollback a 1",
    ],
    "several resources fail": [
        "install a CHART --set broken=true,more.a=1",
        "uninstall a",
        "install a CHART --set more.a=1",
        "upgrade a CHART --set message=two,broken=true,more.broken=true",
        "upgrade a CHART --set message=three",
    ],
    "kinds that nobody serves": [
        "install a CHART --set kinds={Zebra,Ant}",
        "install a CHART",
        "upgrade a CHART --set kinds={Ant}",
        "upgrade a CHART --set kinds={Ant} --dry-run=server",
        "upgrade --install b CHART --set kinds={Zebra,Ant}",
    ],
    "a hook fails": [
        "install a CHART --set fail=pre-install",
        "upgrade a CHART --set fail=pre-upgrade",
        "upgrade a CHART --set fail=post-upgrade,message=two",
        "upgrade a CHART --set fail=pre-delete",
        "uninstall a",
        "status a -o json",
        "upgrade a CHART",
        "rollback a 4",
        "uninstall a --no-hooks",
        "install b CHART --set fail=post-install --rollback-on-failure",
        "install c CHART --set fail=post-delete",
        "uninstall c --keep-history",
        "history c",
    ],
    "tests": [
        "install a CHART",
        "test a --filter name=a-good",
        "test a --filter '!name=a-bad'",
        "test a --filter nonsense",
        "test b",
        "status a",
        "get hooks a",
    ],
    "waiting": [
        "install a CHART --wait --timeout 60s",
        "upgrade a CHART --set message=two --wait=watcher --wait-for-jobs",
        "upgrade a CHART --wait=hookOnly",
        "upgrade a CHART --wait=legacy",
        "upgrade a CHART --wait=nonsense",
        "rollback a 1 --wait",
        "uninstall a --wait",
    ],
    "what does not go": [
        "install A_B CHART",
        "install CHART",
        "install a nowhere/at/all",
        "install a CHART --version nonsense",
        "install a CHART -f nowhere.yaml",
        "upgrade a CHART",
        "rollback a",
        "test a",
        "uninstall a",
        "get values a",
        f"install {'x' * 54} CHART",
    ],
}


@pytest.mark.parametrize("story", STORIES)
def test_command_lines(
    story: str, tools: Tools, chart: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = chart(FILES, "twin")
    monkeypatch.chdir(tmp_path)
    twins = tools.twins()
    different = []
    for line in STORIES[story]:
        words = [str(folder) if word == "CHART" else word for word in shlex.split(line)]
        different += told_by(*twins, words, by=line)
        if words[0] not in SHOWS:
            different += left_by(*twins, by=line)
    assert not different, "\n\n".join(different)


def test_upgrade_install_looks_at_the_newest_revision(tools: Tools, chart: Callable[..., Path]) -> None:
    """helm takes the record whose name sorts last for the newest: of ten revisions the ninth, and refuses."""
    folder = str(chart(FILES, "twin"))
    found = {}
    for name, tool in (("helm", tools.helm), ("steer", tools.steer)):
        namespace = tools.namespace("tenth")
        for words in (["install", "a", folder], *[["upgrade", "a", folder]] * 9, ["uninstall", "a", "--keep-history"]):
            assert tool([*words, "-n", namespace]).code == 0
        done = tool(["upgrade", "--install", "a", folder, "-n", namespace])
        found[name] = done.code, error(done)
    assert found == {"helm": (1, 'UPGRADE FAILED: "a" has no deployed releases'), "steer": (0, "")}
