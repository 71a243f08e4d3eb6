"""`steer create`: a chart to start from, or a hook in a chart."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from steersman.cli import declare
from steersman.cli.output import echo
from steersman.create.request import (
    EVENTS,
    HOSTS,
    NAMES,
    WITH_DATABASE,
    WITH_MIGRATION,
    Engine,
    HookRequest,
    Kind,
    Tool,
)
from steersman.errors import UsageError


@declare.group("create", otherwise="chart")
def command() -> None:
    """Create a chart (`steer create NAME`), or a hook in one."""


@command.command("chart")
@declare.argument("name", metavar="NAME")
@declare.option("-p", "--starter", default="", help="the name or absolute path to Helm starter scaffold")
def create_chart(name: str, starter: str) -> None:
    """Create a small chart: a Deployment and its Service. NAME is the folder, and names the chart.

    With --starter, a chart is made from another one: by name from the folder `starters` in $HELM_DATA_HOME.
    """
    from steersman.create.chart import create_chart as create
    from steersman.create.starter import create_from

    echo(f"Creating {name}")
    if starter:
        from steersman.cli.home import home

        create_from(starter, home().data_home / "starters", Path(name))
    else:
        create(Path(name))


@command.command("hook")
@declare.option("--kind", type=declare.Choice([str(kind) for kind in Kind]), help="what the hook is for")
@declare.option(
    "--chart", type=declare.Path(path_type=Path), default=Path(), help="the chart's folder (default: this one)"
)
@declare.option("--database", type=declare.Choice([str(engine) for engine in Engine]), help="(default: postgres)")
@declare.option("--database-version", default="", help="version of the server, which the client's image gets, too")
@declare.option("--host", default="", help="where the database, the cache, the registry or the service is")
@declare.option("--database-name", default="", help="name of the database")
@declare.option("--secret", default="", help="name of the Secret with the credentials")
@declare.option("--user-key", default="username", show_default=True, help="the Secret's key with the user's name")
@declare.option("--password-key", default="password", show_default=True, help="the Secret's key with the password")
@declare.option("--image", default="", help="image of the hook, or of the migration tool")
@declare.option("--migration-tool", type=declare.Choice([str(tool) for tool in Tool]), default="sql", show_default=True)
@declare.option("--event", default="", help="when it runs, e.g. pre-install,pre-upgrade (default: what suits its kind)")
@declare.option("--name", default="", help="name of the hook, its template and its values (default: by its kind)")
@declare.option("--force", is_flag=True, help="replace a hook of that name")
def create_hook(chart: Path, force: bool, kind: str | None, database: str | None, **words: Any) -> None:
    """Write a hook that is safe for production into a chart: a template and its values.

    On a terminal it asks for what the options do not say.
    """
    from steersman.create.writing import add_hook

    asking = sys.stdin.isatty() and sys.stderr.isatty()
    request = complete(kind, database, words, asking=asking)
    for path in add_hook(chart, request, force=force):
        echo(f"wrote {path}")
    for line in advice(request, chart):
        echo(line)


def complete(kind: str | None, database: str | None, words: dict[str, Any], *, asking: bool) -> HookRequest:
    """The request that the options and the answers make. Raises UsageError where something is missing and nobody to ask."""
    if kind is None:
        if not asking:
            raise UsageError("--kind is missing", hint=f"One of {', '.join(Kind)}.")
        kind = ask("What is the hook for?", default=str(Kind.MIGRATION), choices=[str(each) for each in Kind])
    chosen = Kind(kind)
    if asking:
        if chosen in WITH_DATABASE:
            database = database or ask(
                "Which database?", default=str(Engine.POSTGRES), choices=[str(e) for e in Engine]
            )
            words["database_version"] = words["database_version"] or ask("Its version?", default="", optional=True)
            words["host"] = words["host"] or ask("Its host?", default=database)
            words["database_name"] = words["database_name"] or ask("Name of the database?")
            words["secret"] = words["secret"] or ask("Name of the Secret with the credentials?")
            if chosen in WITH_MIGRATION and words["migration_tool"] != Tool.SQL:
                words["image"] = words["image"] or ask(f"Image with {words['migration_tool']} and the migrations?")
        elif chosen in HOSTS:
            words["host"] = words["host"] or ask("Its host?", default=HOSTS[chosen])
        words["event"] = words["event"] or ask("When does it run?", default=EVENTS[chosen])
        words["name"] = words["name"] or ask("Its name?", default=NAMES[chosen])
    words["migration_tool"] = Tool(words["migration_tool"])
    return HookRequest(chosen, Engine(database or Engine.POSTGRES), **words)


def ask(question: str, *, default: str | None = None, choices: list[str] | None = None, optional: bool = False) -> str:
    import click

    answer: str = click.prompt(
        question,
        default=default,
        type=click.Choice(choices) if choices else str,
        show_default=not optional,
        err=True,
    )
    return answer


def advice(request: HookRequest, chart: Path) -> list[str]:
    """What is still to be done, and how to see that it is right."""
    lines = []
    if request.kind in WITH_DATABASE:
        lines.append(
            f"Secret {request.secret} with the keys {request.user_key} and {request.password_key} has to be there "
            "before the release."
        )
    if request.kind in (Kind.BACKUP, Kind.SEQUENCE):
        lines.append(
            "A release that is installed already has no claim for the dumps yet: make one, and name it in "
            f"{request.values_key}.backup.claim."
        )
    if request.kind in WITH_MIGRATION and request.migration_tool is Tool.SQL:
        lines.append("Put your SQL where the template says so.")
    return [*lines, f"Look at it: steer review {chart}"]
