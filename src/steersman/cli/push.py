"""`steer push`: a packaged chart into an OCI registry."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from steersman.cli.access_options import access_options
from steersman.cli.command import HelmCommand
from steersman.cli.home import home

if TYPE_CHECKING:
    from steersman.chart.repo.fetch import Access


@click.command("push", cls=HelmCommand)
@click.argument("chart")
@click.argument("remote")
@access_options
def command(chart: str, remote: str, access: Access) -> None:
    """Upload a packaged chart below REMOTE (oci://HOST/PATH), with its provenance file if it has one."""
    from steersman.chart.repo.transfer import push

    push(home(), chart, remote, access=access, say=click.echo)
