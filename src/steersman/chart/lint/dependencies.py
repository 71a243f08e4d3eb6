"""Rules for the chart as a whole: that it loads, and that charts/ holds what Chart.yaml asks for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from steersman.chart.assemble import UnsupportedApiVersion
from steersman.chart.lint.message import Message, Severity
from steersman.chart.load import load
from steersman.errors import SteersmanError
from steersman.lazy import TYPE_CHECKING

if TYPE_CHECKING:
    from steersman.chart.notice import Warn


def check(folder: str, warn: Warn) -> Iterator[Message]:
    try:
        chart = load(folder, warn)
    except UnsupportedApiVersion:
        return  # which is told of Chart.yaml
    except SteersmanError as error:
        yield Message(Severity.ERROR, "", f"unable to load chart\n\t{error}")
        return
    wanted = chart.metadata.dependencies or []
    names = {dependency.name for dependency in wanted}
    present = {subchart.name for subchart in chart.dependencies}
    if unasked := [subchart.name for subchart in chart.dependencies if subchart.name not in names]:
        yield Message(Severity.ERROR, folder, f"chart metadata is missing these dependencies: {','.join(unasked)}")
    counts = Counter(dependency.alias or dependency.name for dependency in wanted)
    if twice := [name for name, count in counts.items() if count > 1]:
        yield Message(Severity.ERROR, folder, f"multiple dependencies with name or alias: {','.join(twice)}")
    if missing := [dependency.name for dependency in wanted if dependency.name not in present]:
        yield Message(Severity.WARNING, folder, f"chart directory is missing these dependencies: {','.join(missing)}")
