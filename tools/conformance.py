"""Does steer render what helm renders? Run both over a folder of charts and show the first difference of each.

    python tools/conformance.py FOLDER [--jobs 2] [--only WORD] [--helm PATH] [-v]

Every .tgz and every folder with a Chart.yaml below FOLDER is rendered in three ways: plainly, with --include-crds and with
--is-upgrade. What helm refuses, steer must refuse. What differs between two runs of helm itself (random passwords, fresh
certificates and the checksums over them, the order of Go's maps) is masked where, and only where, helm's own runs differ.

Exit code 1 if any chart differs.
"""

from __future__ import annotations

import argparse
import difflib
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

MODES: dict[str, tuple[str, ...]] = {"plain": (), "include-crds": ("--include-crds",), "is-upgrade": ("--is-upgrade",)}

# How often helm is asked again before a difference counts as one: enough to see the orders that Go's maps come in.
MORE_RUNS = 5

# An encoded certificate is not always of the same length; a password is.
_LONG_TOKEN = 100
_ALPHABETS = ("[0-9]+", "[0-9a-f]+", "[a-z]+", "[a-z0-9]+", "[A-Za-z0-9]+")

_TOKEN = re.compile(r"[A-Za-z0-9+/=_.-]+|[^A-Za-z0-9+/=_.-]")
_DOCUMENT = re.compile(r"^---\n(?=# Source: )", re.MULTILINE)


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
    parser.add_argument("-v", "--verbose", action="store_true", help="also list what agrees, and both refusals' words")
    options = parser.parse_args(arguments)
    charts = [path for path in find_charts(options.folder) if options.only in path.name]
    if not charts:
        print(f"no chart found in {options.folder}", file=sys.stderr)
        return 2
    helm = options.helm or str(_oracle() / "helm")
    counts: Counter[str] = Counter()
    failed: set[str] = set()
    with tempfile.TemporaryDirectory() as home, ThreadPoolExecutor(options.jobs) as pool:
        environment = {
            **os.environ,
            **{f"HELM_{kind}_HOME": f"{home}/{kind.lower()}" for kind in ("CACHE", "CONFIG", "DATA")},
        }
        environment["XDG_CACHE_HOME"] = f"{home}/xdg"
        jobs = [
            pool.submit(compare, helm, chart, mode, environment, str(chart.relative_to(options.folder)))
            for chart in charts
            for mode in MODES
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


def compare(helm: str, chart: Path, mode: str, environment: dict[str, str], label: str) -> Verdict:
    """Render one chart in one mode with both and judge."""
    words = ["template", "release-name", str(chart), *MODES[mode]]
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


def first_difference(ours: str, theirs: list[str]) -> str:
    """The first line that no run of helm explains; "" if all is explained by helm's own changes from run to run."""
    if ours in theirs:
        return ""
    if len({_sorted_documents(text) for text in theirs}) == 1 and len(set(theirs)) > 1:
        # only the order of documents changes
        ours, theirs = _sorted_documents(ours), [_sorted_documents(theirs[0])]
        return "" if ours == theirs[0] else _show(ours, theirs[0])
    if len(set(theirs)) == 1:
        return _show(ours, theirs[0])
    lines = [text.split("\n") for text in theirs]
    mine = ours.split("\n")
    if all(len(each) == len(mine) for each in lines):
        for number, line in enumerate(mine):
            versions = [each[number] for each in lines]
            if not _explained(line, versions):
                return f"line {number + 1}\nhelm:  {versions[0]}\nsteer: {line}"
        return ""
    return _missing_stable_line(mine, lines)


def _explained(line: str, versions: list[str]) -> bool:
    """Whether the line is one of helm's, or differs from them only in the tokens in which they differ."""
    if line in versions:
        return True
    if len(set(versions)) == 1:
        return False
    tokens = [_TOKEN.findall(version) for version in versions]
    mine = _TOKEN.findall(line)
    if any(len(each) != len(mine) for each in tokens):
        return True  # a token of changing length: an encoded certificate, say
    return all(token in column or _alike(token, column) for token, *column in zip(mine, *tokens, strict=True))


def _alike(token: str, column: list[str]) -> bool:
    """Whether a token could stand in helm's changing place: of their length, if that stays, and of their alphabet."""
    if len(set(column)) == 1:
        return False
    lengths = {len(each) for each in column}
    if len(lengths) == 1 and len(column[0]) < _LONG_TOKEN and len(token) not in lengths:
        return False
    return all(
        re.fullmatch(alphabet, token) for alphabet in _ALPHABETS if all(re.fullmatch(alphabet, c) for c in column)
    )


def _missing_stable_line(mine: list[str], lines: list[list[str]]) -> str:
    """Where runs have different numbers of lines: the lines common to all of helm's must come in ours, in their order."""
    stable = lines[0]
    for other in lines[1:]:
        blocks = difflib.SequenceMatcher(None, stable, other, autojunk=False).get_matching_blocks()
        stable = [line for block in blocks for line in stable[block.a : block.a + block.size]]
    rest: Iterator[str] = iter(mine)
    for line in stable:
        if not any(line == candidate for candidate in rest):
            return f"helm's line is missing or out of order:\nhelm:  {line}"
    return ""


def _sorted_documents(text: str) -> str:
    return "---\n".join(sorted(_DOCUMENT.split(text)))


def _show(ours: str, theirs: str) -> str:
    mine, his = ours.split("\n"), theirs.split("\n")
    number = next((n for n, (a, b) in enumerate(zip(mine, his, strict=False)) if a != b), min(len(mine), len(his)))
    source = next((line for line in reversed(his[:number]) if line.startswith("# Source:")), "")
    context = his[max(0, number - 2) : number]
    return "\n".join(
        [
            f"line {number + 1} {source}",
            *(f"       {line}" for line in context),
            f"helm:  {his[number] if number < len(his) else '<end>'}",
            f"steer: {mine[number] if number < len(mine) else '<end>'}",
        ]
    )


def _ending(done: Run) -> str:
    return f"exit code {done.code}" + (f", {message(done)}" if done.code else "")


def _oracle() -> Path:
    sys.path.insert(0, str(Path(__file__).resolve().parent))
    from oracle import oracle

    return oracle()


if __name__ == "__main__":
    sys.exit(main())
