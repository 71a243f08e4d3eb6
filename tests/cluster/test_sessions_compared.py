"""The same sessions of kubectl and helm on the embedded cluster and on a real API server, and what they print, compared.

The real one (1.20, `STEERSMAN_TEST_KUBECONFIG`) may have no node, so only the last session needs a Pod that runs.
"""

from __future__ import annotations

import asyncio
import re
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from steersman.cluster.local import local_cluster

from .api.conftest import Tool

pytestmark = [pytest.mark.kube, pytest.mark.oracle, pytest.mark.asyncio(loop_scope="module")]

MANIFEST = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: web}}
spec:
  replicas: 0
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers: [{name: c, image: "nginx:1", ports: [{containerPort: 80, protocol: TCP}]}]  # 1.20 applies no port without
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {clusterIP: None, selector: {app: web}, ports: [{port: 80, protocol: TCP}]}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {size: small}
---
apiVersion: batch/v1
kind: Job
metadata: {name: later}
spec:
  parallelism: 0
  template: {spec: {restartPolicy: Never, containers: [{name: c, image: busybox}]}}
"""
CHANGED = MANIFEST.replace("size: small", "size: large").replace("nginx:1", "nginx:2")

# (command, what is given on stdin)
KUBECTL: list[tuple[str, str]] = [
    ("apply -f -", MANIFEST),
    ("apply -f -", MANIFEST),
    ("diff -f -", MANIFEST),
    ("apply -f -", CHANGED),
    ("rollout status deploy/web --timeout=30s", ""),
    ("rollout history deploy/web", ""),
    ("rollout undo deploy/web", ""),
    ("rollout status deploy/web --timeout=30s", ""),  # only then has the controller counted the revision
    ("rollout history deploy/web --revision=3", ""),
    ("rollout restart deploy/web", ""),
    ("get deploy,svc -o wide", ""),
    ("get deploy web -o jsonpath={.spec.template.spec.containers[0].image}", ""),
    ("get cm settings -o yaml", ""),
    ("describe cm settings", ""),
    ("get deploy web -o name", ""),
    ("get cm none", ""),
    ("get pods", ""),
    ("scale deploy/web --replicas=0 --current-replicas=3", ""),
    ("scale deploy/web --replicas=0", ""),
    ("set image deploy/web c=nginx:3", ""),
    ("set env deploy/web A=b", ""),
    ("set resources deploy/web --limits=cpu=1", ""),
    ("label deploy/web tier=front", ""),
    ("label deploy/web tier=back", ""),
    ("annotate cm/settings note=x", ""),
    ("patch cm settings -p {\"data\":{\"size\":\"huge\"}}", ""),
    ("patch deploy web --type=json -p [{\"op\":\"remove\",\"path\":\"/spec/nothing\"}]", ""),
    ("create job now --from=cronjob/none", ""),
    ("create configmap settings --from-literal=a=b", ""),
    ("create namespace Bad_Name", ""),
    ("wait --for=condition=Available deploy/web --timeout=30s", ""),
    ("wait --for=jsonpath={.data.size}=huge cm/settings --timeout=30s", ""),
    ("wait --for=condition=Complete job/later --timeout=1s", ""),
    ("auth can-i create jobs", ""),
    ("delete job later --wait=true", ""),
    ("delete deploy web --dry-run=server", ""),
    ("delete -f -", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\n"),
    ("delete deploy,svc --all", ""),
    ("get deploy,svc", ""),
]  # fmt: skip

TALKER = """
apiVersion: batch/v1
kind: Job
metadata: {name: talk}
spec:
  backoffLimit: 0
  template:
    spec:
      restartPolicy: Never
      containers:
      - {name: c, image: busybox, imagePullPolicy: IfNotPresent, command: [sh, -c, "echo one; echo two; exit 0"]}
"""
PODS: list[tuple[str, str]] = [
    ("apply -f -", TALKER),
    ("wait --for=condition=Complete job/talk --timeout=60s", ""),
    ("logs -f job/talk", ""),
    ("logs job/talk --tail=1", ""),
    ("logs job/talk -c nobody", ""),
    ("apply -f -", TALKER.replace("name: talk", "name: fall").replace("exit 0", "exit 3")),
    ("wait --for=condition=Failed job/fall --timeout=60s", ""),
    ("logs job/fall", ""),
    ("get job fall -o jsonpath={.status.conditions[-1:].reason}", ""),
    ("get pods -l job-name=fall -o jsonpath={.items[*].status.containerStatuses[*].state.terminated.exitCode}", ""),
    ("delete job talk fall --wait=true", ""),
    ("get jobs", ""),
]

CHART = {
    "Chart.yaml": "apiVersion: v2\nname: demo\nversion: 0.1.0\nappVersion: '1'\n",
    "values.yaml": "size: small\n",
    "templates/NOTES.txt": "Release {{ .Release.Name }} revision {{ .Release.Revision }}\n",
    # Without the Job, whose table has a column more since 1.29.
    "templates/all.yaml": MANIFEST.replace("size: small", "size: {{ .Values.size }}").rpartition("---")[0],
    "templates/hook.yaml": """
apiVersion: v1
kind: ConfigMap
metadata:
  name: "{{ .Release.Name }}-hook"
  annotations: {helm.sh/hook: "pre-install,post-upgrade,pre-rollback,post-delete,test", helm.sh/hook-weight: "-5"}
data: {revision: "{{ .Release.Revision }}"}
""",
}
HELM = """
install demo CHART
install demo CHART
status demo
get all demo
get hooks demo
upgrade demo CHART --set size=large
get values demo
history demo
rollback demo 1
history demo
list
test demo
upgrade demo CHART --set size=huge
get manifest demo
uninstall demo --keep-history
list --uninstalled
history demo
uninstall demo
list -a
status demo
""".strip().splitlines()

_VARIES = (
    (re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"), "UID"),
    (re.compile(r"\b(\d+(\.\d+)?[smhdy])+\b"), "AGE"),
    (re.compile(r"\d{4}-\d\d-\d\d[T ][\d:.]+( ?[+-]\d{4})?( UTC)?Z?"), "TIME"),
    (re.compile(r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun) \w{3} [ \d]\d [\d:]{8} \d{4}"), "TIME"),
    (re.compile(r'resourceVersion: "\d+"'), "resourceVersion"),
    # A template's hash, which only Go can compute; labels that Jobs have had since 1.27.
    (re.compile(r"pod-template-hash=\w+"), "pod-template-hash=HASH"),
    (re.compile(r"(batch\.kubernetes\.io/)?controller-uid=UID"), "controller-uid=UID"),
    (re.compile(r"\b(talk|fall)-\w{5}\b"), "POD"),
    (re.compile(r"/\S*/demo\b"), "CHART"),
    (re.compile(r"[\d.:]+:\d{4,5}\b"), "ADDRESS"),
)
# What is printed or not as the server's speed has it, and the names of temporary files.
_KLOG = re.compile(r"[IWE]\d{4} [\d:.]+ ")  # what kubectl's libraries log, as their luck has it
_PASSING = ("Warning: unrecognized", "Waiting for deployment", "diff -u", "--- ", "+++ ")


class Places:
    """Both clusters, a namespace of the same name in each."""

    def __init__(self, ours: Path, theirs: Path, namespace: str, home: Path, tools: Path) -> None:
        self.namespace, self._home, self._tools = namespace, home, tools
        self._configs = {"ours": ours, "theirs": theirs}

    async def both(self, program: str, arguments: list[str], stdin: str = "") -> tuple[str, str]:
        """What each printed, with its exit code; and all that varies made the same."""

        async def one(place: str) -> str:
            home = self._home / place
            home.mkdir(exist_ok=True)
            tool = Tool(self._tools / program, self._configs[place], home)
            code, output = await tool.run("--namespace", self.namespace, *arguments, stdin=stdin)
            return f"exit {code}\n{same(output)}"

        first, second = await asyncio.gather(one("ours"), one("theirs"))
        return first, second


def same(text: str) -> str:
    """Without what differs between runs and versions; tables are as wide as what varies in them.

    `helm status` prints the kinds of a release in another order every time: here they are sorted.
    """
    head, word, rest = text.partition("RESOURCES:\n")
    if word:
        tables, suite, end = rest.partition("TEST SUITE:")
        blocks = sorted(block.strip() for block in tables.split("==>"))
        text = "\n".join((head + word, *blocks, suite + end))
    lines = []
    for line in text.splitlines():
        if _KLOG.match(line):
            continue
        for pattern, word in _VARIES:
            line = pattern.sub(word, line)
        line = " ".join(line.split())
        if not line.startswith(_PASSING):
            lines.append(line)
    return "\n".join(lines)


@pytest_asyncio.fixture(loop_scope="module")
async def places(tmp_path: Path, oracle: Path, real_kubeconfig: str) -> AsyncIterator[Places]:
    async with local_cluster() as cluster:
        found = Places(cluster.kubeconfig, Path(real_kubeconfig), f"s-{uuid.uuid4().hex[:8]}", tmp_path, oracle)
        await found.both("kubectl", ["create", "namespace", found.namespace])
        yield found
        await found.both("kubectl", ["delete", "namespace", found.namespace, "--wait=false"])


async def test_kubectl_prints_the_same(places: Places) -> None:
    await session(places, KUBECTL)


async def test_what_pods_print_is_the_same(places: Places) -> None:
    _, nodes = await places.both("kubectl", ["get", "nodes", "-o", "name"])
    if "node/" not in nodes:
        pytest.skip("the real Kubernetes has no node")
    await session(places, PODS)


async def session(places: Places, commands: list[tuple[str, str]]) -> None:
    failed = []
    for command, stdin in commands:
        ours, theirs = await places.both("kubectl", command.split(" "), stdin)
        if ours != theirs:
            failed.append(f"kubectl {command}\n--- ours\n{ours}\n--- theirs\n{theirs}")
    if failed:
        pytest.fail("\n".join(failed), pytrace=False)


async def test_helm_prints_the_same(places: Places, tmp_path: Path) -> None:
    for name, text in CHART.items():
        path = tmp_path / "demo" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    failed = []
    for command in HELM:
        arguments = [str(tmp_path / "demo") if word == "CHART" else word for word in command.split(" ")]
        ours, theirs = await places.both("helm", arguments)
        if ours != theirs:
            failed.append(f"helm {command}\n--- ours\n{ours}\n--- theirs\n{theirs}")
    if failed:
        pytest.fail("\n".join(failed), pytrace=False)
