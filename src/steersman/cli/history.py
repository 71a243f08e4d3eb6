"""`steer history`."""

from __future__ import annotations

import click

from steersman.cli.command import HelmCommand
from steersman.cli.formats import emit, output_option
from steersman.cli.results import history_data, history_table
from steersman.cli.settings import Settings


@click.command("history", cls=HelmCommand)
@click.argument("name", metavar="RELEASE")
@click.option("--max", "maximum", type=int, default=256, show_default=True, help="maximum number of revisions to show")
@output_option
@click.pass_obj
def command(settings: Settings, name: str, maximum: int, output: str) -> None:
    """Show the revisions of a release, oldest first."""
    from steersman.cli.question import answer

    releases = answer(settings, lambda client: client.history(name, maximum=maximum))
    if output == "table":
        click.echo(history_table(releases))
    else:
        emit(history_data(releases), output)
