"""`steer list`."""

from __future__ import annotations

from steersman.cli import declare
from steersman.cli.formats import emit, output_option
from steersman.cli.output import echo, warn_damaged
from steersman.cli.results import list_data, list_table
from steersman.cli.settings import Settings
from steersman.errors import UsageError
from steersman.release.record import Release, Status

_STATUS_FLAGS = {
    "deployed": [Status.DEPLOYED],
    "failed": [Status.FAILED],
    "pending": [Status.PENDING_INSTALL, Status.PENDING_UPGRADE, Status.PENDING_ROLLBACK],
    "superseded": [Status.SUPERSEDED],
    "uninstalled": [Status.UNINSTALLED],
    "uninstalling": [Status.UNINSTALLING],
}


@declare.command("list")
@declare.option("-A", "--all-namespaces", is_flag=True, help="list releases across all namespaces")
@declare.option(
    "-a", "--all", "all_statuses", is_flag=True, help="show releases of any status (as it is without a status flag)"
)
@declare.option("-d", "--date", "by_date", is_flag=True, help="sort by release date")
@declare.option(
    "-f", "--filter", "pattern", default="", help="only releases whose name matches this regular expression"
)
@declare.option(
    "-m", "--max", "maximum", type=int, default=256, show_default=True, help="maximum number of releases; 0: all"
)
@declare.option("--offset", type=int, default=0, help="index of the first release to show")
@declare.option("-r", "--reverse", is_flag=True, help="reverse the sort order")
@declare.option("-l", "--selector", default="", help="label query on the releases: key1=value1,key2=value2")
@declare.option("-q", "--short", is_flag=True, help="only names")
@declare.option("--no-headers", is_flag=True, help="no headers in the table")
@declare.option("--time-format", default="", help='format times as Go does, for example "2006-01-02 15:04:05Z0700"')
@declare.option("--deployed", is_flag=True, help="show deployed releases")
@declare.option("--failed", is_flag=True, help="show failed releases")
@declare.option("--pending", is_flag=True, help="show pending releases")
@declare.option("--superseded", is_flag=True, help="show superseded releases")
@declare.option("--uninstalled", is_flag=True, help="show releases that were uninstalled with their history kept")
@declare.option("--uninstalling", is_flag=True, help="show releases that are being uninstalled")
@output_option
@declare.pass_obj
def command(
    settings: Settings,
    /,
    all_namespaces: bool,
    all_statuses: bool,
    by_date: bool,
    pattern: str,
    maximum: int,
    offset: int,
    reverse: bool,
    selector: str,
    short: bool,
    no_headers: bool,
    time_format: str,
    output: str,
    **flags: bool,
) -> None:
    """List releases."""
    from steersman.cli.question import answer

    statuses = frozenset(status for name, found in _STATUS_FLAGS.items() if flags[name] for status in found)
    if all_statuses:
        statuses = frozenset()

    releases = answer(
        settings,
        lambda client: client.list(
            all_namespaces=all_namespaces, selector=selector, statuses=statuses, on_damaged=warn_damaged
        ),
    )
    chosen = arrange(releases, pattern=pattern, by_date=by_date, reverse=reverse)
    chosen = chosen[offset:]
    if maximum:
        chosen = chosen[:maximum]
    if short:
        names = [release.name for release in chosen]
        if output == "table":
            for name in names:
                echo(name)
        else:
            emit(names, output)
    elif output == "table":
        echo(list_table(chosen, headers=not no_headers, time_format=time_format))
    else:
        emit(list_data(chosen, time_format), output)


def arrange(releases: list[Release], *, pattern: str, by_date: bool, reverse: bool) -> list[Release]:
    """Filtered and sorted as asked for. Raises UsageError for a broken pattern."""
    if pattern:
        import re2

        try:
            expression = re2.compile(pattern)
        except re2.error as error:
            raise UsageError(f"error parsing regexp: {error}") from None
        releases = [release for release in releases if expression.search(release.name)]
    if by_date:
        releases = sorted(releases, key=lambda release: release.info.last_deployed)
    return releases[::-1] if reverse else releases
