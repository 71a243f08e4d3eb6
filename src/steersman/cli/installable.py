"""Loading a chart that is to be installed or rendered: no library, nothing missing."""

from __future__ import annotations

from steersman.chart.dependencies import check_present
from steersman.chart.load import load
from steersman.chart.model import Chart
from steersman.chart.notice import notice
from steersman.cli.output import warn
from steersman.errors import ChartError
from steersman.lazy import TYPE_CHECKING
from steersman.memo import Memo

if TYPE_CHECKING:
    from collections.abc import Callable


def load_installable(
    path: str, memo: Memo | None = None, *, fetch_missing: Callable[[str], None] | None = None
) -> Chart:
    """The chart at `path`, checked to be one that can be installed, with all its subcharts.

    `memo` may know it from an earlier run; `fetch_missing` brings missing subcharts into its charts/ folder. Raises ChartError.
    """
    chart = load(path, warn, memo)
    if chart.metadata.type not in ("", "application"):
        raise ChartError(
            f"{chart.metadata.type} charts are not installable",
            hint="A library chart is for other charts to depend on.",
        )
    if chart.metadata.deprecated:
        warn(notice("this chart is deprecated"))
    try:
        check_present(chart)
    except ChartError:
        if fetch_missing is None:
            raise
        fetch_missing(path)
        chart = load(path, warn)
        check_present(chart)
    return chart
