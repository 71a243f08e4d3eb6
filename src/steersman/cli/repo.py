"""`steer repo`: chart repositories, in the same files as helm's."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from steersman.cli import declare
from steersman.cli.access_options import access_options, ask_password
from steersman.cli.durations import DURATION
from steersman.cli.formats import emit, output_option, table
from steersman.cli.home import home
from steersman.cli.output import echo

if TYPE_CHECKING:
    from steersman.chart.repo.fetch import Access

# Seconds that stand for no limit at all, which is what 0 and less mean to helm.
_NO_LIMIT = 86400.0
_timeout_option = declare.option(
    "--timeout",
    type=DURATION,
    default="2m0s",
    show_default=True,
    help="time to wait for the index file download to complete",
)


@declare.group("repo")
def command() -> None:
    """Add, list, remove, update, and index chart repositories."""


@command.command("add")
@declare.argument("name")
@declare.argument("url")
@access_options
@declare.option("--password-stdin", is_flag=True, help="read chart repository password from stdin")
@declare.option("--force-update", is_flag=True, help="replace (overwrite) the repo if it already exists")
@declare.option("--allow-deprecated-repos", is_flag=True, expose_value=False, help="they are allowed in any case")
@declare.option("--pass-credentials", is_flag=True, help="pass credentials to all domains")
@_timeout_option
def add(
    name: str,
    url: str,
    access: Access,
    password_stdin: bool,
    force_update: bool,
    pass_credentials: bool,
    timeout: float,
) -> None:
    """Add a chart repository."""
    from steersman.chart.repo import repositories

    access = replace(access, password=ask_password(access, from_stdin=password_stdin))
    repository = repositories.Repository(
        name,
        url,
        access.username,
        access.password,
        access.cert_file,
        access.key_file,
        access.ca_file,
        access.insecure,
        pass_credentials,
    )
    echo(repositories.add(home(), repository, force_update=force_update, timeout=_seconds(timeout)))


@command.command("list")
@output_option
@declare.option("--no-headers", is_flag=True, help="suppress headers in the output")
def listing(output: str, no_headers: bool) -> None:
    """List chart repositories."""
    from steersman.chart.repo.repositories import read_repositories

    known = read_repositories(home())
    elements = [{"name": repository.name, "url": repository.url} for repository in known]
    if output != "table":
        emit(elements, output)
    elif not known:
        echo("no repositories to show", err=True)
    else:
        rows = [(repository.name, repository.url) for repository in known]
        echo(table(("NAME", "URL"), rows, show_headers=not no_headers))


@command.command("update")
@declare.argument("names", metavar="[REPO...]", nargs=-1)
@_timeout_option
def update(names: tuple[str, ...], timeout: float) -> None:
    """Update information of available charts from the named repositories, or from all."""
    from steersman.chart.repo import repositories

    repositories.update(home(), names, echo, timeout=_seconds(timeout))


@command.command("remove")
@declare.argument("names", metavar="REPO...", nargs=-1, required=True)
def remove(names: tuple[str, ...]) -> None:
    """Remove one or more chart repositories."""
    from steersman.chart.repo import repositories

    for line in repositories.remove(home(), names):
        echo(line)


@command.command("index")
@declare.argument("folder", metavar="DIR", type=declare.Path(file_okay=False, exists=True, path_type=Path))
@declare.option("--url", default="", help="url of chart repository")
@declare.option("--merge", type=declare.Path(path_type=Path), help="merge the generated index into the given index")
@declare.option("--json", "as_json", is_flag=True, help="output in JSON format")
def index(folder: Path, url: str, merge: Path | None, as_json: bool) -> None:
    """Generate an index file for a folder with packaged charts."""
    from steersman.chart.repo.home import write_atomically
    from steersman.chart.repo.index import Index, index_directory, load_index
    from steersman.cli.output import warn

    found = index_directory(folder, url, warn)
    if merge is not None:
        if merge.exists():
            found.merge(load_index(merge, warn))
        else:
            write_atomically(merge, Index().text(as_json=as_json).encode())
    found.sort()
    write_atomically(folder / "index.yaml", found.text(as_json=as_json).encode())


def _seconds(timeout: float) -> float:
    return timeout if timeout > 0 else _NO_LIMIT
