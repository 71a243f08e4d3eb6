"""`steer test`."""

from __future__ import annotations

import sys

from steersman.cli import declare
from steersman.cli.action_options import How, action_options
from steersman.cli.conclusion import released
from steersman.cli.options import comma_separated
from steersman.cli.output import echo
from steersman.cli.results import test_lines
from steersman.cli.settings import Settings
from steersman.lazy import TYPE_CHECKING
from steersman.lifecycle.plan import Options
from steersman.lifecycle.policy import Policy
from steersman.record import replace

if TYPE_CHECKING:
    from steersman.client.async_client import AsyncClient
    from steersman.lifecycle.events import ReleaseFinished


@declare.command("test")
@declare.argument("name", metavar="RELEASE")
@action_options("--parallel-hooks", description=False)
@declare.option(
    "--filter", "filters", multiple=True, help="run only the named test: name=NAME, or leave it out: !name=NAME"
)
@declare.option(
    "--logs", is_flag=True, help="dump the logs of the tests (they are shown as they come; this is Helm's name for it)"
)
@declare.pass_obj
def command(settings: Settings, name: str, options: Options, how: How, filters: tuple[str, ...], logs: bool) -> None:
    """Run the tests of a release: its test hooks."""
    from steersman.cli.session import act

    options = replace(options, test_filters=tuple(comma_separated(filters)))

    async def conclude(client: AsyncClient, finished: ReleaseFinished) -> None:
        if how.policy is Policy.HELM or how.output != "table":
            await released(how, notes=how.policy is not Policy.HELM)(client, finished)
            return
        release = await client.get(name)
        echo(f"TEST SUITE: {name}")
        for line in test_lines(release.hooks):
            echo(f"  {line}")
        echo("PASSED")

    sys.exit(act(settings, how, lambda client: client.test(name, options=options), conclude))
