"""Searching the cached indexes of the known repositories."""

from __future__ import annotations

from collections.abc import Callable

from steersman.chart.repo.home import Home
from steersman.chart.repo.index import ChartVersion
from steersman.chart.repo.repositories import cached_index, read_repositories, silent
from steersman.chart.versions import is_compatible, is_constraint, newest_first
from steersman.errors import RepositoryError, UsageError
from steersman.record import record

STABLE, ANY = ">0.0.0", ">0.0.0-0"


@record(frozen=True, slots=True)
class Result:
    """A chart that was found; the lower the score, the better it fits: 0 by its name, 3 by a keyword."""

    name: str
    score: int
    chart: ChartVersion


def search(
    home: Home,
    term: str = "",
    *,
    version: str = STABLE,
    all_versions: bool = False,
    regexp: bool = False,
    warn: Callable[[str], None] = silent,
) -> list[Result]:
    """Charts whose name, description or keywords hold the term, as text in any case or as a regular expression.

    The best come first, and of each only the newest version that `version` allows, unless `all_versions` is set.
    Raises RepositoryError, UsageError.
    """
    if not is_constraint(version):
        raise UsageError(f"an invalid version/constraint format: improper constraint: {version}")
    find = _finder(term, regexp)
    repositories = read_repositories(home)
    if not repositories:
        raise RepositoryError("no repositories configured", hint="steer repo add NAME URL")
    results: list[Result] = []
    for repository in repositories:
        try:
            index = cached_index(home, repository)
        except RepositoryError as error:
            warn(f"Repo {repository.name!r} is corrupt or missing. Try 'steer repo update': {error}")
            continue
        for chart in index:
            score = _score(chart, repository.name, find)
            if score is not None and is_compatible(version, chart.version):
                results.append(Result(f"{repository.name}/{chart.name}", score, chart))
    ordered = newest_first(results, lambda result: result.chart.version)
    ordered.sort(key=lambda result: (result.score, result.name))
    if all_versions:
        return ordered
    newest: dict[str, Result] = {}
    for result in ordered:
        newest.setdefault(result.name, result)
    return list(newest.values())


def _finder(term: str, regexp: bool) -> Callable[[str], int]:
    """Where a text holds the term, -1 if it does not."""
    if not regexp:
        lower = term.lower()
        return lambda text: text.lower().find(lower)
    import re2

    try:
        pattern = re2.compile(term)
    except re2.error as error:
        raise UsageError(f"error parsing regexp: {error}") from error

    def find(text: str) -> int:
        match = pattern.search(text)
        return int(match.start()) if match else -1

    return find


def _score(chart: ChartVersion, repository: str, find: Callable[[str], int]) -> int | None:
    """Which of the chart's texts has the term first; None if none has."""
    fields = [
        chart.name,
        f"{repository}/{chart.name}",
        chart.metadata.description,
        " ".join(chart.metadata.keywords or ()),
    ]
    found = find("\v".join(fields))
    if found < 0:
        return None
    end = -1
    for score, text in enumerate(fields):
        end += len(text) + 1
        if found <= end:
            return score
    return len(fields) - 1
