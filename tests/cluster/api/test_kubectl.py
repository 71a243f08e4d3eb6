"""Sessions of the real kubectl, without any special option."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import pytest

from steersman.cluster.local import LocalCluster
from steersman.cluster.machinery import WriteOptions

from .conftest import Tool
from .recorded import NAMESPACE, recording

pytestmark = pytest.mark.oracle

Json = dict[str, Any]

DEPLOYMENT = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - {name: c, image: "nginx:1", ports: [{containerPort: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80}]}
"""

RECORDED_AT = 66.0  # seconds after the recording began; soon after, the Deployment was patched
# A duration, and the blanks that make up for its width.
_AGE = re.compile(r"\b(\d+[smhdy]){1,2}\b")

KINDS = {
    "jobs": "jobs.batch",
    "pods": "pods",
    "events": "events",
    "deployments": "deployments.apps",
    "replicasets": "replicasets.apps",
}
# Left out: what needs objects that are not recorded.
RECORDED = [
    "kubectl get jobs",
    "kubectl get jobs -o wide",
    "kubectl get pods",
    "kubectl get pods -o wide",
    "kubectl get deploy,rs",
    "kubectl describe job ok",
    "kubectl describe job fails",
    "kubectl describe job backoff",
    "kubectl describe job on-failure",
    "kubectl describe pod -l job-name=no-secret",
    "kubectl describe pod -l job-name=no-configmap-volume",
    "kubectl describe pod -l job-name=no-claim",
    "kubectl get events --sort-by=.metadata.creationTimestamp",
    "kubectl describe job deadline",
    "kubectl describe pod -l job-name=fails",
    "kubectl describe pod -l job-name=no-command",
    "kubectl describe pod -l job-name=oom",
    "kubectl describe pod -l job-name=init",
    "kubectl describe pod -l job-name=no-image",
    "kubectl describe deploy web",
    "kubectl rollout status deploy/web",
    "kubectl explain job.spec.backoffLimit",
    "kubectl wait --for=condition=complete job/ok",
    "kubectl get all",
]


def plain(text: str) -> Counter[str]:
    """The lines of a text without ages; tables are as wide as their ages make them."""
    lines = (" ".join(_AGE.sub("AGE", line).split()) for line in text.splitlines())
    return Counter(line for line in lines if line and not set(line) <= {"-", " "})


def last_states(watched: list[Json]) -> dict[str, Json]:
    """What the objects were like when the texts were recorded, by uid."""
    found: dict[str, Json] = {}
    for event in watched:
        obj = event["object"]
        if event["t"] < RECORDED_AT and event["type"] != "BOOKMARK" and not obj["metadata"].get("deletionTimestamp"):
            found[obj["metadata"]["uid"]] = obj
    return found


async def test_text_is_as_recorded(cluster: LocalCluster, kubectl_here: Tool) -> None:
    """The objects of a real cluster, stored as they are, look the same through kubectl."""
    objects = cluster.objects
    objects.create("namespaces", {"metadata": {"name": NAMESPACE}})
    final = {
        item["metadata"]["uid"]
        for name in ("jobs", "pods")
        for item in recording(f"{name}-final.json")["response"]["items"]
    }
    for kind, watched in recording("watches.json.gz").items():
        resource = objects.registry.named(KINDS[kind])
        for uid, obj in last_states(watched).items():
            if kind not in ("jobs", "pods") or uid in final:
                objects._commit(resource, obj, None, WriteOptions())
    await kubectl_here("config", "set-context", "--current", f"--namespace={NAMESPACE}")
    texts = recording("kubectl-1.37-text.json")
    failed = []
    for command in RECORDED:
        found = await kubectl_here(*command.split()[1:])
        if plain(found) != plain(texts[command]):
            missing, extra = plain(texts[command]) - plain(found), plain(found) - plain(texts[command])
            failed.append(f"{command}\n  missing: {sorted(missing)}\n  extra: {sorted(extra)}")
    if failed:
        pytest.fail("\n".join(failed), pytrace=False)


async def test_a_session_of_apply_and_its_relatives(cluster: LocalCluster, kubectl_here: Tool) -> None:
    kubectl = kubectl_here
    assert "created" in await kubectl("apply", "-f", "-", stdin=DEPLOYMENT)
    assert "unchanged" in await kubectl("apply", "-f", "-", stdin=DEPLOYMENT)
    changed = DEPLOYMENT.replace("replicas: 2", "replicas: 3")
    code, difference = await kubectl.run("diff", "-f", "-", stdin=changed)
    assert code == 1
    assert "-  replicas: 2" in difference
    assert "+  replicas: 3" in difference
    assert "deployment.apps/web configured" in await kubectl("apply", "-f", "-", stdin=changed)
    assert (await kubectl.run("diff", "-f", "-", stdin=changed)) == (0, "")
    await kubectl("apply", "--server-side", "-f", "-", stdin=changed)
    code, conflict = await kubectl.run(
        "apply", "--server-side", "--field-manager=other", "-f", "-", stdin=DEPLOYMENT.replace("nginx:1", "nginx:2")
    )
    assert code == 1
    assert 'conflicts with "kubectl"' in conflict
    await kubectl("scale", "deploy/web", "--replicas=1")
    await kubectl("set", "image", "deploy/web", "c=nginx:3")
    await kubectl("label", "deploy/web", "tier=front")
    await kubectl("annotate", "deploy/web", "note=x")
    await kubectl("patch", "deploy/web", "--type=json", "-p", '[{"op":"add","path":"/spec/paused","value":true}]')
    found = cluster.objects.get("deployments.apps", "web", "default")
    container = found["spec"]["template"]["spec"]["containers"][0]
    assert (found["spec"]["replicas"], container["image"], found["spec"]["paused"]) == (1, "nginx:3", True)
    assert (found["metadata"]["labels"], found["metadata"]["annotations"]["note"]) == ({"tier": "front"}, "x")
    assert container["ports"] == [{"containerPort": 80, "protocol": "TCP"}]
    shown = await kubectl("get", "deploy", "-l", "tier=front", "-o", "wide")
    assert shown.split()[:8] == ["NAME", "READY", "UP-TO-DATE", "AVAILABLE", "AGE", "CONTAINERS", "IMAGES", "SELECTOR"]
    assert "web" in await kubectl("get", "deploy", "web", "-o", "jsonpath={.metadata.name}")
    assert "deleted" in await kubectl("delete", "-f", "-", "--wait", stdin=DEPLOYMENT)
    assert "No resources found" in await kubectl("get", "deploy")


async def test_what_kubectl_creates_itself(cluster: LocalCluster, kubectl_here: Tool) -> None:
    """These bodies come as protobuf."""
    kubectl = kubectl_here
    await kubectl("create", "namespace", "other")
    await kubectl("create", "configmap", "c", "--from-literal=a=b", "-n", "other")
    await kubectl("create", "secret", "generic", "s", "--from-literal=a=b")
    await kubectl("create", "deployment", "d", "--image=nginx", "--replicas=0", "--port=80")
    await kubectl("create", "job", "j", "--image=busybox", "--", "true")
    await kubectl("create", "cronjob", "k", "--image=busybox", "--schedule=* * * * *", "--", "true")
    await kubectl("create", "role", "r", "--verb=get", "--resource=pods")
    await kubectl("create", "quota", "q", "--hard=pods=1")
    await kubectl("run", "p", "--image=busybox", "--restart=Never", "--env=A=b")
    await kubectl("expose", "deployment", "d", "--port=80")
    objects = cluster.objects
    assert objects.get("configmaps", "c", "other")["data"] == {"a": "b"}
    assert objects.get("secrets", "s", "default")["data"] == {"a": "Yg=="}
    assert objects.get("deployments.apps", "d", "default")["spec"]["replicas"] == 0
    job = objects.get("jobs.batch", "j", "default")["spec"]["template"]["spec"]
    assert job["containers"][0]["command"] == ["true"]
    assert objects.get("resourcequotas", "q", "default")["spec"]["hard"] == {"pods": "1"}
    assert objects.get("pods", "p", "default")["spec"]["containers"][0]["env"] == [{"name": "A", "value": "b"}]
    assert objects.get("services", "d", "default")["spec"]["ports"][0]["targetPort"] == 80
    assert (await kubectl("get", "cronjob", "k")).split()[8:13] == ["k", "*", "*", "*", "*"]
    # Deletion options come as protobuf too.
    await kubectl("delete", "pod", "p", "--grace-period=0", "--force")
    await kubectl("delete", "jobs,deployments,services", "--all")
    assert objects.list("jobs.batch") == []


@pytest.mark.parametrize(
    ("manifest", "says"),
    [
        ("kind: ConfigMap\nmetadata: {name: a}\ndata: {a: 1}", "cannot unmarshal number into Go struct field"),
        ("kind: ConfigMap\nmetadata: {name: a}\nunknown: {}", 'strict decoding error: unknown field "unknown"'),
        ("kind: Service\nmetadata: {name: a}\nspec: {}", "spec.ports: Required value"),
        ("kind: Pod\nmetadata: {name: A}\nspec: {containers: [{name: c, image: i}]}", "a lowercase RFC 1123 subdomain"),
    ],
)
async def test_mistakes_are_explained(kubectl_here: Tool, manifest: str, says: str) -> None:
    code, output = await kubectl_here.run("create", "-f", "-", stdin=f"apiVersion: v1\n{manifest}\n")
    assert code == 1
    assert says in output
