"""What a report tells, drawn from revisions and hook runs; no HTML yet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from steersman.lifecycle.runs import HookRun
from steersman.manifest.diff import ChangeKind, diff_sets, text_diff
from steersman.manifest.documents import split
from steersman.release.record import Release

PRE = ("pre-install", "pre-upgrade", "pre-rollback", "pre-delete")


@dataclass(frozen=True, slots=True)
class Bar:
    """One attempt of a hook on its revision's time line: `start` and `end` are seconds from the revision's beginning."""

    run: HookRun
    start: float
    end: float
    weight: int | None = None

    @property
    def seconds(self) -> float:
        return self.end - self.start

    @property
    def failed(self) -> bool:
        return self.run.failed


@dataclass(frozen=True, slots=True)
class Difference:
    """One object that differs from the revision before; Secrets are masked."""

    name: str
    kind: ChangeKind
    diff: str


@dataclass(frozen=True, slots=True)
class Chapter:
    """One revision. `seconds` is its time line's length; `resources` the part of it between pre and post hooks."""

    release: Release
    bars: tuple[Bar, ...]
    seconds: float
    resources: tuple[float, float] | None
    differences: tuple[Difference, ...]

    @property
    def failed(self) -> bool:
        return str(self.release.info.status) == "failed"


def chapters(history: Sequence[Release], runs: Iterable[HookRun]) -> tuple[Chapter, ...]:
    """One chapter a revision, newest first; each is compared with the last revision before it that was deployed."""
    known = list(runs)
    told: list[Chapter] = []
    before: Release | None = None
    for release in sorted(history, key=lambda release: release.version):
        told.append(_chapter(release, before, [run for run in known if run.revision == release.version]))
        if str(release.info.status) != "failed":
            before = release
    return tuple(reversed(told))


def _chapter(release: Release, before: Release | None, runs: list[HookRun]) -> Chapter:
    weights = {(hook.kind, hook.name): hook.weight for hook in release.hooks}
    timed: list[tuple[HookRun, datetime, datetime]] = []
    for run in runs:
        if (start := _moment(run.started)) is not None:
            timed.append((run, start, max(_moment(run.ended) or start, start)))
    origin = min((start for _, start, _ in timed), default=datetime.min)
    bars = tuple(
        Bar(run, (start - origin).total_seconds(), (end - origin).total_seconds(), weights.get((run.kind, run.hook)))
        for run, start, end in timed
    )
    seconds = max((bar.end for bar in bars), default=0.0)
    first = max((bar.end for bar in bars if bar.run.event in PRE), default=None)
    last = min((bar.start for bar in bars if bar.run.event not in PRE and bar.run.event != "test"), default=None)
    between = (first, last) if first is not None and last is not None and last > first else None
    return Chapter(release, bars, seconds, between, _differences(before, release))


def _differences(before: Release | None, release: Release) -> tuple[Difference, ...]:
    if before is None:
        return ()
    return tuple(
        Difference(str(each.identity), each.kind, text_diff(each.old, each.new))
        for each in diff_sets(_objects(before.manifest), _objects(release.manifest))
    )


def _objects(manifest: str) -> list[dict[str, Any]]:
    return [document.object for document in split("", manifest) if isinstance(document.object, dict)]


def _moment(time: str) -> datetime | None:
    """A record's time, to the microsecond; None for none."""
    if len(time) < 20:
        return None
    fraction = time[19:26].rstrip("Z") if time[19] == "." else ""
    return datetime.fromisoformat(time[:19] + (fraction.ljust(7, "0") if fraction else ""))
