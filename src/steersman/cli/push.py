"""`steer push`: a packaged chart into an OCI registry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from steersman.cli import declare
from steersman.cli.access_options import access_options
from steersman.cli.home import home
from steersman.cli.output import echo

if TYPE_CHECKING:
    from steersman.chart.repo.fetch import Access


@declare.command("push")
@declare.argument("chart", metavar="ARCHIVE")
@declare.argument("remote")
@access_options
def command(chart: str, remote: str, access: Access) -> None:
    """Upload a packaged chart below REMOTE (oci://HOST/PATH), with its provenance file if it has one."""
    from steersman.chart.repo.transfer import push

    push(home(), chart, remote, access=access, say=echo)
