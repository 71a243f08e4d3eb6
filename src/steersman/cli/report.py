"""`steer report`."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from steersman.cli import declare
from steersman.cli.output import echo
from steersman.cli.settings import Settings
from steersman.errors import UsageError

if TYPE_CHECKING:
    from steersman.client.async_client import AsyncClient


@declare.command("report")
@declare.argument("name", metavar="RELEASE")
@declare.option("-o", "--output", "file", metavar="FILE", help="where to write it (default RELEASE.html); - is stdout")
@declare.pass_obj
def command(settings: Settings, name: str, file: str | None) -> None:
    """Write a release's history as one HTML page: its revisions, their hooks on a time line, failures with logs, and diffs.

    The page needs nothing from anywhere, can be printed, and is readable on a phone. Values of Secrets are not in it.
    """
    from steersman.cli.session import ask
    from steersman.report.model import chapters
    from steersman.report.page import page

    async def gather(client: AsyncClient) -> str:
        told = chapters(await client.history(name), await client.hook_runs(name))
        made = f"{datetime.now().astimezone():%Y-%m-%d %H:%M %Z}"
        return page(name, client.namespace, told, made=made)

    text = ask(settings, gather)
    if file == "-":
        echo(text, nl=False)
        return
    path = Path(file or f"{name}.html")
    try:
        path.write_text(text)
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}") from None
    echo(f"wrote {path}")
