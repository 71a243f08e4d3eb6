"""SIGINT and SIGTERM to `steer` as a process: what it says, how it ends, what it leaves; and policy `helm` beside helm itself."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest

from steersman.client import AsyncClient

pytestmark = pytest.mark.embedded
_numbers = count(1)

FILES = {
    "values.yaml": "message: one\nslow: ''\nstuck: false\n",
    "templates/resources.yaml": """apiVersion: v1
kind: ConfigMap
metadata: {name: "{{ .Release.Name }}-{{ .Values.message }}"}
{{- if .Values.stuck }}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: "{{ .Release.Name }}-stuck"}
spec:
  replicas: 1
  selector: {matchLabels: {app: stuck}}
  template:
    metadata: {labels: {app: stuck}}
    spec: {schedulerName: nobody, containers: [{name: main, image: "busybox:1"}]}
{{- end }}
""",
    "templates/hooks.yaml": """{{- range $event := list "pre-install" "post-upgrade" "pre-rollback" "pre-delete" "test" }}
{{- if eq $event $.Values.slow }}
---
apiVersion: batch/v1
kind: Job
metadata: {name: "{{ $.Release.Name }}-{{ $event }}", annotations: {helm.sh/hook: {{ $event }}}}
spec:
  template:
    spec: {restartPolicy: Never, schedulerName: nobody, containers: [{name: main, image: "busybox:1"}]}
{{- end }}
{{- end }}
""",
}


@dataclass(slots=True)
class Ended:
    code: int
    out: str
    err: str


@dataclass(slots=True)
class Shell:
    """Starts commands in one namespace. In a session of their own, so that what they start can be found."""

    kubeconfig: str
    namespace: str
    chart: Path
    policy: str = "rollback"

    def start(self, line: str, tool: str = "") -> subprocess.Popen[str]:
        words = [str(self.chart) if word == "CHART" else word for word in line.split()]
        command = [tool] if tool else [sys.executable, "-m", "steersman"]
        return subprocess.Popen(
            [*command, *words, "-n", self.namespace],
            env={**os.environ, "KUBECONFIG": self.kubeconfig, "STEERSMAN_FAILURE_POLICY": self.policy},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(self, line: str) -> Ended:
        return _ended(self.start(line))

    def statuses(self, name: str = "a") -> str:
        async def ask() -> str:
            async with AsyncClient(kubeconfig=self.kubeconfig, namespace=self.namespace) as client:
                leases = (await client.kube.list("coordination.k8s.io/v1", "Lease", namespace=self.namespace)).items
                assert not leases, "the lease is given back"
                history = await client.storage.history(name)
                return " ".join(f"{stored.version}:{stored.status}" for stored in history)

        return asyncio.run(ask())

    def interrupted(self, line: str, until: str, number: signal.Signals) -> Ended:
        """Signal it when a line on stderr says so."""
        process = self.start(line)
        told = _read_until(process, until)
        process.send_signal(number)
        ended = _ended(process)
        return Ended(ended.code, ended.out, told + ended.err)


def _read_until(process: subprocess.Popen[str], until: str) -> str:
    assert process.stderr is not None
    told = ""
    while until not in told:
        line = process.stderr.readline()
        assert line, f"{until!r} was never said: {told}"
        told += line
    return told


def _ended(process: subprocess.Popen[str]) -> Ended:
    out, err = process.communicate(timeout=60)
    with pytest.raises(ProcessLookupError):  # none of its children lives on
        os.killpg(process.pid, 0)
    return Ended(process.returncode, out, err)


@pytest.fixture
def shell(embedded_kubeconfig: str, chart: Callable[..., Path]) -> Shell:
    found = Shell(embedded_kubeconfig, f"signals-{os.getpid()}-{next(_numbers)}", chart(FILES, "slow"))
    _create_namespace(found)
    return found


def _create_namespace(shell: Shell) -> None:
    async def create() -> None:
        async with AsyncClient(kubeconfig=shell.kubeconfig) as client:
            body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": shell.namespace}}
            await client.kube.create(body, field_manager="test")

    asyncio.run(create())


HOOK, WAIT = "(weight 0) started", "waiting for Deployment/a-stuck"
INSTALL = "install a CHART"
# what was done before → the command, what it says when the signal comes, the last lines on stderr, the revisions
CASES = {
    "pre-install": (
        (),
        "install a CHART --set slow=pre-install",
        HOOK,
        ["Error: release failed: interrupted"],
        "1:failed",
    ),
    "resources of an upgrade": (
        (INSTALL,),
        "upgrade a CHART --set stuck=true -o json",
        WAIT,
        ["Error: release failed: interrupted", 'Release "a" rolled back'],
        "1:superseded 2:failed 3:deployed",
    ),
    "post-upgrade": (
        (INSTALL,),
        "upgrade a CHART --set slow=post-upgrade",
        HOOK,
        ["Error: interrupted", 'Release "a" has been upgraded. Status: DEPLOYED', "WARNING: post-upgrade hook failed"],
        "1:superseded 2:deployed",
    ),
    "pre-delete of the first of two": (
        ("install b CHART", "install a CHART --set slow=pre-delete"),
        "uninstall a b",
        HOOK,
        ["Error: release failed: interrupted", 'Release "a" is still deployed'],
        "1:deployed",
    ),
    "test": (
        ("install a CHART --set slow=test",),
        "test a",
        HOOK,
        ["Error: release failed: interrupted", "TEST SUITE: a", "FAILED"],
        "1:deployed",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_one_signal_stops_cleanly(shell: Shell, case: str) -> None:
    before, line, until, said, revisions = CASES[case]
    for action in before:
        assert shell.run(action).code == 0
    number = signal.SIGINT if len(case) % 2 else signal.SIGTERM
    ended = shell.interrupted(line, until, number)
    assert (ended.code, ended.out) == (1, "")
    assert f"{number.name}: stopping cleanly; once more to leave at once\n" in ended.err
    assert ended.err.splitlines()[-len(said) :] == said
    assert shell.statuses() == revisions
    if "b" in line.split():
        assert shell.statuses("b") == "1:deployed"
    assert shell.run("upgrade a CHART --install --reset-values").code == 0


def test_the_second_signal_leaves_at_once_and_the_next_command_recovers(shell: Shell) -> None:
    shell.run(INSTALL)
    process = shell.start("upgrade a CHART --set stuck=true,message=two")
    _read_until(process, WAIT)
    process.send_signal(signal.SIGINT)
    _read_until(process, "stopping cleanly")
    process.send_signal(signal.SIGTERM)
    assert _ended(process).code in (-signal.SIGTERM, 1)  # or it was quicker
    ended = shell.run("upgrade a CHART --set message=three")
    assert ended.code == 0, ended.err
    assert shell.statuses().endswith(":deployed")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_recovery_that_is_called_off_is_left_to_the_next(shell: Shell, number: signal.Signals) -> None:
    shell.run(f"{INSTALL} --set slow=pre-rollback")
    process = shell.start("upgrade a CHART --set stuck=true,message=two")
    _read_until(process, WAIT)
    process.kill()
    _ended(process)
    ended = shell.interrupted("recover a", HOOK, number)
    assert (ended.code, ended.out) == (1, "")
    assert ended.err.splitlines()[-2:] == [
        "Error: interrupted",
        "the recovery is not finished: the next command, or `steer recover a`, goes on with it",
    ]
    ended = shell.run(
        "recover a --timeout 1s"
    )  # the way back's hook never ends: this time is the recovery's, not the upgrade's
    assert ended.out == 'Release "a" recovered: deployed at revision 4\n'
    assert shell.statuses() == "1:superseded 2:failed 3:failed 4:deployed"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_while_the_result_is_shown(shell: Shell, number: signal.Signals) -> None:
    """More than a pipe holds, and nobody reads it to its end."""
    (shell.chart / "large.txt").write_bytes(os.urandom(200_000))
    process = shell.start(f"{INSTALL} -o json")
    assert process.stdout is not None
    assert process.stdout.read(1) == "{"
    process.send_signal(number)
    told = "".join(process.stderr or ())
    ended = _ended(process)
    assert ended.code == 1
    assert (
        told.splitlines()[-1]
        == "Error: interrupted while the result was shown; the install of release 'a' was complete"
    )
    assert shell.statuses() == "1:deployed"


HELMS = {
    "upgrade": "upgrade a CHART --set slow=post-upgrade,message=two",
    "upgrade --rollback-on-failure": "upgrade a CHART --set slow=post-upgrade,message=two --rollback-on-failure",
    "rollback": "rollback a 1",
    "uninstall": "uninstall a",
    "test": "test a",
}
SLOW = {"rollback": "pre-rollback", "uninstall": "pre-delete", "test": "test"}


@pytest.mark.oracle
@pytest.mark.parametrize("action", HELMS)
def test_policy_helm_is_called_off_as_helm_is(
    shell: Shell, action: str, helm: Path, kubectl: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HOME", "HELM_CACHE_HOME", "HELM_CONFIG_HOME", "HELM_DATA_HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    hook = SLOW.get(action, "post-upgrade")
    told = []
    for tool in (str(helm), ""):
        twin = Shell(shell.kubeconfig, f"{shell.namespace}-{'h' if tool else 's'}", shell.chart, "helm")
        _create_namespace(twin)
        assert twin.run(f"install a CHART --set slow={SLOW.get(action, '')}").code == 0
        process = twin.start(HELMS[action], tool)
        wait = [str(kubectl), "--kubeconfig", shell.kubeconfig, "-n", twin.namespace, "wait", "--for=create"]
        subprocess.run([*wait, f"job/a-{hook}", "--timeout=30s"], check=True, capture_output=True)
        process.send_signal(signal.SIGTERM)
        ended = _ended(process)
        error = [line for line in ended.err.splitlines() if line.startswith("Error: ")]
        told.append((ended.code, ended.out, error, twin.statuses()))
    assert told[1] == told[0]
