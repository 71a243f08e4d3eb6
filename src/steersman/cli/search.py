"""`steer search`: charts in the repositories that were added."""

from __future__ import annotations

from steersman.cli import declare
from steersman.cli.formats import emit, output_option, table
from steersman.cli.home import home
from steersman.cli.output import echo
from steersman.errors import ChartNotFound, UsageError

HEADERS = ("NAME", "CHART VERSION", "APP VERSION", "DESCRIPTION")


@declare.group("search")
def command() -> None:
    """Search for a keyword in charts."""


@command.command("hub")
@declare.argument("words", metavar="[KEYWORD]", nargs=-1)
def hub(words: tuple[str, ...]) -> None:
    """Artifact Hub is not asked by steer."""
    raise UsageError(
        "steer does not search Artifact Hub",
        hint="Look at https://artifacthub.io, add the chart's repository by `steer repo add`, and use `steer search repo`.",
    )


@command.command("repo")
@declare.argument("words", metavar="[KEYWORD]", nargs=-1)
@declare.option("-r", "--regexp", is_flag=True, help="use regular expressions")
@declare.option("-l", "--versions", is_flag=True, help="show each version of each chart on its own line")
@declare.option("--devel", is_flag=True, help="use development versions, too. Equivalent to version '>0.0.0-0'")
@declare.option("--version", default="", help="search using semantic versioning constraints")
@declare.option("--max-col-width", type=int, default=50, help="maximum column width for output table")
@declare.option("--fail-on-no-result", is_flag=True, help="search fails if no results are found")
@output_option
def repo(
    words: tuple[str, ...],
    regexp: bool,
    versions: bool,
    devel: bool,
    version: str,
    max_col_width: int,
    fail_on_no_result: bool,
    output: str,
) -> None:
    """Search the repositories that were added for a keyword in charts."""
    from steersman.chart.repo.search import ANY, STABLE, search
    from steersman.cli.output import warn

    wanted = version or (ANY if devel else STABLE)
    term = " ".join(words)
    results = search(home(), term, version=wanted, all_versions=versions, regexp=regexp, warn=warn)
    if not results and fail_on_no_result:
        raise ChartNotFound("no results found", name=term)
    found = [
        (one.name, one.chart.version, one.chart.metadata.app_version, one.chart.metadata.description) for one in results
    ]
    elements = [dict(zip(("name", "version", "app_version", "description"), row, strict=True)) for row in found]
    if output != "table":
        emit(elements, output)
    elif not found:
        echo("No results found")
    else:
        echo(table(HEADERS, found, widest=max_col_width))
