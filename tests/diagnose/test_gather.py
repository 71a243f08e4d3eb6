"""What is read of a cluster, and what is done without."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
from tests.diagnose.failing_hooks import FailingHook, named, shell

from steersman.client import AsyncClient
from steersman.diagnose.causes import stuck_finalizer
from steersman.diagnose.diagnosis import Confidence
from steersman.diagnose.facts import ConditionFacts, Facts, HookFacts, ReferenceFacts, ServiceFacts
from steersman.diagnose.failure import diagnose_failure
from steersman.diagnose.gather import gather
from steersman.diagnose.pod_references import references
from steersman.diagnose.ranking import diagnose
from steersman.errors import Forbidden, ReleaseFailed
from steersman.kube.interface import Kubernetes
from steersman.lifecycle.runs import HookRun
from steersman.manifest import yaml
from steersman.manifest.hooks import Hook, HookEvent
from steersman.release.record import Release

CHART = Path(__file__).parent / "chart"


@pytest.mark.embedded
async def test_a_deleted_job_is_diagnosed_from_the_history_and_secrets_stay_secret(embedded_kubeconfig: str) -> None:
    variable = {"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "app", "key": "token"}}}
    script = shell('echo "using $TOKEN"; psql -h nowhere -c "select 1"')
    hook = FailingHook("name-not-resolved", {**script, "env": [variable]}).values()
    annotations = hook["objects"][0]["metadata"]["annotations"]
    annotations["helm.sh/hook-delete-policy"] = "before-hook-creation,hook-failed"
    async with AsyncClient(kubeconfig=embedded_kubeconfig, namespace="gather") as client:
        await client.kube.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "gather"}})
        secret = named("Secret", "app", stringData={"token": "s3cr3t-t0ken"})
        secret["metadata"]["namespace"] = "gather"
        await client.kube.create(secret)
        with pytest.raises(ReleaseFailed):
            await (await client.install("app", CHART, hook)).result()
        found = await diagnose_failure(client.kube, await client.get("app", 1))
    assert found is not None
    assert (found.cause, found.confidence) == ("name-not-resolved", Confidence.HIGH)
    assert "Job migrate: not there any more" in found.not_seen
    assert "the log that the history kept" in found.looked_at
    assert "s3cr3t" not in json.dumps(found.to_data())


@pytest.mark.embedded
async def test_a_hook_whose_old_job_does_not_go_away(embedded_kubeconfig: str) -> None:
    hook = FailingHook("stuck-finalizer", shell("true"), timeout="3s").values()
    old = {
        **hook["objects"][0],
        "metadata": {"name": "migrate", "namespace": "stuck", "finalizers": ["example.com/keep"]},
    }
    async with AsyncClient(kubeconfig=embedded_kubeconfig, namespace="stuck") as client:
        await client.kube.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "stuck"}})
        await client.kube.create(old)
        with pytest.raises(ReleaseFailed):
            await (await client.install("app", CHART, hook)).result()
        found = await diagnose_failure(client.kube, await client.get("app", 1))
    assert found is not None
    assert found.cause == "stuck-finalizer"
    assert "example.com/keep" in found.problem


def test_what_a_pod_names() -> None:
    spec = {
        "serviceAccountName": "migrator",
        "volumes": [{"name": "v", "secret": {"secretName": "files", "items": [{"key": "tls.crt"}]}}],
        "containers": [{"name": "main", "envFrom": [{"configMapRef": {"name": "settings", "optional": True}}]}],
    }
    assert references(spec) == [
        ReferenceFacts("ServiceAccount", "migrator", where="serviceAccountName"),
        ReferenceFacts("Secret", "files", where="volume v"),
        ReferenceFacts("Secret", "files", "tls.crt", where="volume v"),
        ReferenceFacts("ConfigMap", "settings", optional=True, where="envFrom of container main"),
    ]


# What components of a real Kubernetes say of these; they cannot be brought about on every machine.
SAID = {
    "admission-refused": 'pods "m-x" is forbidden: violates PodSecurity "restricted:latest": allowPrivilegeEscalation != false',
    "quota": 'pods "m-x" is forbidden: exceeded quota: small, requested: pods=1, used: pods=5, limited: pods=5',
    "claim-unbound": "0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims.",
    "claim-missing": '0/1 nodes are available: persistentvolumeclaim "data" not found.',
    "unschedulable": "0/3 nodes are available: 3 Insufficient memory.",
    "service-account-missing": 'pods "m-" is forbidden: error looking up service account apps/m: serviceaccount "m" not found',
    "command-not-found": 'failed to create containerd task: exec: "flyway": executable file not found in $PATH: unknown',
    "permission-denied": 'failed to create containerd task: exec: "/run.sh": permission denied: unknown',
    "image-pull": 'Back-off pulling image "x:1": ImagePullBackOff',
}


@pytest.mark.parametrize("cause", SAID)
def test_what_kubernetes_says(cause: str) -> None:
    condition = ConditionFacts("Pod/m-x", "PodScheduled", "False", "", SAID[cause])
    found = diagnose(Facts(release="r", namespace="apps", hook=HookFacts("m"), conditions=(condition,)))
    assert (found.cause, found.confidence, found.alternatives) == (cause, Confidence.HIGH, ())


def test_a_service_without_ready_pods_and_one_without_that_port() -> None:
    line = 'connection to server at "db" (10.0.0.9), port 5432 failed: Connection refused'
    for service, words in (
        (ServiceFacts("db", "apps", (5432,), 0), "no ready Pod stands behind it"),
        (ServiceFacts("db", "apps", (6432,), 1), "has no port 5432, only 6432"),
    ):
        facts = Facts(release="r", namespace="apps", hook=HookFacts("m"), logs=(line,), services=(service,))
        assert words in diagnose(facts).explanation


def test_a_finalizer_alone_is_nothing() -> None:
    assert stuck_finalizer.find(Facts(release="r", namespace="apps", hook=HookFacts("m"), finalizers=("a/b",))) is None


class Refusing:
    """A cluster that permits nothing."""

    def __getattr__(self, name: str) -> Any:
        async def refuse(*_: object, **__: object) -> None:
            raise Forbidden("forbidden", code=403)

        return refuse


async def test_where_nothing_may_be_seen_the_history_still_tells() -> None:
    url = "postgresql://app:hunter22@postgres/app"
    manifest = yaml.dump(
        FailingHook(None, shell("migrate", DATABASE_URL=url, PGPASSWORD="hunter22")).values()["objects"][0]
    )
    hook = Hook("migrate", "Job", "chart/templates/job.yaml", manifest, [HookEvent.PRE_UPGRADE])
    values = {"databaseUrl": url, "password": "hunter22"}
    release = Release("app", "apps", 2, config=values, hooks=[hook])
    run = HookRun("pre-upgrade", "migrate", "Job", 2, 1, "2026-01-01T00:00:00Z", result="Failed", exit_code=127)
    run = replace(run, log_tail=(f"connecting to {url}", "sh: 1: migrate: not found"))
    facts = await gather(cast(Kubernetes, Refusing()), release, hook, run)
    found = diagnose(facts)
    assert (found.cause, found.confidence) == ("command-not-found", Confidence.HIGH)
    assert "its Pods: not permitted" in found.not_seen
    assert "hunter22" not in json.dumps(facts.to_data()) + json.dumps(found.to_data())
