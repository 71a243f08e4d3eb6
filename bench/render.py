"""Rendering charts: `steer template` against `helm template` as whole processes, and the library against others in process.

The charts are those of ../shared/charts, or of $STEERSMAN_BENCH_CHARTS. Rounds are interleaved, so that a slow moment of the
machine hits both sides; the median of the rounds counts.
"""

from __future__ import annotations

import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from bench import peers
from bench.processes import Cost, cost
from bench.tables import Table, milliseconds, ratio

PROJECT = Path(__file__).resolve().parent.parent
CHARTS = Path(os.environ.get("STEERSMAN_BENCH_CHARTS", PROJECT.parent / "shared" / "charts"))
ROUNDS = int(os.environ.get("STEERSMAN_BENCH_ROUNDS", "5"))
SECONDS_PER_CHART = 0.4


def run() -> Iterator[Table]:
    charts = sorted(CHARTS.glob("*.tgz"))
    if not charts:
        print(f"no charts in {CHARTS}: set STEERSMAN_BENCH_CHARTS", file=sys.stderr)
        return
    yield _processes(charts)
    yield _remains(charts)
    yield _library(charts)


def _processes(charts: list[Path]) -> Table:
    helm = _helm()
    steer = str(Path(sys.executable).parent / "steer")
    with tempfile.TemporaryDirectory() as home:
        caches = Path(home) / "cache"
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": home,
            "XDG_CACHE_HOME": str(caches),
            "KUBECONFIG": f"{home}/none",
        }
        theirs: dict[Path, Cost] = {}
        cold: dict[Path, Cost] = {}
        warm: dict[Path, Cost] = {}
        for chart in charts:
            rounds: list[tuple[Cost, Cost, Cost]] = []
            for _ in range(ROUNDS):
                helm_cost = cost([helm, "template", "bench", str(chart)], environment)
                shutil.rmtree(caches / "steersman", ignore_errors=True)
                cold_cost = cost([steer, "template", "bench", str(chart)], environment)
                rounds.append((helm_cost, cold_cost, cost([steer, "template", "bench", str(chart)], environment)))
            theirs[chart], cold[chart], warm[chart] = (_median(list(column)) for column in zip(*rounds, strict=True))
    table = Table(
        f"`steer template` and `helm template`, whole process, {len(charts)} charts, median of {ROUNDS} rounds",
        [
            "chart",
            "helm",
            "steer cold",
            "helm / cold",
            "steer warm",
            "helm / warm",
            "helm CPU",
            "steer CPU",
            "helm / steer",
            "helm memory",
            "steer memory",
            "helm / steer",
        ],
    )

    def row(name: str, helm_cost: Cost, cold_cost: Cost, warm_cost: Cost) -> list[str]:
        return [
            name,
            milliseconds(helm_cost.seconds),
            milliseconds(cold_cost.seconds),
            ratio(cold_cost.seconds, helm_cost.seconds),
            milliseconds(warm_cost.seconds),
            ratio(warm_cost.seconds, helm_cost.seconds),
            milliseconds(helm_cost.cpu),
            milliseconds(warm_cost.cpu),
            ratio(warm_cost.cpu, helm_cost.cpu),
            f"{helm_cost.peak / 1e6:.0f} MB",
            f"{warm_cost.peak / 1e6:.0f} MB",
            ratio(warm_cost.peak, helm_cost.peak),
        ]

    for chart in charts:
        table.rows.append(row(chart.stem, theirs[chart], cold[chart], warm[chart]))
    table.rows.append(row("**median**", *(_median(list(each.values())) for each in (theirs, cold, warm))))
    faster = sum(warm[chart].seconds <= theirs[chart].seconds for chart in charts)
    cheaper = sum(warm[chart].cpu <= theirs[chart].cpu for chart in charts)
    smaller = sum(max(warm[chart].peak, cold[chart].peak) < theirs[chart].peak for chart in charts)
    means = {
        f"{state} {what}": statistics.geometric_mean(
            getattr(theirs[chart], field) / getattr(costs[chart], field) for chart in charts
        )
        for state, costs in (("warm", warm), ("cold", cold))
        for what, field in (("wall", "seconds"), ("CPU", "cpu"))
    }
    table.notes = [
        "Geometric means of helm's time over steer's: "
        + ", ".join(f"{what} {mean:.2f}" for what, mean in means.items())
        + ".",
        f"Warm, steer is no slower than helm on {faster} of {len(charts)} charts and takes no more CPU time on {cheaper}; its "
        f"peak memory (cold and warm) is below helm's on {smaller}. Load of the machine: {os.getloadavg()[0]:.1f}.",
    ]
    return table


_START = """
import os
import steersman.cli.installable, steersman.cli.templating, steersman.manifest.order, steersman.template.environment
os._exit(0)
"""


def _remains(charts: list[Path]) -> Table:
    """What a warm start is made of: the interpreter, the modules that every chart needs, and the chart."""
    steer = str(Path(sys.executable).parent / "steer")
    table = Table("What a start is made of, CPU time, least of several", ["part", "CPU"])
    with tempfile.TemporaryDirectory() as home:
        environment = {"PATH": os.environ["PATH"], "HOME": home, "XDG_CACHE_HOME": f"{home}/cache"}
        least: dict[str, float] = {}
        for name, command in (
            ("the interpreter, doing nothing", [sys.executable, "-c", "pass"]),
            ("and importing what every chart needs", [sys.executable, "-c", _START]),
            *((f"{chart.stem}, warm", [steer, "template", "bench", str(chart)]) for chart in _sample(charts)),
        ):
            cost(command, environment)
            least[name] = min(cost(command, environment).cpu for _ in range(3 * ROUNDS))
    table.rows = [[name, milliseconds(seconds)] for name, seconds in least.items()]
    return table


def _sample(charts: list[Path]) -> list[Path]:
    """The smallest, the middle and the largest archive."""
    by_size = sorted(charts, key=lambda chart: chart.stat().st_size)
    return [by_size[0], by_size[len(by_size) // 2], by_size[-1]]


def _median(costs: list[Cost]) -> Cost:
    return Cost(
        statistics.median(c.seconds for c in costs),
        statistics.median(c.cpu for c in costs),
        int(statistics.median(c.peak for c in costs)),
    )


def _library(charts: list[Path]) -> Table:
    table = Table(
        "Rendering in one process: renders per second, chart loaded and templates compiled before",
        ["chart", "steersman", "helm-python-sdk", "ratio", "steersman, templates alone", "gotpl", "ratio"],
    )
    speeds = {chart.stem: _renders_per_second(chart) for chart in charts}
    ours = {name: whole for name, (whole, _) in speeds.items()}
    alone = {name: templates for name, (_, templates) in speeds.items()}
    others = peers.measure(charts, SECONDS_PER_CHART)
    for name, speed in ours.items():
        sdk, gotpl = others.sdk.get(name, 0.0), others.gotpl.get(name, 0.0)
        cells = [_speed(speed), _speed(sdk), ratio(sdk, speed)]
        table.rows.append([name, *cells, _speed(alone[name]), _speed(gotpl), ratio(gotpl, alone[name])])
    for peer, mine, theirs in (("helm-python-sdk", ours, others.sdk), ("gotpl", alone, others.gotpl)):
        both = [mine[name] / speed for name, speed in theirs.items() if speed]
        if both:
            table.notes.append(
                f"Against {peer} on the {len(both)} charts that it renders: {statistics.geometric_mean(both):.2f} times the "
                f"throughput (geometric mean; least {min(both):.2f}, most {max(both):.2f})."
            )
    table.notes += others.notes
    return table


def _speed(value: float) -> str:
    return f"{value:.1f}/s" if value else "–"


def _renders_per_second(path: Path) -> tuple[float, float]:
    """Of the whole way from values to text, as helm-python-sdk goes it, and of the templates alone, as gotpl does."""
    from steersman.chart.load import load
    from steersman.chart.render import ReleaseOptions, prepare, render_files

    chart = load(path)
    release = ReleaseOptions("bench")
    prepared = prepare(chart, {})
    render_files(prepared, release)
    return (
        _per_second(lambda: render_files(prepare(chart, {}), release)),
        _per_second(lambda: render_files(prepared, release)),
    )


def _per_second(work: Callable[[], object]) -> float:
    """The best of several spells: other work on the machine can only slow one down."""
    speeds = []
    for _ in range(peers.SPELLS):
        count, begin = 0, time.perf_counter()
        while (passed := time.perf_counter() - begin) < SECONDS_PER_CHART / peers.SPELLS:
            work()
            count += 1
        speeds.append(count / passed)
    return max(speeds)


def _helm() -> str:
    sys.path.insert(0, str(PROJECT / "tools"))
    from oracle import oracle  # type: ignore[import-not-found]

    return str(oracle() / "helm")
