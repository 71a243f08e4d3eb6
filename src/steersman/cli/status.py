"""`steer status`."""

from __future__ import annotations

import json

from steersman.cli import declare
from steersman.cli.formats import emit, output_option
from steersman.cli.output import echo, warn
from steersman.cli.policy import chosen_policy
from steersman.cli.results import status_text
from steersman.cli.settings import Settings
from steersman.lazy import TYPE_CHECKING
from steersman.lifecycle.policy import Policy
from steersman.release.record import Status

if TYPE_CHECKING:
    from steersman.client.live import LiveResources
    from steersman.client.questions import Questions
    from steersman.client.results import ReleaseStatus

# In these a release has no resources, or another revision has them.
NOT_IN_THE_CLUSTER = (Status.UNINSTALLED, Status.SUPERSEDED)
NAMED = 5


@declare.command("status")
@declare.argument("name", metavar="RELEASE")
@declare.option("--revision", type=int, default=0, help="display the status of the named revision")
@output_option
@declare.pass_obj
def command(settings: Settings, name: str, revision: int, output: str) -> None:
    """Show the status of a release: what runs, its resources as they are now, and, where it is another, the last attempt."""
    from steersman.cli.question import answer

    status, live = answer(settings, lambda client: _ask(client, name, revision, tables=output == "table"))
    if status.release.info.status not in NOT_IN_THE_CLUSTER and chosen_policy(None) is not Policy.HELM:
        warn_of_missing(live)
    if output != "table":
        _emit(status, live, output)
        return
    from steersman.cli.resource_tables import resource_tables

    echo(status_text(status.release, resources=resource_tables(live)))
    if status.failed_attempt is not None:
        attempt = status.failed_attempt
        echo(f"LAST ATTEMPT: revision {attempt.version}, {attempt.info.status}: {attempt.info.description}")


async def _ask(client: Questions, name: str, revision: int, *, tables: bool) -> tuple[ReleaseStatus, LiveResources]:
    from steersman.kube.client import Client
    from steersman.kube.tables import Tables

    status = await client.status(name, revision)
    reader = Tables(client.kube) if tables and isinstance(client.kube, Client) else None
    return status, await client.live(status.release, reader)


def _emit(status: ReleaseStatus, live: LiveResources, output: str) -> None:
    """As helm does: without the chart, with the live objects."""
    from steersman.release.codec import to_json

    data = to_json(status.release)
    data.pop("chart", None)
    if live.found:
        data["info"]["resources"] = json.loads(json.dumps(live.found, sort_keys=True))
    if status.degraded:
        data["degraded"] = True
    if status.failed_attempt is not None:
        attempt = status.failed_attempt
        data["failed_attempt"] = {"revision": attempt.version, "description": attempt.info.description}
    emit(data, output)


def warn_of_missing(live: LiveResources) -> None:
    """What should be there and is not, which helm leaves out; one line however much it is."""
    from steersman.errors import NotFound

    gone = [str(ref) for ref, error in live.missing if isinstance(error, NotFound)]
    if gone:
        more = f" and {len(gone) - NAMED} more" if len(gone) > NAMED else ""
        warn(f"not in the cluster: {', '.join(gone[:NAMED])}{more}")
    for ref, error in live.missing:
        if not isinstance(error, NotFound):
            warn(f"{ref} could not be read: {error}")
