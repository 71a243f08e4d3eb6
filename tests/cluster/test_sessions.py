"""Sessions of the real kubectl and helm on a cluster that runs Pods: what a person types, and what they read."""

from __future__ import annotations

import asyncio
import json
import os
import shlex
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from steersman.cluster.local import local_cluster

pytestmark = [pytest.mark.embedded, pytest.mark.oracle, pytest.mark.asyncio(loop_scope="module")]

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "task-api"


class Session:
    """Runs commands with the cluster's kubeconfig."""

    def __init__(self, kubeconfig: Path, tools: Path, folder: Path) -> None:
        homes = {name: str(folder / name) for name in ("HELM_CACHE_HOME", "HELM_CONFIG_HOME", "HELM_DATA_HOME", "HOME")}
        self._environment = {
            **os.environ,
            **homes,
            "KUBECONFIG": str(kubeconfig),
            "PATH": f"{tools}:{os.environ['PATH']}",
        }

    async def run(self, command: str, given: str = "") -> str:
        """The command's output; fails the test when the command does."""
        process = await asyncio.create_subprocess_shell(
            command, env=self._environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        out, _ = await asyncio.wait_for(process.communicate(given.encode()), 120)
        assert process.returncode == 0, f"{command}\n{out.decode()}"
        return out.decode()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def session(oracle: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Session]:
    # Pods with a kubectl image get the first one that is found.
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", f"{os.environ['PATH']}:{oracle}")
        async for each in _session(oracle, tmp_path_factory.mktemp("helm")):
            yield each


async def _session(oracle: Path, folder: Path) -> AsyncIterator[Session]:
    async with local_cluster() as made:
        node = made.objects.get("nodes", "steersman")
        if node["spec"].get("taints"):
            pytest.skip("no sandbox on this machine")
        yield Session(made.kubeconfig, oracle, folder)


async def test_a_job_from_creation_to_its_log(session: Session) -> None:
    await session.run("kubectl create job hello --image=busybox:1.37 -- sh -c 'echo hello; date'")
    await session.run("kubectl wait --for=condition=complete job/hello --timeout=60s")
    assert (await session.run("kubectl logs job/hello")).startswith("hello\n")
    described = await session.run("kubectl describe job hello")
    assert "1 Succeeded / 0 Failed" in described
    assert "SuccessfulCreate" in described
    assert "Job completed" in described
    assert "Complete   1/1" in await session.run("kubectl get jobs hello -o wide")


async def test_a_job_that_fails_says_why(session: Session) -> None:
    manifest = """
apiVersion: batch/v1
kind: Job
metadata: {name: boom}
spec:
  backoffLimit: 0
  template:
    spec:
      restartPolicy: Never
      containers: [{name: main, image: busybox, command: [sh, -c, "echo boom; exit 3"]}]
"""
    await session.run("kubectl apply -f -", manifest)
    await session.run("kubectl wait --for=condition=failed job/boom --timeout=60s")
    assert await session.run("kubectl logs job/boom") == "boom\n"
    assert "BackoffLimitExceeded" in await session.run("kubectl describe job boom")
    described = await session.run("kubectl describe pod -l job-name=boom")
    assert "Exit Code:    3" in described
    assert "Container started" in described
    events = await session.run("kubectl get events --sort-by=.metadata.creationTimestamp")
    assert "Job has reached the specified backoff limit" in events


async def test_a_pod_reaches_the_api_with_its_account(session: Session) -> None:
    await session.run("kubectl create rolebinding api --clusterrole=view --serviceaccount=default:default")
    script = (
        "d=/var/run/secrets/kubernetes.io/serviceaccount;"
        'curl -fsS --cacert $d/ca.crt -H "Authorization: Bearer $(cat $d/token)" https://kubernetes.default.svc/api/v1/namespaces/default'
    )
    await session.run(f"kubectl create job api --image=curlimages/curl:8 -- sh -c '{script}'")
    await session.run("kubectl wait --for=condition=complete job/api --timeout=60s")
    assert '"name":"default"' in (await session.run("kubectl logs job/api")).replace(" ", "")


@pytest.mark.parametrize("image", ["bitnami/kubectl:1.33", "registry.k8s.io/kubectl:v1.33.0", "alpine/k8s:1.33.0"])
async def test_kubectl_in_a_pod_may_what_its_role_allows(session: Session, image: str) -> None:
    name = image.replace("/", "-").replace(":", "-").replace(".", "-")
    script = "kubectl get configmap kube-root-ca.crt -o name && kubectl create configmap $(hostname) --from-literal=a=b"
    account = json.dumps({"spec": {"serviceAccountName": name}})
    options = ["--image", image, "--restart=Never", "--overrides", account, "--command"]
    run = shlex.join(["kubectl", "run", name, *options, "--", "sh", "-c", script])
    await session.run(f"kubectl create serviceaccount {name}")
    await session.run(run)
    await session.run(f"kubectl wait --for=jsonpath={{.status.phase}}=Failed pod/{name} --timeout=60s")
    refused = (
        f'configmaps "kube-root-ca.crt" is forbidden: User "system:serviceaccount:default:{name}" cannot get resource'
    )
    assert refused in await session.run(f"kubectl logs {name}")
    await session.run(f"kubectl delete pod {name}")
    await session.run(f"kubectl create rolebinding {name} --clusterrole=edit --serviceaccount=default:{name}")
    await session.run(run)
    await session.run(f"kubectl wait --for=jsonpath={{.status.phase}}=Succeeded pod/{name} --timeout=60s")
    lines = (await session.run(f"kubectl logs {name}")).splitlines()
    assert lines[0] == "configmap/kube-root-ca.crt"
    assert lines[1].endswith(" created")


async def test_helm_runs_the_lesson(session: Session) -> None:
    """Install with hooks that wait for a real PostgreSQL, test, upgrade with backup and migration, roll back, uninstall."""
    await session.run(f"helm install my-app {EXAMPLE} --wait --timeout 100s")
    assert "Schema initialized successfully." in await session.run("kubectl logs job/my-app-db-init")
    assert "Phase:          Succeeded" in await session.run("helm test my-app")
    await session.run(f"helm upgrade my-app {EXAMPLE} --set version=2.0.0 --wait --timeout 100s")
    assert "embedding_model" in await session.run("kubectl logs job/my-app-validate-migration")
    await session.run("helm rollback my-app 1 --wait --timeout 100s")
    assert "deployed" in await session.run("helm list")
    await session.run("helm uninstall my-app --timeout 100s")
    assert "my-app" not in await session.run("helm list")
