"""What a command prints when its action has completed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from steersman.cli.action_options import How
from steersman.cli.formats import emit
from steersman.cli.output import echo
from steersman.cli.results import status_text
from steersman.lazy import TYPE_CHECKING
from steersman.lifecycle.policy import Action

if TYPE_CHECKING:
    from steersman.client.async_client import AsyncClient
    from steersman.lifecycle.events import ReleaseFinished


def released(
    how: How, *, notes: bool = True, first_line: str = ""
) -> Callable[[AsyncClient, ReleaseFinished], Awaitable[None]]:
    """Print the release that install or upgrade has made, `first_line` before one that was there."""

    async def conclude(client: AsyncClient, finished: ReleaseFinished) -> None:
        if how.output == "jsonl":
            return
        release = await client.get(finished.release, finished.revision)
        if how.output != "table":
            from steersman.release.codec import to_json

            emit(to_json(release), how.output)
            return
        if first_line and not finished.lines and finished.action is Action.UPGRADE:
            echo(first_line)
        echo(status_text(release, notes=notes))

    return conclude


def said(how: How, line: str) -> Callable[[AsyncClient, ReleaseFinished], Awaitable[None]]:
    """Print one line, unless the engine has its own words for how it ended."""

    async def conclude(client: AsyncClient, finished: ReleaseFinished) -> None:
        if how.output == "table" and not finished.lines:
            echo(line)

    return conclude
