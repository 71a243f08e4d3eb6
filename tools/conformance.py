"""Does steer render what helm renders? Run both over a folder of charts and show the first difference of each.

    python tools/conformance.py FOLDER [--jobs 2] [--only WORD] [--helm PATH] [--values-from-chart] [-v]

Every .tgz and every folder with a Chart.yaml below FOLDER is rendered in three ways: plainly, with --include-crds and with
--is-upgrade. What helm refuses, steer must refuse. What differs between two runs of helm itself (random passwords, fresh
certificates and the checksums over them, the order of Go's maps) is masked where, and only where, helm's own runs differ.

Exit code 1 if any chart differs.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from masking import first_difference
from oracle import oracle

MODES: dict[str, tuple[str, ...]] = {"plain": (), "include-crds": ("--include-crds",), "is-upgrade": ("--is-upgrade",)}

# How often helm is asked again before a difference counts as one: enough to see the orders that Go's maps come in.
MORE_RUNS = 5


@dataclass(frozen=True, slots=True)
class Run:
    """What a command did."""

    code: int
    out: str
    err: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """`kind` is identical, masked, refused or different; `detail` the first difference, or both refusals' messages."""

    chart: str
    mode: str
    kind: str
    detail: str = ""


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--only", default="", help="only charts whose name contains this")
    parser.add_argument("--helm", default="", help="the helm to compare with (found or downloaded by default)")
    parser.add_argument(
        "--values-from-chart",
        action="store_true",
        help="also with each values file in a chart's folder: ci/*, values-*",
    )
    parser.add_argument("-v", "--verbose", action="store_true", help="also list what agrees, and both refusals' words")
    options = parser.parse_args(arguments)
    charts = [path for path in find_charts(options.folder) if options.only in path.name]
    if not charts:
        print(f"no chart found in {options.folder}", file=sys.stderr)
        return 2
    helm = options.helm or str(oracle() / "helm")
    counts: Counter[str] = Counter()
    failed: set[str] = set()
    with tempfile.TemporaryDirectory() as home, ThreadPoolExecutor(options.jobs) as pool:
        environment = {
            **os.environ,
            **{f"HELM_{kind}_HOME": f"{home}/{kind.lower()}" for kind in ("CACHE", "CONFIG", "DATA")},
        }
        environment["XDG_CACHE_HOME"] = f"{home}/xdg"
        jobs = [
            pool.submit(compare, helm, chart, mode, words, environment, str(chart.relative_to(options.folder)))
            for chart in charts
            for mode, words in {**MODES, **(own_values(chart) if options.values_from_chart else {})}.items()
        ]
        for job in jobs:
            verdict = job.result()
            counts[verdict.kind] += 1
            if verdict.kind == "different":
                failed.add(verdict.chart)
            if verdict.kind == "different" or options.verbose:
                print(f"{verdict.kind:10} {verdict.chart} [{verdict.mode}]")
                if verdict.detail:
                    print("    " + verdict.detail.replace("\n", "\n    "), flush=True)
    total = sum(counts.values())
    listed = ", ".join(f"{counts[kind]} {kind}" for kind in ("identical", "masked", "refused", "different"))
    print(f"{len(charts)} charts, {total} renderings: {listed}")
    print(f"{len(charts) - len(failed)} of {len(charts)} charts agree with helm")
    return 1 if failed else 0


def find_charts(folder: Path) -> list[Path]:
    """The charts directly in the folder, or the folder itself if it is one."""
    if (folder / "Chart.yaml").is_file():
        return [folder]
    entries = sorted(folder.iterdir())
    return [path for path in entries if path.suffix == ".tgz" or (path / "Chart.yaml").is_file()]


def own_values(chart: Path) -> dict[str, tuple[str, ...]]:
    """The values files that lie in a chart's folder beside its defaults, each as a mode."""
    names = ("ci/*.yaml", "ci/*.yml", "values[-_.]?*.yaml", "*-values.yaml")
    files = sorted({path for name in names for path in chart.glob(name)} if chart.is_dir() else ())
    return {str(path.relative_to(chart)): ("--values", str(path)) for path in files}


def compare(
    helm: str, chart: Path, mode: str, options: Sequence[str], environment: dict[str, str], label: str
) -> Verdict:
    """Render one chart in one mode with both and judge."""
    words = ["template", "release-name", str(chart), *options]
    ours = run([sys.executable, "-c", "from steersman.cli import main; main()", *words], environment)
    theirs = [run([helm, *words], environment)]
    if ours.code != theirs[0].code:
        return Verdict(label, mode, "different", f"helm: {_ending(theirs[0])}\nsteer: {_ending(ours)}")
    if ours.code != 0:
        same = message(ours) == message(theirs[0])
        return Verdict(label, mode, "refused", "" if same else f"helm: {message(theirs[0])}\nsteer: {message(ours)}")
    if ours.out == theirs[0].out:
        return Verdict(label, mode, "identical")
    difference = ""
    while len(theirs) <= MORE_RUNS:
        theirs.append(run([helm, *words], environment))
        difference = first_difference(ours.out, [each.out for each in theirs])
        if not difference:
            return Verdict(label, mode, "masked")
    return Verdict(label, mode, "different", difference)


def run(command: Sequence[str], environment: dict[str, str]) -> Run:
    done = subprocess.run(
        command, capture_output=True, env=environment, stdin=subprocess.DEVNULL, timeout=300, check=False
    )
    return Run(done.returncode, done.stdout.decode("utf-8", "surrogateescape"), done.stderr.decode("utf-8", "replace"))


def message(done: Run) -> str:
    """The error's first line, without what differs by nature."""
    lines = [line for line in done.err.splitlines() if line.startswith("Error:")]
    return lines[0] if lines else done.err.strip()


def _ending(done: Run) -> str:
    return f"exit code {done.code}" + (f", {message(done)}" if done.code else "")


if __name__ == "__main__":
    sys.exit(main())
