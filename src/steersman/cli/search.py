"""`steer search`: charts in the repositories that were added."""

from __future__ import annotations

from steersman.cli import declare
from steersman.cli.formats import emit, output_option, table
from steersman.cli.home import home
from steersman.cli.output import echo
from steersman.errors import ChartNotFound

HEADERS = ("NAME", "CHART VERSION", "APP VERSION", "DESCRIPTION")


@declare.group("search")
def command() -> None:
    """Search for a keyword in charts."""


@command.command("hub")
@declare.argument("words", metavar="[KEYWORD]", nargs=-1)
@declare.option("--endpoint", default="https://hub.helm.sh", show_default=True, help="hub instance to query for charts")
@declare.option("--list-repo-url", is_flag=True, help="print charts repository URL")
@declare.option("--max-col-width", type=int, default=50, help="maximum column width for output table")
@declare.option("--fail-on-no-result", is_flag=True, help="search fails if no results are found")
@output_option
def hub(
    words: tuple[str, ...],
    endpoint: str,
    list_repo_url: bool,
    max_col_width: int,
    fail_on_no_result: bool,
    output: str,
) -> None:
    """Search for charts in the Artifact Hub or your own hub instance."""
    from steersman.chart.repo.hub import search_hub
    from steersman.cli.progress import show_slow_downloads

    show_slow_downloads()
    term = " ".join(words)
    found = search_hub(term, endpoint)
    if not found and fail_on_no_result:
        raise ChartNotFound("no results found", name=term)
    if output != "table":
        elements = [
            {
                "url": one.url,
                "version": one.version,
                "app_version": one.app_version,
                "description": one.description,
                "repository": {"url": one.repository_url, "name": one.repository_name},
            }
            for one in found
        ]
        emit(elements, output)
    elif not found:
        echo("No results found")
    else:
        headers = ["URL", *HEADERS[1:], *(["REPO URL"] if list_repo_url else [])]
        rows = [(one.url, one.version, one.app_version, one.description, one.repository_url) for one in found]
        echo(table(headers, [row[: len(headers)] for row in rows], widest=max_col_width))


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
