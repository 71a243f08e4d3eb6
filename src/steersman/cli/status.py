"""`steer status`."""

from __future__ import annotations

from steersman.cli import declare
from steersman.cli.formats import emit, output_option
from steersman.cli.output import echo
from steersman.cli.results import status_text
from steersman.cli.settings import Settings


@declare.command("status")
@declare.argument("name", metavar="RELEASE")
@declare.option("--revision", type=int, default=0, help="display the status of the named revision")
@output_option
@declare.pass_obj
def command(settings: Settings, name: str, revision: int, output: str) -> None:
    """Show the status of a release: what runs, and, where it is another, the last attempt."""
    from steersman.cli.question import answer

    status = answer(settings, lambda client: client.status(name, revision))
    if output != "table":
        from steersman.release.codec import to_json

        data = to_json(status.release)
        if status.degraded:
            data["degraded"] = True
        if status.failed_attempt is not None:
            attempt = status.failed_attempt
            data["failed_attempt"] = {"revision": attempt.version, "description": attempt.info.description}
        emit(data, output)
        return
    echo(status_text(status.release))
    if status.failed_attempt is not None:
        attempt = status.failed_attempt
        echo(f"LAST ATTEMPT: revision {attempt.version}, {attempt.info.status}: {attempt.info.description}")
