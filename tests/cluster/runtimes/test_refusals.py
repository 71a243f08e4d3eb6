"""What keeps a container from starting, or ends a Pod from outside: the states and the events, in a kubelet's words.

The words were asked of a real Kubernetes 1.20 where it says the same as newer ones, else they are those of newer kubelets.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from steersman.cluster.kinds.not_given import not_given

from ..workloads import Cluster, cluster, is_ready, is_running, waiting  # noqa: TID252

pytestmark = [pytest.mark.embedded, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running() -> AsyncIterator[Cluster]:
    async with cluster(runtime="process") as made:
        if made.workloads.problem:
            pytest.skip(made.workloads.problem)
        made.create("configmaps", {"metadata": {"name": "conf"}, "data": {"key": "value"}})
        made.create("secrets", {"metadata": {"name": "sec"}, "stringData": {"pw": "s3cret"}})
        yield made


def variable(kind: str, name: str, key: str) -> dict[str, Any]:
    return {"env": [{"name": "A", "valueFrom": {f"{kind}KeyRef": {"name": name, "key": key}}}]}


def mounted(**mount: Any) -> dict[str, Any]:
    return {"volumeMounts": [{"name": "v", "mountPath": "/v", **mount}]}


CONFIG = "CreateContainerConfigError"


@pytest.mark.parametrize(
    ("name", "container", "reason", "message", "event"),
    [
        ("config-map", variable("configMap", "nope", "k"), CONFIG, 'configmap "nope" not found', "Failed"),
        ("map-key", variable("configMap", "conf", "k"), CONFIG, "couldn't find key k in ConfigMap default/conf", "Failed"),
        ("secret", variable("secret", "nope", "k"), CONFIG, 'secret "nope" not found', "Failed"),
        ("secret-key", variable("secret", "sec", "k"), CONFIG, "couldn't find key k in Secret default/sec", "Failed"),
        ("from", {"envFrom": [{"configMapRef": {"name": "nope"}}]}, CONFIG, 'configmap "nope" not found', "Failed"),
        ("sub-path", mounted(subPathExpr="$(NOPE)"), CONFIG, "missing value for NOPE", "Failed"),
        (
            "sub-path-up", {**mounted(subPathExpr="$(UP)"), "env": [{"name": "UP", "value": "../x"}]}, CONFIG,
            "unable to provision SubPath `../x`: must not contain '..'", "Failed",
        ),
        (
            "invalid-image", {"image": "Foo Bar:::x"}, "InvalidImageName",
            'Failed to apply default image tag "Foo Bar:::x": couldn\'t parse image name "Foo Bar:::x": '
            "invalid reference format: repository name (library/Foo Bar) must be lowercase",
            "InspectFailed",
        ),
        (
            "never", {"image": "nothere:1", "imagePullPolicy": "Never"}, "ErrImageNeverPull",
            'Container image "nothere:1" is not present with pull policy of Never', "ErrImageNeverPull",
        ),
    ],
)  # fmt: skip
async def test_what_a_container_waits_for(
    running: Cluster, name: str, container: dict[str, Any], reason: str, message: str, event: str
) -> None:
    main = {"name": "main", "image": "debian", "command": ["sleep", "1000"], **container}
    volumes = [{"name": "v", "emptyDir": {}}]
    made = running.create("pods", {"metadata": {"name": name}, "spec": {"containers": [main], "volumes": volumes}})
    pod = await running.until("pods", name, lambda pod: waiting(pod).get("reason") == reason)
    assert waiting(pod)["message"].startswith(message)
    said = (await running.event(made, event))["message"]
    assert said.startswith(f"Error: {message}" if event == "Failed" else message)
    if event != "Failed":
        assert (await running.event(made, "Failed"))["message"] == f"Error: {reason}"
    running.objects.delete("pods", name, "default", grace=0)


async def test_a_volume_that_nothing_mounts_is_not_missed(running: Cluster) -> None:
    spec = {
        "containers": [{"name": "main", "image": "debian", "command": ["sleep", "1000"]}],
        "volumes": [{"name": "v", "configMap": {"name": "nope"}}],
        "imagePullSecrets": [{"name": "regcred"}, {"name": "sec"}],
    }
    made = running.create("pods", {"metadata": {"name": "unmounted"}, "spec": spec})
    await running.until("pods", "unmounted", is_ready)
    words = "Unable to retrieve some image pull secrets (regcred); attempting to pull the image may not succeed."
    assert (await running.event(made, "FailedToRetrieveImagePullSecret"))["message"] == words
    running.objects.delete("pods", "unmounted", "default", grace=0)


@pytest.mark.parametrize(
    "hook", [{"exec": {"command": ["sh", "-c", "echo s3cret; exit 3"]}}, {"exec": {"command": ["no"]}}]
)
async def test_a_post_start_hook_that_fails_ends_its_container(running: Cluster, hook: dict[str, Any]) -> None:
    main = {"name": "main", "image": "debian", "command": ["sleep", "1000"], "lifecycle": {"postStart": hook}}
    spec = {"restartPolicy": "Never", "terminationGracePeriodSeconds": 0, "containers": [main]}
    made = running.create("pods", {"metadata": {"generateName": "post-start-"}, "spec": spec})
    name = made["metadata"]["name"]
    pod = await running.until("pods", name, lambda pod: (pod.get("status") or {}).get("phase") == "Failed")
    assert pod["status"]["containerStatuses"][0]["state"]["terminated"]["exitCode"] == 137
    assert (await running.event(made, "FailedPostStartHook"))["message"] == "PostStartHook failed"
    assert (await running.event(made, "Killing"))["message"] == "FailedPostStartHook"


@pytest.mark.parametrize(
    ("probe", "words"),
    [
        (
            {"exec": {"command": ["no-such-program"]}},
            'exec: "no-such-program": executable file not found in $PATH: unknown',
        ),
        (
            {"tcpSocket": {"port": "nope"}},
            'errored and resulted in unknown state: strconv.Atoi: parsing "nope": invalid syntax',
        ),
    ],
)
async def test_a_probe_that_cannot_be_made_kills_nothing(running: Cluster, probe: dict[str, Any], words: str) -> None:
    every_second = {"periodSeconds": 1, "failureThreshold": 1}
    main: dict[str, Any] = {"name": "main", "image": "debian", "command": ["sleep", "1000"]}
    main["livenessProbe"] = {**probe, **every_second}
    spec = {"terminationGracePeriodSeconds": 0, "containers": [main]}
    made = running.create("pods", {"metadata": {"generateName": "errored-"}, "spec": spec})
    name = made["metadata"]["name"]
    said = (await running.event(made, "Unhealthy"))["message"]
    assert said.startswith("Liveness probe errored and resulted in unknown state: ")
    assert said.endswith(words)
    pod = running.objects.get("pods", name, "default")
    assert is_running(pod)
    assert not [each for each in running.events_of(pod) if each["reason"] == "Killing"]
    running.objects.delete("pods", name, "default", grace=0)


@pytest.mark.parametrize(
    ("restart", "others", "words"),
    [
        ("Always", 0, "Container main failed liveness probe, will be restarted"),
        ("Never", 0, "Stopping container main"),
        ("Never", 1, "Container main failed liveness probe"),
    ],
)
async def test_what_a_failed_liveness_probe_is_told_as(running: Cluster, restart: str, others: int, words: str) -> None:
    sleep: dict[str, Any] = {"image": "debian", "command": ["sleep", "1000"]}
    probe = {"exec": {"command": ["false"]}, "periodSeconds": 1, "failureThreshold": 1}
    containers: list[dict[str, Any]] = [{"name": "main", **sleep, "livenessProbe": probe}]
    containers += [{"name": f"other-{number}", **sleep} for number in range(others)]
    spec = {"restartPolicy": restart, "terminationGracePeriodSeconds": 0, "containers": containers}
    made = running.create("pods", {"metadata": {"generateName": "killed-"}, "spec": spec})
    assert (await running.event(made, "Killing"))["message"] == words
    running.objects.delete("pods", made["metadata"]["name"], "default", grace=0)


@pytest.mark.parametrize(
    ("name", "own", "codes"),
    [
        ("rule", {"restartPolicyRules": [{"action": "Restart", "exitCodes": {"operator": "In", "values": [3, 4]}}]}, [3, 0]),
        ("other", {"restartPolicyRules": [{"action": "Restart", "exitCodes": {"operator": "NotIn", "values": [3]}}]}, [3]),
        ("policy", {"restartPolicy": "OnFailure"}, [3, 0]),
        ("never", {"restartPolicy": "Never"}, [3]),
    ],
)  # fmt: skip
async def test_a_container_may_have_a_restart_policy_of_its_own(
    running: Cluster, name: str, own: dict[str, Any], codes: list[int]
) -> None:
    """Of a Pod that would not restart it: the codes with which each of its starts ends."""
    script = "test -e /v/once && exit 0; touch /v/once; exit 3"
    own = {"restartPolicy": "Never", **own}
    main = {"name": "main", "image": "debian", "command": ["sh", "-c", script], **mounted(), **own}
    spec = {"restartPolicy": "Never", "containers": [main], "volumes": [{"name": "v", "emptyDir": {}}]}
    running.create("pods", {"metadata": {"name": f"own-{name}"}, "spec": spec})
    phases = ("Succeeded", "Failed")
    pod = await running.until("pods", f"own-{name}", lambda pod: (pod.get("status") or {}).get("phase") in phases)
    (status,) = pod["status"]["containerStatuses"]
    ends = [status[key]["terminated"]["exitCode"] for key in ("lastState", "state") if status[key]]
    assert (ends, status["restartCount"]) == (codes, len(codes) - 1)


async def test_what_is_not_given_is_said(running: Cluster) -> None:
    context = {"privileged": True, "capabilities": {"add": ["SYS_ADMIN", "CAP_CHOWN", "NET_ADMIN"]}}
    main: dict[str, Any] = {"name": "main", "image": "debian", "command": ["sleep", "1000"]}
    main["securityContext"] = context
    main["ports"] = [{"containerPort": 80}, {"containerPort": 81, "hostPort": 8181}]
    made = running.create("pods", {"metadata": {"name": "asks"}, "spec": {"hostPID": True, "containers": [main]}})
    await running.until("pods", "asks", is_ready)
    said = [each["message"] for each in running.events_of(made) if each["reason"] == "NotGiven"]
    assert said == not_given(made["spec"])
    assert [each.partition(":")[0] for each in said] == [
        "spec.hostPID", "spec.containers[0].securityContext.privileged",
        "spec.containers[0].securityContext.capabilities.add", "spec.containers[0].ports[1].hostPort",
    ]  # fmt: skip
    assert "NET_ADMIN, SYS_ADMIN cannot be had" in said[2]
    running.objects.delete("pods", "asks", "default", grace=0)


@pytest.mark.parametrize(
    ("name", "volume", "limits", "words"),
    [
        ("disk", {"sizeLimit": "5Mi"}, {}, 'Usage of EmptyDir volume "v" exceeds the limit "5Mi". '),
        ("memory", {"sizeLimit": "5Mi", "medium": "Memory"}, {}, 'Usage of EmptyDir volume "v" exceeds the limit "5Mi". '),
        (
            "pod", {}, {"ephemeral-storage": "5Mi"},
            "Pod ephemeral local storage usage exceeds the total limit of containers 5Mi. ",
        ),
    ],
)  # fmt: skip
async def test_who_takes_too_much_is_evicted(
    running: Cluster, name: str, volume: dict[str, Any], limits: dict[str, str], words: str
) -> None:
    script = "stat -f -c %T /v; head -c 20000000 /dev/zero > /v/x; exec sleep 1000"
    main = {"name": "main", "image": "debian", "command": ["sh", "-c", script], **mounted()}
    main["resources"] = {"limits": limits}
    spec = {"restartPolicy": "Never", "containers": [main], "volumes": [{"name": "v", "emptyDir": volume}]}
    made = running.create("pods", {"metadata": {"name": f"evicted-{name}"}, "spec": spec})
    pod = await running.until("pods", f"evicted-{name}", lambda pod: (pod.get("status") or {}).get("phase") == "Failed")
    assert (pod["status"]["reason"], pod["status"]["message"]) == ("Evicted", words)
    assert pod["status"]["containerStatuses"][0]["state"]["terminated"]["exitCode"] == 137
    assert (await running.event(made, "Evicted"))["message"] == words
    kind = (await running.log(f"evicted-{name}")).strip()
    assert (kind == "tmpfs") == (name == "memory")
    running.objects.delete("pods", f"evicted-{name}", "default", grace=0)
