"""`steer pull`: a chart from a repository or registry, into a folder."""

from __future__ import annotations

from steersman.cli import declare
from steersman.cli.home import home
from steersman.cli.locate import ChartReference, chart_reference_options
from steersman.cli.output import echo


@declare.command("pull")
@declare.argument("charts", metavar="CHART...", nargs=-1, required=True)
@chart_reference_options
@declare.option("-d", "--destination", default=".", help="location to write the chart; --untardir is below it")
@declare.option("--prov", is_flag=True, help="fetch the provenance file, but don't perform verification")
@declare.option("--untar", is_flag=True, help="untar the chart after downloading it")
@declare.option("--untardir", default=".", help="with --untar, the directory into which the chart is expanded")
def command(
    charts: tuple[str, ...], reference: ChartReference, destination: str, prov: bool, untar: bool, untardir: str
) -> None:
    """Download charts (REPO/CHART, an address, oci://…) and optionally unpack them."""
    from steersman.chart.repo.transfer import pull

    for chart in charts:
        pull(
            home(),
            chart,
            reference.constraint,
            repo=reference.repo,
            destination=destination,
            provenance=prov,
            keyring=reference.keyring if reference.verify else None,
            untar=untar,
            untar_dir=untardir,
            access=reference.access,
            say=echo,
        )
