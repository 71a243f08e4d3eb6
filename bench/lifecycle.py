"""The life of a release: `steer` against `helm`, whole processes on one embedded API server.

Each tool works in a namespace of its own, turn by turn, so that a slow moment of the machine hits both; the median of the rounds
counts. STEERSMAN_BENCH_SIZES (resources per chart), STEERSMAN_BENCH_RELEASES and STEERSMAN_BENCH_ROUNDS make it smaller;
STEERSMAN_BENCH_KUBECONFIG names another API server (its namespaces `helm` and `steer` are used).
"""

from __future__ import annotations

import asyncio
import os
import statistics
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from bench.processes import Cost, cost
from bench.render import _helm as helm_binary
from bench.tables import Table, milliseconds, ratio
from steersman.cluster import launch

ROUNDS = int(os.environ.get("STEERSMAN_BENCH_ROUNDS", "3"))
SIZES = tuple(int(size) for size in os.environ.get("STEERSMAN_BENCH_SIZES", "10,100,1000").split(","))
RELEASES = int(os.environ.get("STEERSMAN_BENCH_RELEASES", "500"))
REVISIONS = 10
HOOKS = 100
HEADERS = ["what", "helm", "steer", "helm / steer", "helm CPU", "steer CPU", "helm memory", "steer memory"]

RESOURCES = """{{- range until (int .Values.count) }}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: {{ $.Release.Name }}-{{ . }}}
data: {value: {{ if eq . 0 }}{{ $.Values.first | quote }}{{ else }}"{{ . }}"{{ end }}}
{{- end }}
"""
HOOK = """{{- range until (int .Values.hooks) }}
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ $.Release.Name }}-hook-{{ . }}
  annotations: {helm.sh/hook: pre-upgrade}
{{- end }}
"""
Costs = tuple[list[Cost], list[Cost]]


def run() -> Iterator[Table]:
    with tempfile.TemporaryDirectory(prefix="steersman-bench-") as scratch:
        folder = Path(scratch) / "cluster"
        given = os.environ.get("STEERSMAN_BENCH_KUBECONFIG")
        try:
            tools = _Tools(Path(scratch), given or str(launch.ensure_running(folder).kubeconfig))
            where = "the API server given" if given else "one embedded API server"
            yield _actions(tools, where)
            yield _questions(tools)
        finally:
            if not given:
                launch.reset(folder)


class _Tools:
    """Both commands, each in its namespace, and the chart that they work on."""

    def __init__(self, folder: Path, kubeconfig: str) -> None:
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "KUBECONFIG": kubeconfig}
        self.kubeconfig = kubeconfig
        self.commands = {"helm": helm_binary(), "steer": str(Path(sys.executable).parent / "steer")}
        self.chart = folder / "chart"
        (self.chart / "templates").mkdir(parents=True)
        (self.chart / "Chart.yaml").write_text("apiVersion: v2\nname: bench\nversion: 1.0.0\n")
        (self.chart / "values.yaml").write_text("count: 1\nfirst: one\nhooks: 0\n")
        (self.chart / "templates" / "resources.yaml").write_text(RESOURCES)
        (self.chart / "templates" / "hooks.yaml").write_text(HOOK)

    def both(self, *arguments: str, costs: Costs | None = None) -> Costs:
        """Run it with both, and add what it cost to `costs`."""
        found = costs or ([], [])
        for (tool, command), kept in zip(self.commands.items(), found, strict=True):
            more = ["--create-namespace"] if arguments[0] == "install" else []
            kept.append(cost([command, *arguments, "--namespace", tool, *more], self.environment))
        return found


def _actions(tools: _Tools, where: str) -> Table:
    rounds = f"median of {ROUNDS} rounds"
    table = Table(f"Actions of charts of ConfigMaps, whole processes on {where}, {rounds}", HEADERS)
    for size in SIZES:
        actions = {
            "install": ("install", "b", str(tools.chart), "--set", f"count={size}"),
            "upgrade, no change": ("upgrade", "b", str(tools.chart), "--set", f"count={size}"),
            "upgrade, one change": ("upgrade", "b", str(tools.chart), "--set", f"count={size},first=two"),
            "rollback": ("rollback", "b", "1"),
            "uninstall": ("uninstall", "b"),
        }
        found: dict[str, Costs] = {}
        for _ in range(ROUNDS):
            for name, arguments in actions.items():
                found[name] = tools.both(*arguments, costs=found.get(name))
        table.rows += [_row(f"{name}, {size:,} resources", costs) for name, costs in found.items()]
    table.rows.append(_hooks(tools))
    table.notes = [
        f"Load of the machine: {os.getloadavg()[0]:.1f}. steer under its default policy, which waits for readiness."
    ]
    return table


def _hooks(tools: _Tools) -> list[str]:
    """What one hook costs that is done once stored: an upgrade with many less one with none."""
    tools.both("install", "h", str(tools.chart))
    without: Costs = ([], [])
    having: Costs = ([], [])
    for _ in range(ROUNDS):
        tools.both("upgrade", "h", str(tools.chart), "--set", "first=two", costs=without)
        tools.both("upgrade", "h", str(tools.chart), "--set", f"first=three,hooks={HOOKS}", costs=having)
    each = [
        Cost(
            (_median(more).seconds - _median(less).seconds) / HOOKS,
            (_median(more).cpu - _median(less).cpu) / HOOKS,
            _median(more).peak,
        )
        for less, more in zip(without, having, strict=True)
    ]
    tools.both("uninstall", "h")
    return _row("one hook more (ConfigMap)", ([each[0]], [each[1]]))


def _questions(tools: _Tools) -> Table:
    table = Table(
        f"Questions with {RELEASES} releases of {REVISIONS} revisions each, median of {ROUNDS} rounds", HEADERS
    )
    tools.both("install", "r0", str(tools.chart))
    for namespace in tools.commands:
        asyncio.run(_multiply(tools.kubeconfig, namespace))
    for name, arguments in {
        "list": ("list",),
        f"list --max {RELEASES}": ("list", "--max", str(RELEASES)),
        "history": ("history", "r0"),
    }.items():
        costs: Costs = ([], [])
        for _ in range(ROUNDS):
            tools.both(*arguments, costs=costs)
        table.rows.append(_row(name, costs))
    return table


async def _multiply(kubeconfig: str, namespace: str) -> None:
    """Of one release with one revision, make as many as are wanted: in the books, which is all that is asked for."""
    from steersman.client import AsyncClient
    from steersman.release.record import Status

    async with AsyncClient(kubeconfig=kubeconfig, namespace=namespace) as client:
        model = await client.get("r0")
        for number in range(RELEASES):
            for version in range(2 if number == 0 else 1, REVISIONS + 1):
                status = Status.DEPLOYED if version == REVISIONS else Status.SUPERSEDED
                release = replace(model, name=f"r{number}", version=version)
                await client.storage.create(release.with_status(status, "Upgrade complete"))
        await client.storage.update(model.with_status(Status.SUPERSEDED, "Install complete"))


def _row(name: str, costs: Costs) -> list[str]:
    helm, steer = map(_median, costs)
    return [
        name,
        milliseconds(helm.seconds),
        milliseconds(steer.seconds),
        ratio(steer.seconds, helm.seconds),
        milliseconds(helm.cpu),
        milliseconds(steer.cpu),
        f"{helm.peak / 1e6:.0f} MB",
        f"{steer.peak / 1e6:.0f} MB",
    ]


def _median(costs: list[Cost]) -> Cost:
    return Cost(
        statistics.median(c.seconds for c in costs),
        statistics.median(c.cpu for c in costs),
        int(statistics.median(c.peak for c in costs)),
    )
