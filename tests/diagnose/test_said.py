"""What Kubernetes' own components say in events, conditions and container states, and the cause that it means.

From a Kubernetes 1.20 and the recordings of 1.36, or as its sources have them where no machine here can bring it about.
"""

# ruff: noqa: E501 (sayings stand whole)
from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from steersman.diagnose.diagnosis import Confidence
from steersman.diagnose.facts import ConditionFacts, ContainerFacts, EventFacts, Facts, HookFacts, RunFacts
from steersman.diagnose.ranking import diagnose

FACTS = Facts(release="r", namespace="apps", hook=HookFacts("m", event="pre-install", path="app/templates/m.yaml"))
IMAGE = 'Failed to pull image "ghcr.io/team/m:1": '


def event(reason: str, message: str) -> dict[str, Any]:
    return {"events": (EventFacts("Warning", reason, message, "Pod/m-x"),)}


def waiting(reason: str, message: str = "") -> dict[str, Any]:
    return {"containers": (ContainerFacts("m-x", "main", state="waiting", reason=reason, message=message),)}


def job(reason: str, message: str, kind: str = "Failed") -> dict[str, Any]:
    return {"conditions": (ConditionFacts("Job/m", kind, "True", reason, message),)}


SAID: dict[str, tuple[str, dict[str, Any], str]] = {
    "no such tag": ("image-pull", event("Failed", IMAGE + "rpc error: code = NotFound desc = failed to pull and unpack image \"ghcr.io/team/m:1\": failed to resolve reference \"ghcr.io/team/m:1\": ghcr.io/team/m:1: not found"), "no such image"),
    "manifest unknown": ("image-pull", event("Failed", IMAGE + "rpc error: code = Unknown desc = Error response from daemon: manifest for ghcr.io/team/m:1 not found: manifest unknown: manifest unknown"), "no such image"),
    "login": ("image-pull", event("Failed", IMAGE + "failed to authorize: failed to fetch anonymous token: unexpected status from GET request to https://ghcr.io/token: 401 Unauthorized"), "does not let"),
    "denied": ("image-pull", event("Failed", IMAGE + "Error response from daemon: pull access denied for team/m, repository does not exist or may require 'docker login': denied: requested access to the resource is denied"), "does not let"),
    "too many": ("image-pull", event("Failed", IMAGE + "429 Too Many Requests - Server message: toomanyrequests: You have reached your pull rate limit."), "refuses more pulls"),
    "registry away": ("image-pull", event("Failed", IMAGE + "failed to do request: Head \"https://registry.corp/v2/team/m/manifests/1\": dial tcp: lookup registry.corp: no such host"), "cannot reach"),
    "registry's certificate": ("image-pull", event("Failed", IMAGE + "failed to do request: Head \"https://r/v2/\": x509: certificate signed by unknown authority"), "cannot reach"),
    "image name": ("image-pull", waiting("InvalidImageName", "Failed to apply default image tag \"team/M :1\": couldn't parse image reference \"team/M :1\": invalid reference format"), "not valid"),
    "never pull": ("image-pull", waiting("ErrImageNeverPull", "Container image \"m:1\" is not present with pull policy of Never"), "imagePullPolicy is Never"),
    "secret": ("secret-missing", waiting("CreateContainerConfigError", 'secret "db" not found'), "Secret db"),
    "key": ("key-missing", waiting("CreateContainerConfigError", "couldn't find key url in Secret apps/db"), "key url"),
    "mounted secret": ("secret-missing", event("FailedMount", 'MountVolume.SetUp failed for volume "tls" : secret "web-tls" not found'), "web-tls"),
    "mounted configmap": ("config-map-missing", event("FailedMount", 'MountVolume.SetUp failed for volume "c" : configmap "settings" not found'), "settings"),
    "attached elsewhere": ("volume-mount", event("FailedAttachVolume", 'Multi-Attach error for volume "pvc-1" Volume is already used by pod(s) web-0'), "Multi-Attach"),
    "mount times out": ("volume-mount", event("FailedMount", "Unable to attach or mount volumes: unmounted volumes=[data], unattached volumes=[data]: timed out waiting for the condition"), "data"),
    "root": ("runs-as-root", waiting("CreateContainerConfigError", 'container has runAsNonRoot and image will run as root (pod: "m_apps(1)", container: main)'), "root"),
    "user by name": ("runs-as-root", waiting("CreateContainerConfigError", "container has runAsNonRoot and image has non-numeric user (app), cannot verify user is non-root"), "non-numeric"),
    "no program": ("command-not-found", {"containers": (ContainerFacts("m-x", "main", state="terminated", reason="StartError", message='failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: "/no/such/program": stat /no/such/program: no such file or directory: unknown', exit_code=128),)}, "/no/such/program"),
    "not executable": ("permission-denied", {"containers": (ContainerFacts("m-x", "main", state="terminated", reason="StartError", message='unable to start container process: exec: "/run.sh": permission denied: unknown', exit_code=128),)}, "/run.sh"),
    "other processor": ("wrong-architecture", {"containers": (ContainerFacts("m-x", "main", state="terminated", reason="StartError", message="exec /bin/m: exec format error: unknown", exit_code=128),)}, "processor"),
    "create error": ("container-not-started", waiting("CreateContainerError", "context deadline exceeded"), "deadline"),
    "sandbox": ("container-not-started", event("FailedCreatePodSandBox", "Failed to create pod sandbox: plugin type=\"calico\" failed (add): stat /var/lib/calico/nodename"), "sandbox"),
    "cpu": ("unschedulable", event("FailedScheduling", "0/3 nodes are available: 3 Insufficient cpu."), "Insufficient cpu"),
    "taint": ("unschedulable", event("FailedScheduling", "0/2 nodes are available: 2 node(s) had untolerated taint {dedicated: gpu}. preemption: 0/2 nodes are available"), "taint"),
    "affinity": ("unschedulable", event("FailedScheduling", "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector."), "affinity"),
    "unbound": ("claim-unbound", event("FailedScheduling", "0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims."), "not bound"),
    "volume's zone": ("claim-unbound", event("FailedScheduling", "0/3 nodes are available: 3 node(s) had volume node affinity conflict."), ""),
    "class": ("claim-unbound", event("ProvisioningFailed", 'storageclass.storage.k8s.io "fast" not found'), "fast"),
    "quota": ("quota", event("FailedCreate", 'Error creating: pods "m-x" is forbidden: exceeded quota: small, requested: pods=1, used: pods=5, limited: pods=5'), "small"),
    "quota wants limits": ("quota", event("FailedCreate", 'Error creating: pods "m-x" is forbidden: failed quota: compute: must specify limits.cpu for: main; limits.memory for: main'), "must specify"),
    "limit range": ("limit-range", event("FailedCreate", 'Error creating: pods "m-x" is forbidden: maximum memory usage per Container is 1Gi, but limit is 2Gi'), "maximum memory"),
    "pod security": ("admission-refused", event("FailedCreate", 'Error creating: pods "m-x" is forbidden: violates PodSecurity "restricted:latest": allowPrivilegeEscalation != false (container "main" must set securityContext.allowPrivilegeEscalation=false)'), "restricted:latest"),
    "webhook": ("admission-refused", event("FailedCreate", 'Error creating: admission webhook "policy.example.com" denied the request: images must come from registry.corp'), "policy.example.com"),
    "webhook away": ("admission-refused", event("FailedCreate", 'Error creating: Internal error occurred: failed calling webhook "inject.example.com": failed to call webhook: Post "https://x.y.svc:443/": connection refused'), "inject.example.com"),
    "account": ("service-account-missing", event("FailedCreate", 'Error creating: pods "m-" is forbidden: error looking up service account apps/migrator: serviceaccount "migrator" not found'), "migrator"),
    "evicted": ("evicted", {"conditions": (ConditionFacts("Pod/m-x", "Failed", "True", "Evicted", "The node was low on resource: ephemeral-storage."),)}, "ephemeral-storage"),
    "drained": ("evicted", {"conditions": (ConditionFacts("Pod/m-x", "DisruptionTarget", "True", "EvictionByEvictionAPI", "Eviction API: evicting"),)}, "evicting"),
    "failure policy": ("pod-failure-policy", job("PodFailurePolicy", "Container main for pod apps/m-x failed with exit code 42 matching FailJob rule at index 0"), "42"),
    "suspended": ("job-suspended", job("JobSuspended", "Job suspended", "Suspended"), "suspended"),
    "deadline": ("deadline", job("DeadlineExceeded", "Job was active longer than specified deadline"), "activeDeadlineSeconds"),
    "out of memory": ("out-of-memory", {"containers": (ContainerFacts("m-x", "main", state="terminated", reason="OOMKilled", exit_code=137),)}, "memory"),
    "immutable": ("immutable-field", {"run": RunFacts(message='cannot patch "m" with kind Job: Job.batch "m" is invalid: spec.template: Invalid value: {"labels":{}}: field is immutable')}, "spec.template"),
    "stateful set": ("immutable-field", {"run": RunFacts(message='StatefulSet.apps "db" is invalid: spec: Forbidden: updates to statefulset spec for fields other than \'replicas\', \'template\' are forbidden')}, "cannot be changed"),
    "owned": ("ownership-conflict", {"run": RunFacts(message='unable to continue with install: Service "web" in namespace "apps" exists and cannot be imported into the current release: invalid ownership metadata; label validation error')}, "Service \"web\""),
    "conflict": ("field-conflict", {"run": RunFacts(message='Apply failed with 1 conflict: conflict with "kubectl-client-side-apply" using apps/v1: .spec.replicas')}, ".spec.replicas"),
    "terminating": ("namespace-terminating", {"run": RunFacts(message='jobs.batch "m" is forbidden: unable to create new content in namespace apps because it is being terminated')}, "being deleted"),
    "forbidden": ("forbidden", {"run": RunFacts(message='jobs.batch is forbidden: User "dev" cannot create resource "jobs" in API group "batch" in the namespace "apps"')}, "cannot create"),
    "no CRD": ("kind-missing", {"run": RunFacts(message='no matches for kind "Certificate" in version "cert-manager.io/v1"')}, "Certificate"),
    "invalid": ("object-invalid", {"run": RunFacts(message='Job.batch "m" is invalid: spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"')}, "restartPolicy"),
    "unknown field": ("object-invalid", {"run": RunFacts(message='Job in version "v1" cannot be handled as a Job: strict decoding error: unknown field "spec.volumes"')}, "spec.volumes"),
}  # fmt: skip


@pytest.mark.parametrize("name", SAID)
def test_what_kubernetes_says(name: str) -> None:
    cause, facts, words = SAID[name]
    found = diagnose(replace(FACTS, **facts))
    assert (found.cause, found.confidence) == (cause, Confidence.HIGH)
    assert words in f"{found.problem} {found.explanation}"
    assert found.fix
    assert found.evidence


def test_a_sidecar_that_runs_on() -> None:
    done = ContainerFacts("m-x", "main", state="terminated", exit_code=0)
    proxy = ContainerFacts("m-x", "istio-proxy", state="running")
    found = diagnose(
        replace(FACTS, containers=(done, proxy), run=RunFacts(reason="Timeout", message="not done in 60 s"))
    )
    assert (found.cause, found.confidence) == ("sidecar-keeps-running", Confidence.HIGH)
    assert 'sidecar.istio.io/inject: "false"' in found.fix
    assert [each.cause for each in found.alternatives] == ["deadline"]


def test_a_time_that_was_up_before_the_program_began() -> None:
    creating = ContainerFacts("m-x", "main", state="waiting", reason="ContainerCreating")
    found = diagnose(replace(FACTS, containers=(creating,), run=RunFacts(reason="Timeout", message="not done in 5 s")))
    assert (found.cause, found.confidence) == ("still-starting", Confidence.MEDIUM)


@pytest.mark.parametrize(
    ("script", "code", "cause"),
    [
        ("curl -s http://web/health", 7, "connection-refused"),
        ("set -e; curl -s -f http://web/health; echo done", 22, "http-status"),
        ("wget -q -O- http://web/", 8, "http-status"),
        ("psql -c 'select 1'", 7, "exit-code"),
        ("curl -s http://web/", 1, "exit-code"),
    ],
)
def test_a_silent_client_speaks_by_its_exit_code(script: str, code: int, cause: str) -> None:
    hook = replace(FACTS.hook, spec={"containers": [{"name": "main", "command": ["sh", "-c", script]}]})
    found = diagnose(replace(FACTS, hook=hook, run=RunFacts(exit_code=code)))
    assert (found.cause, found.confidence) == (cause, Confidence.MEDIUM)


def test_a_fix_names_the_values_that_it_comes_from() -> None:
    hook = replace(FACTS.hook, spec={"containers": [{"name": "main", "image": "ghcr.io/team/m:1"}]})
    values = {"image.repository": "ghcr.io/team/m", "image.tag": "1", "replicas": "1", "database.name": "shop"}
    facts = replace(FACTS, hook=hook, values=values)
    pull = diagnose(replace(facts, **waiting("ImagePullBackOff", 'Back-off pulling image "ghcr.io/team/m:1"')))
    assert "--set image.repository=ghcr.io/team/m --set image.tag=1" in pull.fix
    assert "replicas" not in pull.fix
    database = diagnose(replace(facts, logs=('FATAL:  database "shop" does not exist',)))
    assert "It comes from your values (database.name: shop): --set database.name=…" in database.fix


def test_an_init_container_that_waits_and_the_cause_that_its_last_lines_name() -> None:
    wait = ContainerFacts("m-x", "wait", init=True, state="running")
    behind = ContainerFacts("m-x", "main", state="waiting", reason="PodInitializing")
    facts = replace(FACTS, containers=(wait, behind), run=RunFacts(reason="Timeout", message="not done in 60 s"))
    plain = diagnose(replace(facts, logs=("waiting for db",)))
    assert (plain.cause, plain.confidence) == ("init-container-waits", Confidence.MEDIUM)
    told = diagnose(replace(facts, logs=("nc: bad address 'db'",)))
    assert (told.cause, [each.cause for each in told.alternatives]) == ("name-not-resolved", ["deadline"])


OVERCOME = {
    "a claim that was bound in the end": (
        "FailedScheduling",
        "0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims.",
    ),
    "a mount that was tried again": (
        "FailedMount",
        'MountVolume.SetUp failed for volume "c" : configmap "settings" not found',
    ),
    "a pull that was tried again": (
        "Failed",
        IMAGE + "rpc error: code = Unknown desc = net/http: TLS handshake timeout",
    ),
}


@pytest.mark.parametrize("name", OVERCOME)
def test_what_stood_in_the_way_of_a_start_is_no_cause_once_the_program_has_run(name: str) -> None:
    event_of_start = (EventFacts("Warning", *OVERCOME[name], "Pod/m-x"),)
    ran = ContainerFacts("m-x", "main", state="terminated", reason="Error", exit_code=3)
    facts = replace(FACTS, events=event_of_start, containers=(ran,), logs=('ERROR:  relation "agents" does not exist',))
    found = diagnose(facts)
    assert (found.cause, found.confidence, found.alternatives[:1]) == ("table-missing", Confidence.HIGH, ())
    other = replace(
        facts, containers=(replace(ran, pod="m-y"), ContainerFacts("m-x", "main", state="waiting", reason="x")), logs=()
    )
    assert diagnose(other).cause not in ("table-missing", "unknown", "exit-code")


def test_a_probe_that_a_crashed_program_could_not_answer_is_not_the_cause() -> None:
    probe = EventFacts("Warning", "Unhealthy", "Readiness probe failed: connection refused", "Pod/m-x")
    crashed = ContainerFacts("m-x", "main", state="waiting", reason="CrashLoopBackOff", exit_code=1, restarts=4)
    hook = HookFacts("m", kind="StatefulSet", event="pre-install")
    said = replace(FACTS, hook=hook, events=(probe,), containers=(crashed,))
    told = replace(said, logs=("ModuleNotFoundError: No module named 'shop'",))
    running = replace(said, containers=(ContainerFacts("m-x", "main", state="running"),))
    assert [diagnose(each).cause for each in (said, told, running)] == [
        "crash-loop",
        "module-missing",
        "readiness-probe-failing",
    ]
