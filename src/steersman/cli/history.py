"""`steer history`."""

from __future__ import annotations

from steersman.cli import declare
from steersman.cli.formats import emit, output_option
from steersman.cli.output import echo, warn_damaged
from steersman.cli.results import history_data, history_table
from steersman.cli.settings import Settings


@declare.command("history")
@declare.argument("name", metavar="RELEASE")
@declare.option(
    "--max", "maximum", type=int, default=256, show_default=True, help="maximum number of revisions to show"
)
@declare.option("--show-rollback-revision", is_flag=True, help="show which revision was rolled back to")
@output_option
@declare.pass_obj
def command(settings: Settings, name: str, maximum: int, show_rollback_revision: bool, output: str) -> None:
    """Show the revisions of a release, oldest first."""
    from steersman.cli.question import answer

    releases = answer(settings, lambda client: client.history(name, maximum=maximum, on_damaged=warn_damaged))
    if output == "table":
        echo(history_table(releases, rollback=show_rollback_revision))
    else:
        emit(history_data(releases), output)
