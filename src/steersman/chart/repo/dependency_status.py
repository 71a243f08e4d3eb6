"""How a chart's dependencies stand: what `dependency list` says of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from steersman.chart.load import load
from steersman.chart.model import Chart, Dependency
from steersman.chart.versions import is_compatible, is_constraint, is_strict_version, is_version
from steersman.errors import SteersmanError


def status_of(folder: Path, dependency: Dependency, chart: Chart) -> str:
    """How a dependency stands in charts/: ok, unpacked, missing, wrong version, corrupt, misnamed, too many matches."""
    archives = list((folder / "charts").glob(f"{dependency.name}-*.tgz")) if folder.is_dir() else []
    if len(archives) > 1:
        archives = [path for path in archives if is_strict_version(path.stem[len(dependency.name) + 1 :])]
        if len(archives) > 1:
            return "too many matches"
    if archives:
        try:
            packed = load(archives[0])
        except SteersmanError:
            return "corrupt"
        return "misnamed" if packed.name != dependency.name else _fits(dependency, packed) or "ok"
    unpacked = next((one for one in reversed(chart.dependencies) if one.name == dependency.name), None)
    return "missing" if unpacked is None else _fits(dependency, unpacked) or "unpacked"


def unwanted(folder: Path, dependencies: Iterable[Dependency]) -> Iterator[str]:
    """A warning for everything in charts/ that is no chart or not in Chart.yaml."""
    names = {dependency.name for dependency in dependencies}
    charts = folder / "charts"
    for path in sorted(charts.iterdir()) if charts.is_dir() else ():
        if not path.is_dir() and path.suffix != ".tgz":
            continue
        try:
            name = load(path).name
        except SteersmanError:
            yield f'WARNING: "{path}" is not a chart.'
            continue
        if name not in names:
            yield f'WARNING: "{path}" is not in Chart.yaml.'


def _fits(dependency: Dependency, chart: Chart) -> str:
    version = chart.metadata.version
    if version == dependency.version:
        return ""
    if not is_constraint(dependency.version) or not is_version(version):
        return "invalid version"
    return "" if is_compatible(dependency.version, version) else "wrong version"
