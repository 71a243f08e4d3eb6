"""A hook that prints 200 MB: what following it costs, and whether it slows the hook down.

The same hook is installed by turns without its output being followed (a Job, created and awaited without any log request) and by
`steer install --hook-logs all`. It measures itself, by the machine's uptime. STEERSMAN_BENCH_ROUNDS and STEERSMAN_BENCH_FLOOD_MB
make it smaller.
"""

from __future__ import annotations

import asyncio
import os
import re
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from bench.processes import cost
from bench.tables import Table
from steersman.cluster import launch

ROUNDS = int(os.environ.get("STEERSMAN_BENCH_ROUNDS", "3"))
MEGABYTES = int(os.environ.get("STEERSMAN_BENCH_FLOOD_MB", "200"))
LINE = "a line of a hook that prints a great deal too much, and then once more the same for as long as it takes"
SCRIPT = (
    f"read begin rest < /proc/uptime; yes '{LINE}' | head -c {MEGABYTES * 1_000_000}; echo; "
    "read end rest < /proc/uptime; echo took $begin $end"
)
JOB = f"""
apiVersion: batch/v1
kind: Job
metadata:
  name: flood
  annotations: {{helm.sh/hook: pre-install}}
spec:
  backoffLimit: 0
  template:
    spec:
      restartPolicy: Never
      containers:
      - name: main
        image: busybox:1.36
        command: [sh, -c, "{SCRIPT}"]
"""
TOOK = re.compile(r"took ([\d.]+) ([\d.]+)")
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(slots=True)
class Seen:
    """Of each round: how long the hook took, the processor time of steer and of the cluster's processes, steer's peak memory."""

    hook: list[float] = field(default_factory=list)
    steer: list[float] = field(default_factory=list)
    cluster: list[float] = field(default_factory=list)
    peak: int = 0


def run() -> Iterator[Table]:
    with tempfile.TemporaryDirectory(prefix="steersman-bench-") as scratch:
        folder = Path(scratch) / "cluster"
        try:
            state = launch.ensure_running(folder)
            chart = Path(scratch) / "chart"
            (chart / "templates").mkdir(parents=True)
            (chart / "Chart.yaml").write_text("apiVersion: v2\nname: flood\nversion: 1.0.0\n")
            (chart / "templates" / "hook.yaml").write_text(JOB)
            yield _table(chart, str(state.kubeconfig), folder)
        finally:
            launch.reset(folder)


def _table(chart: Path, kubeconfig: str, folder: Path) -> Table:
    alone, followed = Seen(), Seen()
    for _ in range(ROUNDS):
        _round(alone, folder, lambda seen: asyncio.run(_alone(kubeconfig)))
        _round(followed, folder, lambda seen: _followed(chart, kubeconfig, seen))
    peaks = {name: _peak(pid) for name, pid in _cluster(folder).items()}
    table = Table(
        f"A hook that prints {MEGABYTES} MB, median of {ROUNDS} rounds",
        ["", "hook took", "rounds", "CPU of the cluster", "CPU of steer", "peak of steer"],
    )
    for name, seen in (("nobody follows", alone), ("steer install --hook-logs all", followed)):
        rounds = ", ".join(f"{each:.1f}" for each in seen.hook)
        steer = f"{statistics.median(seen.steer):.1f} s" if seen.steer else "–"
        peak = f"{seen.peak >> 20} MB" if seen.peak else "–"
        row = [
            name,
            f"{statistics.median(seen.hook):.1f} s",
            rounds,
            f"{statistics.median(seen.cluster):.1f} s",
            steer,
            peak,
        ]
        table.rows.append(row)
    slower = statistics.median(followed.hook) / statistics.median(alone.hook) - 1
    table.notes = [
        f"Followed, the hook took {slower:+.0%} as long. Peaks of the cluster: "
        + ", ".join(f"{name} {peak >> 20} MB" for name, peak in peaks.items())
        + f". Load of the machine: {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores."
    ]
    return table


def _round(seen: Seen, folder: Path, act: Callable[[Seen], float]) -> None:
    before = sum(map(_cpu, _cluster(folder).values()))
    seen.hook.append(act(seen))
    seen.cluster.append(sum(map(_cpu, _cluster(folder).values())) - before)


async def _alone(kubeconfig: str) -> float:
    """Create the Job as it is, await its end, and only then ask for its last line."""
    from steersman.kube.client import connect
    from steersman.kube.interface import ObjectRef
    from steersman.kube.readiness import assess_completion
    from steersman.manifest import yaml

    kube = connect(kubeconfig)
    job = yaml.load(JOB)
    job["metadata"] = {"name": "flood", "namespace": "default"}
    ref = ObjectRef("batch/v1", "Job", "flood", "default")
    try:
        await kube.create(job)
        while not assess_completion(await kube.get(ref)).ready:  # noqa: ASYNC110 (it is on another machine, as it were)
            await asyncio.sleep(0.5)
        pods = await kube.list("v1", "Pod", namespace="default", label_selector="job-name=flood")
        stream = kube.pod_logs("default", pods.items[0]["metadata"]["name"], tail_lines=1)
        took = _took(b"".join([chunk async for chunk in stream]).decode())
        await kube.delete(ref, propagation="Foreground")
        while (await kube.list("v1", "Pod", namespace="default", label_selector="job-name=flood")).items:  # noqa: ASYNC110
            await asyncio.sleep(0.2)
        return took
    finally:
        await kube.aclose()


def _followed(chart: Path, kubeconfig: str, seen: Seen) -> float:
    steer = str(Path(sys.executable).parent / "steer")
    environment = {**os.environ, "KUBECONFIG": kubeconfig, "CI": "true"}
    command = [steer, "install", "flood", str(chart), "--hook-logs", "all", "--timeout", "20m"]
    with tempfile.NamedTemporaryFile() as output:
        try:
            found = cost(command, environment, output=output.name)
        except RuntimeError as error:
            raise RuntimeError(output.read().decode(errors="replace")[-2000:]) from error
        told = output.read().decode(errors="replace")
    subprocess.run([steer, "uninstall", "flood", "--delete-hooks"], env=environment, check=True, capture_output=True)
    seen.steer.append(found.cpu)
    seen.peak = max(seen.peak, found.peak)
    return _took(told)


def _took(text: str) -> float:
    begin, end = TOOK.findall(text)[-1]
    return float(end) - float(begin)


def _cluster(folder: Path) -> dict[str, int]:
    """The processes of the embedded cluster that keeps its state in `folder`: its server, and the agent that it has started."""
    commands = dict(_commands())
    state = launch.status(folder)
    server = state.pid if state else 0
    agents = {pid for pid, words in commands.items() if any("cluster.agent" in word for word in words)}
    ours = {pid for pid in agents if server in _ancestors(pid)}
    return {"server": server, **({"agent": min(ours)} if ours else {})}


def _commands() -> Iterator[tuple[int, list[str]]]:
    for each in Path("/proc").iterdir():
        with suppress(OSError):
            if each.name.isdigit():
                yield int(each.name), (each / "cmdline").read_bytes().decode(errors="replace").split("\0")


def _ancestors(pid: int) -> list[int]:
    found = []
    while pid > 1:
        try:
            pid = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            break
        found.append(pid)
    return found


def _cpu(pid: int) -> float:
    """Seconds of processor time so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def _peak(pid: int) -> int:
    """The highest resident memory so far, in bytes."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) * 1024 if found else 0
