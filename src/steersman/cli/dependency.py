"""`steer dependency`: a chart's dependencies in charts/."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from steersman.cli import declare
from steersman.cli.access_options import access_options
from steersman.cli.formats import table
from steersman.cli.home import home
from steersman.cli.output import echo, warn

if TYPE_CHECKING:
    from steersman.chart.repo.dependency import DependencyManager
    from steersman.chart.repo.fetch import Access

_folder = declare.argument("folder", metavar="[CHART]", default=".", type=declare.Path(path_type=Path))
_skip_refresh = declare.option("--skip-refresh", is_flag=True, help="do not refresh the local repository cache")

_verify = declare.option("--verify", is_flag=True, help="verify the packages against signatures")
_keyring = declare.option(
    "--keyring", default="", help="keyring containing public keys (default: ~/.gnupg/pubring.gpg)"
)


@declare.group("dependency")
def command() -> None:
    """Manage a chart's dependencies: Chart.yaml declares them, charts/ holds them."""


@command.command("update")
@_folder
@_skip_refresh
@_verify
@_keyring
@access_options
def update(folder: Path, skip_refresh: bool, verify: bool, keyring: str, access: Access) -> None:
    """Update charts/ based on the contents of Chart.yaml, and write Chart.lock."""
    _manager(folder, skip_refresh, access, keyring if verify else None).update()


@command.command("build")
@_folder
@_skip_refresh
@_verify
@_keyring
@access_options
def build(folder: Path, skip_refresh: bool, verify: bool, keyring: str, access: Access) -> None:
    """Rebuild charts/ based on the Chart.lock file."""
    _manager(folder, skip_refresh, access, keyring if verify else None).build()


@command.command("list")
@_folder
@declare.option("--max-col-width", type=int, default=80, help="maximum column width for output table")
def listing(folder: Path, max_col_width: int) -> None:
    """List the dependencies of a chart, and how each stands in charts/."""
    from steersman.chart.load import load
    from steersman.chart.repo.dependency_status import status_of, unwanted

    chart = load(folder, warn)
    dependencies = chart.metadata.dependencies
    if dependencies is None:
        echo(f"WARNING: no dependencies at {folder / 'charts'}")
        return
    rows = [(one.name, one.version, one.repository, status_of(folder, one, chart)) for one in dependencies]
    echo(table(("NAME", "VERSION", "REPOSITORY", "STATUS"), rows, widest=max_col_width))
    echo()
    for line in unwanted(folder, dependencies):
        echo(line)


def _manager(folder: Path, skip_refresh: bool, access: Access, keyring: str | None) -> DependencyManager:
    from steersman.chart.repo.dependency import DependencyManager

    return DependencyManager(folder, home(), echo, skip_refresh, access, keyring, warn)
