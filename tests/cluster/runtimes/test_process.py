"""Containers as sandboxed processes: what they see, how they end, what the API says of it."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from ..workloads import Cluster, cluster, is_ready, is_running, job, restarts, waiting  # noqa: TID252

pytestmark = [pytest.mark.embedded, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running() -> AsyncIterator[Cluster]:
    async with cluster() as made:
        if made.workloads.problem:
            pytest.skip(made.workloads.problem)
        yield made


def terminated(pod: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = pod["status"]["containerStatuses"][0]["state"]["terminated"]
    return found


async def test_a_container_has_names_a_user_and_a_process_list_of_its_own(running: Cluster) -> None:
    script = "id -u; grep ^PPid: /proc/self/status; hostname; cat /etc/resolv.conf; ls /proc | grep -c '^[0-9]'"
    condition, log = await running.script("view", script)
    assert condition["type"] == "Complete"
    lines = log.splitlines()
    assert lines[0] == "0"  # as in the real image
    assert lines[1].split() == ["PPid:", "1"]
    assert lines[2].startswith("view-")
    assert "nameserver 10.96.0.10" in lines
    assert int(lines[-1]) < 8


async def test_no_signal_is_ignored_from_the_start(running: Cluster) -> None:
    _, log = await running.script("signals", "grep SigIgn /proc/self/status; trap 'echo trapped' INT; kill -INT $$$$")
    ignored, trapped = log.splitlines()
    # 32 and 33 are the C library's own, which a parent that makes its children by posix_spawn (make) leaves ignored.
    assert int(ignored.split()[1], 16) & (1 << 31) - 1 == 0
    assert trapped == "trapped"


@pytest.mark.parametrize(
    ("name", "command", "code", "reason", "message"),
    [
        ("three", ["/bin/sh", "-c", "exit 3"], 3, "Error", None),
        ("zero", ["true"], 0, "Completed", None),
        ("signal", ["/bin/sh", "-c", "sh -c 'kill -SEGV $$$$'; exit $?"], 139, "Error", None),
        (
            "nothing", ["/no/such/program"], 128, "StartError",
            'exec: "/no/such/program": stat /no/such/program: no such file or directory: unknown',
        ),
        ("path", ["no-such-program"], 128, "StartError", 'exec: "no-such-program": executable file not found in $PATH: unknown'),
        ("denied", ["/etc/hostname"], 128, "StartError", 'exec: "/etc/hostname": permission denied: unknown'),
    ],
)  # fmt: skip
async def test_ends(
    running: Cluster, name: str, command: list[str], code: int, reason: str, message: str | None
) -> None:
    running.create("jobs.batch", job(f"end-{name}", command))
    await running.finished(f"end-{name}")
    state = terminated(running.pods_of(f"end-{name}")[0])
    assert (state["exitCode"], state["reason"]) == (code, reason)
    if message is not None:
        assert state["message"].endswith(message)
        assert "OCI runtime create failed" in state["message"]


async def test_over_its_memory_it_is_killed(running: Cluster) -> None:
    script = "x=$(head -c 200000000 /dev/zero | tr '\\0' a); echo ${#x}"
    container = {"resources": {"limits": {"memory": "32Mi"}}}
    running.create("jobs.batch", job("oom", ["/bin/sh", "-c", script], container=container))
    assert (await running.finished("oom"))["reason"] == "BackoffLimitExceeded"
    state = terminated(running.pods_of("oom")[0])
    assert (state["exitCode"], state["reason"]) == (137, "OOMKilled")


async def test_volumes(running: Cluster) -> None:
    running.create("configmaps", {"metadata": {"name": "conf"}, "data": {"a": "1", "b": "2"}})
    running.create("secrets", {"metadata": {"name": "key"}, "stringData": {"password": "s3cret"}})
    running.claim("data")
    volumes = [
        {"name": "conf", "configMap": {"name": "conf", "items": [{"key": "a", "path": "deep/er/a"}]}},
        {"name": "key", "secret": {"secretName": "key", "defaultMode": 0o400}},
        {"name": "data", "persistentVolumeClaim": {"claimName": "data"}},
        {"name": "empty", "emptyDir": {}},
        {"name": "pod", "downwardAPI": {"items": [{"path": "name", "fieldRef": {"fieldPath": "metadata.name"}}]}},
    ]
    mounts = [
        {"name": "conf", "mountPath": "/conf"},
        {"name": "key", "mountPath": "/keys/one", "readOnly": True},
        {"name": "data", "mountPath": "/data"},
        {"name": "data", "mountPath": "/part", "subPath": "sub"},
        {"name": "empty", "mountPath": "/empty"},
        {"name": "pod", "mountPath": "/pod"},
    ]
    script = (
        "set -e; cat /conf/deep/er/a; echo; cat /keys/one/password; echo; echo kept > /data/file; echo x > /part/y; ls /data;"
        "echo x > /empty/x; cat /pod/name; echo; echo x > /keys/one/x"
    )
    write = job("write", ["/bin/sh", "-c", script], container={"volumeMounts": mounts}, pod={"volumes": volumes})
    running.create("jobs.batch", write)
    await running.finished("write")
    lines = (await running.log_of("write")).splitlines()
    assert lines[:4] == ["1", "s3cret", "file", "sub"]
    assert lines[4].startswith("write-")
    assert "Read-only file system" in lines[5]
    read = job(
        "read", ["/bin/cat", "/data/file"], container={"volumeMounts": mounts[2:3]}, pod={"volumes": volumes[2:3]}
    )
    running.create("jobs.batch", read)
    await running.finished("read")
    assert await running.log_of("read") == "kept\n"


@pytest.mark.parametrize(
    ("name", "security", "own", "said"),
    [
        ("image", {}, {}, "0 0 0"),
        ("asked", {"runAsUser": 1000}, {}, "1000 0 0"),
        ("both", {"runAsUser": 1000, "runAsGroup": 3000}, {}, "1000 3000 3000"),
        ("own", {"runAsUser": 1000}, {"runAsUser": 1001, "runAsGroup": 5}, "1001 5 5"),
    ],
)
async def test_who_a_container_runs_as(
    running: Cluster, name: str, security: dict[str, Any], own: dict[str, Any], said: str
) -> None:
    container = {"securityContext": own}
    script = "echo $(id -u) $(id -g) $(id -G)"
    running.create(
        "jobs.batch", job(f"who-{name}", ["sh", "-c", script], container=container, pod={"securityContext": security})
    )
    await running.finished(f"who-{name}")
    assert await running.log_of(f"who-{name}") == said + "\n"


@pytest.mark.parametrize(
    ("name", "security", "message"),
    [
        ("image", {"runAsNonRoot": True}, "container has runAsNonRoot and image will run as root"),
        ("user", {"runAsNonRoot": True, "runAsUser": 0}, "container's runAsUser breaks non-root policy"),
    ],
)
async def test_who_must_not_be_root_is_not_started_as_root(
    running: Cluster, name: str, security: dict[str, Any], message: str
) -> None:
    running.create("jobs.batch", job(f"nonroot-{name}", ["true"], pod={"securityContext": security}))
    pod = await running.pod_of(
        f"nonroot-{name}", lambda pod: waiting(pod).get("reason") == "CreateContainerConfigError"
    )
    meta = pod["metadata"]
    where = f'(pod: "{meta["name"]}_default({meta["uid"]})", container: main)'
    assert waiting(pod)["message"] == f"{message} {where}"
    running.objects.delete("jobs.batch", f"nonroot-{name}", "default")


@pytest.mark.skipif(os.geteuid() != 0, reason="an ordinary user can map no user but one")
async def test_root_of_a_container_owns_gives_away_and_drops(running: Cluster) -> None:
    """What init containers do with volumes; on this machine the files belong to nobody."""
    running.claim("owned")
    volume = {"volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": "owned"}}]}
    script = (
        "touch /v/mine /v/given; chown 999:999 /v/given; setpriv --reuid=999 --regid=999 --clear-groups id -u;"
        "stat -c '%u:%g' /v/mine /v/given; chown 1 /usr/bin/env"
    )
    container = {"volumeMounts": [{"name": "v", "mountPath": "/v"}]}
    running.create("jobs.batch", job("owner", ["sh", "-c", script], pod=volume, container=container))
    await running.finished("owner")
    assert (await running.log_of("owner")).splitlines()[:3] == ["999", "0:0", "999:999"]
    folder = next(running.kubelet.volume_options.claims.glob("default_owned_*"))
    mine, given = (folder / "mine").stat().st_uid, (folder / "given").stat().st_uid
    assert mine not in (0, 999)
    assert given != 999


@pytest.mark.skipif(os.geteuid() != 0, reason="an ordinary user can map no user but one")
async def test_the_group_of_fs_group_reads_secrets_and_writes_volumes(running: Cluster) -> None:
    running.create("secrets", {"metadata": {"name": "shared"}, "stringData": {"password": "s3cret"}})
    pod = {
        "securityContext": {"runAsUser": 1000, "fsGroup": 2000},
        "volumes": [
            {"name": "s", "secret": {"secretName": "shared", "defaultMode": 0o400}},
            {"name": "e", "emptyDir": {}},
        ],
    }
    mounts = {"volumeMounts": [{"name": "s", "mountPath": "/s"}, {"name": "e", "mountPath": "/e"}]}
    script = "id -G; cat /s/password; echo; touch /e/x; stat -c '%g' /e/x; stat -Lc '%a' /s/password"
    running.create("jobs.batch", job("fsgroup", ["sh", "-c", script], pod=pod, container=mounts))
    await running.finished("fsgroup")
    assert (await running.log_of("fsgroup")).splitlines() == ["0 2000", "s3cret", "2000", "440"]


async def test_capabilities_are_dropped_and_commands_run_inside_have_no_more(running: Cluster) -> None:
    status = ["sh", "-c", "grep -E '^Cap(Eff|Bnd)' /proc/self/status | cut -f2 | sort -u; id -u"]
    dropped = {"securityContext": {"capabilities": {"drop": ["ALL"]}}}
    running.create("jobs.batch", job("dropped", status, container=dropped))
    await running.finished("dropped")
    assert await running.log_of("dropped") == "0000000000000000\n0\n"
    running.run("entered", ["sleep", "1000"], **dropped)
    await running.until("pods", "entered", is_ready)
    reading, writing = os.pipe()
    null = os.open(os.devnull, os.O_RDWR)
    await running.kubelet.execute("default", "entered", "main", status, [null, writing, writing])
    os.close(writing)
    os.close(null)
    with os.fdopen(reading) as out:
        assert out.read() == "0000000000000000\n0\n"
    running.objects.delete("pods", "entered", "default")


@pytest.mark.parametrize(
    ("name", "volume", "message"),
    [
        ("map", {"configMap": {"name": "missing"}}, 'configmap "missing" not found'),
        (
            "key", {"secret": {"secretName": "lock", "items": [{"key": "no", "path": "x"}]}},
            "references non-existent secret key: no",
        ),
        ("host", {"hostPath": {"path": "/etc"}}, "hostPath /etc is not allowed in this cluster"),
    ],
)  # fmt: skip
async def test_a_volume_that_cannot_be_made_is_told_as_failed_mount(
    running: Cluster, name: str, volume: dict[str, Any], message: str
) -> None:
    mounts = {"volumeMounts": [{"name": "v", "mountPath": "/v"}]}
    if name == "key":
        running.create("secrets", {"metadata": {"name": "lock"}, "stringData": {"password": "s3cret"}})
    running.create(
        "jobs.batch", job(f"mount-{name}", ["true"], container=mounts, pod={"volumes": [{"name": "v", **volume}]})
    )
    event = await running.event(await running.pod_of(f"mount-{name}"), "FailedMount")
    assert event["message"].startswith(f'MountVolume.SetUp failed for volume "v" : {message}')
    running.objects.delete("jobs.batch", f"mount-{name}", "default")


async def test_init_containers_come_first_and_sidecars_stay(running: Cluster) -> None:
    mounts = {"image": "debian", "volumeMounts": [{"name": "v", "mountPath": "/v"}]}
    stay = "cat /v/f; echo side > /v/s; exec sleep 1000"
    first = {"name": "first", "command": ["sh", "-c", "echo first > /v/f"], **mounts}
    side = {"name": "side", "restartPolicy": "Always", "command": ["sh", "-c", stay], **mounts}
    pod = {"volumes": [{"name": "v", "emptyDir": {}}], "initContainers": [first, side]}
    script = "until [ -e /v/s ]; do sleep 0.01; done; cat /v/f /v/s"
    running.create("jobs.batch", job("init", ["sh", "-c", script], container=mounts, pod=pod))
    assert (await running.finished("init"))["type"] == "Complete"
    assert await running.log_of("init") == "first\nside\n"
    statuses = running.pods_of("init")[0]["status"]["initContainerStatuses"]
    assert statuses[0]["state"]["terminated"]["reason"] == "Completed"
    assert "terminated" in statuses[1]["state"]


async def test_what_is_missing_is_waited_for(running: Cluster) -> None:
    reference = [{"name": "X", "valueFrom": {"secretKeyRef": {"name": "late", "key": "x"}}}]
    running.create("jobs.batch", job("late", ["sh", "-c", "echo $X"], container={"env": reference}))
    pod = await running.pod_of("late", lambda pod: waiting(pod).get("reason") == "CreateContainerConfigError")
    assert waiting(pod)["message"] == 'secret "late" not found'
    running.create("secrets", {"metadata": {"name": "late"}, "stringData": {"x": "now"}})
    assert (await running.finished("late"))["type"] == "Complete"
    assert await running.log_of("late") == "now\n"


async def test_an_unknown_image_of_a_job_is_never_simulated(running: Cluster) -> None:
    running.create("jobs.batch", job("unknown", ["x"], image="no.such.registry/none:1"))
    pod = await running.pod_of("unknown", lambda pod: waiting(pod).get("reason") == "ImagePullBackOff")
    message = waiting(pod)["message"]
    assert message.startswith('Back-off pulling image "no.such.registry/none:1": ErrImagePull: ')
    assert "images.yaml" in message
    assert pod["status"]["phase"] == "Pending"
    running.objects.delete("jobs.batch", "unknown", "default")


async def test_a_deployment_of_an_unknown_image_is_simulated_and_marked(running: Cluster) -> None:
    template = {
        "metadata": {"labels": {"app": "sim"}},
        "spec": {"containers": [{"name": "c", "image": "example.com/no:1"}]},
    }
    spec = {"selector": {"matchLabels": {"app": "sim"}}, "template": template}
    running.create("deployments.apps", {"metadata": {"name": "sim"}, "spec": spec})
    await running.until("deployments.apps", "sim", lambda found: found.get("status", {}).get("readyReplicas") == 1)
    pod = running.objects.list("pods", "default", labels="app=sim")[0]
    assert pod["metadata"]["annotations"]["steersman.dev/runtime"] == "simulated"
    assert "Simulated" in [each["reason"] for each in running.events_of(pod)]


async def test_restarts_back_off_as_a_kubelets(running: Cluster) -> None:
    running.run("crash", ["sh", "-c", "echo try; exit 1"])
    pod = await running.until("pods", "crash", lambda pod: waiting(pod).get("reason") == "CrashLoopBackOff")
    status = pod["status"]["containerStatuses"][0]
    assert restarts(pod) == 1
    assert status["lastState"]["terminated"]["exitCode"] == 1
    assert waiting(pod)["message"].startswith("back-off 10s restarting failed container=main pod=crash_default(")
    assert pod["status"]["phase"] == "Running"
    assert await running.log("crash", previous=True) == "try\n"
    running.objects.delete("pods", "crash", "default")
    await running.gone("pods", "crash")


async def test_a_pod_that_is_deleted_gets_its_pre_stop_hook_and_a_signal(running: Cluster) -> None:
    running.claim("notes")
    script = "trap 'echo term >> /n/log; exit 0' TERM; touch /n/up; while :; do sleep 0.05; done"
    container = {
        "name": "main",
        "image": "debian",
        "command": ["sh", "-c", script],
        "volumeMounts": [{"name": "n", "mountPath": "/n"}],
        "lifecycle": {"preStop": {"exec": {"command": ["sh", "-c", "echo stop >> /n/log"]}}},
        "readinessProbe": {"exec": {"command": ["test", "-e", "/n/up"]}},
    }
    spec = {"containers": [container], "volumes": [{"name": "n", "persistentVolumeClaim": {"claimName": "notes"}}]}
    running.create("pods", {"metadata": {"name": "polite"}, "spec": spec})
    await running.until("pods", "polite", is_ready)
    running.objects.delete("pods", "polite", "default")
    await running.gone("pods", "polite")
    logs = running.kubelet.volume_options.claims.glob("default_notes_*/log")
    assert [path.read_text() for path in logs] == ["stop\nterm\n"]


async def test_a_failing_liveness_probe_restarts(running: Cluster) -> None:
    probe = {"exec": {"command": ["false"]}, "periodSeconds": 1, "failureThreshold": 1}
    made = running.run("ill", ["sleep", "1000"], livenessProbe=probe)
    pod = await running.until("pods", "ill", lambda pod: restarts(pod) == 1)
    assert pod["status"]["containerStatuses"][0]["lastState"]["terminated"]["exitCode"] == 137
    assert {"Unhealthy", "Killing"} <= {each["reason"] for each in running.events_of(made)}
    running.objects.delete("pods", "ill", "default")


async def test_services_are_reached_by_name(running: Cluster) -> None:
    code = (
        "import http.server as h\n"
        "class H(h.BaseHTTPRequestHandler):\n"
        "    def do_GET(self): self.send_response(200); self.end_headers(); self.wfile.write(b'hello\\n')\n"
        "h.ThreadingHTTPServer(('', 80), H).serve_forever()"
    )
    ports, probe = (
        [{"name": "http", "containerPort": 80}],
        {"httpGet": {"path": "/", "port": "http"}, "periodSeconds": 1},
    )
    running.run("web", ["python3", "-c", code], image="python:3.12", ports=ports, readinessProbe=probe)
    running.service("web", "web", 8080, target="http")
    running.service("heads", "web", 80, clusterIP="None")
    running.service("empty", "nobody", 80)
    port = running.service("node", "web", 80, type="NodePort", target="http")["spec"]["ports"][0]["nodePort"]
    await running.endpoints_of("web", ready=1)
    await running.endpoints_of("heads", ready=1)
    await running.endpoints_of("node", ready=1)
    node = running.objects.get("pods", "web", "default")["status"]["hostIP"]
    script = (
        "curl -sS http://web:8080; curl -sS http://web.default:8080; curl -sS http://heads.default.svc.cluster.local;"
        f"curl -sS http://{node}:{port}; curl -sS http://empty; echo $?; curl -sS http://nobody; echo $?"
    )
    _, log = await running.script("client", script, image="curlimages/curl:8")
    assert log.splitlines()[:4] == ["hello"] * 4
    assert [line for line in log.splitlines() if line.isdigit()] == ["7", "6"]  # refused; no such host
    running.objects.delete("pods", "web", "default")


async def test_logs_are_followed_to_the_end(running: Cluster) -> None:
    script = "for i in 1 2 3; do echo line $i; sleep 0.05; done; printf end"
    running.create("jobs.batch", job("talk", ["sh", "-c", script]))
    name = (await running.pod_of("talk", is_running))["metadata"]["name"]
    assert await running.log(name, follow=True) == "line 1\nline 2\nline 3\nend"
    assert await running.log(name, tail_lines=2) == "line 3\nend"
    stamped = await running.log(name, timestamps=True, tail_lines=2)
    assert stamped.startswith("20")
    assert " line 3\n" in stamped


async def test_commands_run_inside(running: Cluster) -> None:
    running.run("inside", ["sleep", "1000"], env=[{"name": "A", "value": "b"}])
    await running.until("pods", "inside", is_ready)
    reading, writing = os.pipe()
    null = os.open(os.devnull, os.O_RDWR)
    command = ["sh", "-c", "echo $A $(hostname); exit 7"]
    code = await running.kubelet.execute("default", "inside", "main", command, [null, writing, writing])
    os.close(writing)
    os.close(null)
    with os.fdopen(reading) as out:
        assert out.read() == "b inside\n"
    assert code == 7
    running.objects.delete("pods", "inside", "default")
