"""Good and bad cases for each rule of the group pod."""

from __future__ import annotations

import pytest

from .kit import Json, document, job, pod, said

DEADLINE: Json = {"activeDeadlineSeconds": 60}

VOLUME: Json = {"volumes": [{"name": "b", "persistentVolumeClaim": {"claimName": "b"}}]}
MOUNT: Json = {"volumeMounts": [{"name": "b", "mountPath": "/b"}]}
REQUESTS: Json = {"resources": {"requests": {"cpu": "50m"}}}
CONFINED: Json = {"securityContext": {"allowPrivilegeEscalation": False}}
STRONG: Json = {"securityContext": {"capabilities": {"add": ["SYS_ADMIN"]}}}
ADD = "psql -c 'ALTER TABLE agents ADD COLUMN status text'"
INSERT = "psql -c 'INSERT INTO agents VALUES (1)'"
ONCE_MORE: Json = {"backoffLimit": 1}

FIELD = "automountServiceAccountToken"
KUBECTL = "kubectl rollout restart deployment/app"
NO_TOKEN: Json = {FIELD: False}
TOLD: Json = {FIELD: True}
TOKEN = {"name": "token", "projected": {"sources": [{"serviceAccountToken": {"path": "token"}}]}}

BAD: list[tuple[str, list[Json], str]] = [
    ("hook-deadline", [job()], "at spec: no activeDeadlineSeconds"),
    ("hook-deadline", [pod()], "no activeDeadlineSeconds"),
    (
        "hook-deadline",
        [job(spec={"activeDeadlineSeconds": 600})],
        "at spec.activeDeadlineSeconds: the deadline of 600 s",
    ),
    ("hook-retries", [job(spec={"backoffLimit": None})], "no backoffLimit"),
    ("hook-retries", [job(restartPolicy="OnFailure")], "restarts the container in place"),
    ("mutable-image-tag", [job(container={"image": "busybox"})], "no tag"),
    ("mutable-image-tag", [job(container={"image": "localhost:5000/busybox"})], "no tag"),
    ("mutable-image-tag", [pod(container={"image": "ghcr.io/x/y:latest"})], "'latest' moves"),
    ("unlikely-image", [job(container={"image": "curl:latest"})], "no official image 'curl'"),
    ("hook-resources", [job()], "no resource requests"),
    ("hook-privileges", [job(hostNetwork=True)], "hostNetwork"),
    ("hook-privileges", [job(container={"securityContext": {"privileged": True}})], "is privileged"),
    ("hook-privileges", [job(container=STRONG)], "adds SYS_ADMIN"),
    ("hook-privileges", [job(volumes=[{"name": "h", "hostPath": {"path": "/"}}])], "hostPath"),
    ("hook-security-context", [job()], "may run as root"),
    ("unused-service-account-token", [job()], "nothing in it uses"),
    ("hook-repeats-unsafe-work", [job(spec=ONCE_MORE, script=ADD)], "'ADD COLUMN status'"),
    ("hook-repeats-unsafe-work", [job(spec={"backoffLimit": None}, script=INSERT)], "'INSERT INTO agents VALUES'"),
    ("hook-repeats-unsafe-work", [job(restartPolicy="OnFailure", script=ADD)], "OnFailure repeats it"),
    ("service-account-token-missing", [job(script=KUBECTL, **NO_TOKEN)], "`kubectl` asks Kubernetes"),
    (
        "service-account-token-missing",
        [document("ServiceAccount", "mute", **NO_TOKEN), job(script=KUBECTL, serviceAccountName="mute")],
        "the Pod is given no token",
    ),
    ("unmounted-volume", [job(**VOLUME)], "no container mounts the claim 'b'"),
    ("unmounted-volume", [job(container=MOUNT)], "the Pod has no volume of that name"),
]

GOOD: list[tuple[str, list[Json]]] = [
    ("service-account-token-missing", [job(script=KUBECTL)]),
    ("service-account-token-missing", [job(script="psql -c 'SELECT 1'", **NO_TOKEN)]),
    ("service-account-token-missing", [job(script="kubectl version --client; helm template .", **NO_TOKEN)]),
    ("service-account-token-missing", [job(script=f"export KUBECONFIG=/k\n{KUBECTL}", **NO_TOKEN)]),
    ("service-account-token-missing", [job(script=KUBECTL, volumes=[TOKEN], **NO_TOKEN)]),
    (
        "service-account-token-missing",
        [
            document("ServiceAccount", "mute", **NO_TOKEN),
            job(script=KUBECTL, serviceAccountName="mute", **TOLD),
        ],
    ),
    ("hook-resources", [job(container=REQUESTS), job(name="b", resources=REQUESTS["resources"])]),
    ("hook-privileges", [job(container=CONFINED, hostNetwork=False)]),
    ("hook-security-context", [job(container=CONFINED), pod(securityContext={"runAsNonRoot": True})]),
    ("unused-service-account-token", [job(automountServiceAccountToken=False), job(serviceAccountName="migrator")]),
    ("unused-service-account-token", [job(script="kubectl get pods"), job(name="b", container={"command": None})]),
    ("hook-repeats-unsafe-work", [job(script=ADD)]),
    ("hook-repeats-unsafe-work", [job(spec=ONCE_MORE, script=ADD.replace("COLUMN", "COLUMN IF NOT EXISTS"))]),
    ("hook-repeats-unsafe-work", [job(spec=ONCE_MORE, script=INSERT.replace("(1)", "(1) ON CONFLICT DO NOTHING"))]),
    ("hook-repeats-unsafe-work", [job(spec=ONCE_MORE, script=f"psql <<E\nBEGIN;\n{ADD}\nCOMMIT;\nE")]),
    ("unmounted-volume", [job(container=MOUNT, **VOLUME), job(name="b")]),
    ("unmounted-volume", [job(volumes=[{"name": "s", "secret": {"secretName": "s"}}])]),
    ("hook-deadline", [job(spec=DEADLINE), pod(**DEADLINE), job(name="b", **DEADLINE)]),
    ("hook-deadline", [document("Secret", "s", "pre-install")]),
    ("hook-retries", [job()]),
    ("mutable-image-tag", [job(container={"image": "busybox:1.37"}), pod(container={"image": "x@sha256:0f"})]),
    ("mutable-image-tag", [document("Deployment", "d", "", "apps/v1", spec=job(container={"image": "x"})["spec"])]),
    (
        "unlikely-image",
        [job(container={"image": "curlimages/curl:8.11.1"}), pod(container={"image": "ghcr.io/me/curl:1"})],
    ),
]


@pytest.mark.parametrize(("rule", "objects", "message"), BAD, ids=[f"{rule}-{message}" for rule, _, message in BAD])
def test_flaw_is_found(rule: str, objects: list[Json], message: str) -> None:
    findings = said(rule, *objects)
    assert len(findings) == 1
    assert message in findings[0]


@pytest.mark.parametrize(("rule", "objects"), GOOD)
def test_what_is_right_is_left_alone(rule: str, objects: list[Json]) -> None:
    assert said(rule, *objects) == []


def test_longer_timeout_allows_longer_deadline() -> None:
    assert said("hook-deadline", job(spec={"activeDeadlineSeconds": 600}), timeout=900) == []
