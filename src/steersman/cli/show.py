"""`steer show`: what a chart says of itself."""

from __future__ import annotations

from steersman.cli import declare
from steersman.cli.locate import ChartReference, chart_reference_options


@declare.group("show")
def command() -> None:
    """Show information of a chart: its definition, values, README, CRDs."""


def _show(chart: str, reference: ChartReference, *parts: str) -> None:
    from steersman.chart.load import load
    from steersman.chart.show import show
    from steersman.cli.output import warn, write

    write(show(load(reference.locate(chart), warn), parts))


@command.command("all")
@declare.argument("chart", metavar="CHART")
@chart_reference_options
def everything(chart: str, reference: ChartReference) -> None:
    """Show all information of the chart: Chart.yaml, values.yaml, README, CRDs."""
    _show(chart, reference, "chart", "values", "readme", "crds")


@command.command("chart")
@declare.argument("chart", metavar="CHART")
@chart_reference_options
def definition(chart: str, reference: ChartReference) -> None:
    """Show the chart's definition: the contents of Chart.yaml."""
    _show(chart, reference, "chart")


@command.command("values")
@declare.argument("chart", metavar="CHART")
@declare.option("--jsonpath", default="", help="supply a JSONPath expression to filter the output: {.image.tag}")
@chart_reference_options
def values(chart: str, reference: ChartReference, jsonpath: str) -> None:
    """Show the chart's values.yaml, comments and all, or what --jsonpath finds in it."""
    if not jsonpath:
        _show(chart, reference, "values")
        return
    from steersman.chart.jsonpath.find import render
    from steersman.chart.load import load
    from steersman.cli.output import warn, write

    write(render(jsonpath, load(reference.locate(chart), warn).values))


@command.command("readme")
@declare.argument("chart", metavar="CHART")
@chart_reference_options
def readme(chart: str, reference: ChartReference) -> None:
    """Show the chart's README."""
    _show(chart, reference, "readme")


@command.command("crds")
@declare.argument("chart", metavar="CHART")
@chart_reference_options
def crds(chart: str, reference: ChartReference) -> None:
    """Show the chart's CRDs, and those of its subcharts."""
    _show(chart, reference, "crds")
