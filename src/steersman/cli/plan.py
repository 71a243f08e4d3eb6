"""`steer plan`: what an action would do, before it does it."""

from __future__ import annotations

import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from steersman.cli import declare
from steersman.cli.action_options import How, action_options, late_options
from steersman.cli.chart_options import ChartChoice, chart_choice
from steersman.cli.formats import emit
from steersman.cli.output import echo
from steersman.cli.plan_text import preview_data, preview_text
from steersman.cli.settings import Settings
from steersman.lifecycle.plan import Options, Plan

if TYPE_CHECKING:
    from steersman.client.async_client import AsyncClient

Command = Callable[..., Any]
CHANGES = 2

FLAGS = (
    "--no-hooks --parallel-hooks --wait-for-jobs --strict --force-conflicts --force-replace --take-ownership "
    "--recreate-immutable --cleanup-on-fail --rollback-on-failure --skip-crds --upgrade-crds --create-namespace"
)


@declare.group("plan")
def command() -> None:
    """Show the steps an action would take: hooks by weight, changes with their diff, and what each failure would lead to.

    The cluster is asked by dry runs; nothing is written.
    """


def plan_options(function: Command) -> Command:
    for option in (
        declare.option("--save", "save_to", metavar="FILE", help="keep the plan for `steer apply FILE`"),
        declare.option(
            "--detailed-exitcode", is_flag=True, help="exit 2 when something would change, 0 when nothing would"
        ),
    ):
        function = option(function)
    return function


def show(
    settings: Settings,
    how: How,
    make: Callable[[AsyncClient], Awaitable[Plan]],
    *,
    save_to: str | None,
    detailed_exitcode: bool,
    target: int = 0,
) -> None:
    """Make a plan, show it, keep it if asked to, and exit."""
    from steersman.cli.session import ask
    from steersman.lifecycle.preview import Preview
    from steersman.lifecycle.runs import HookRun

    async def look(client: AsyncClient) -> tuple[Preview, list[HookRun], str]:
        plan = await make(client)
        seen = await client.preview(plan)
        saved = (await client.save(plan, target=target)).to_json() if save_to else ""
        return seen, await client.hook_runs(plan.release.name), saved

    seen, runs, saved = ask(settings, look, policy=how.policy)
    if how.output in ("json", "yaml"):
        emit(preview_data(seen, runs), how.output)
    else:
        echo(preview_text(seen, runs), nl=False)
    if save_to:
        write_private(Path(save_to), saved)
        echo(f"Saved to {save_to}; `steer apply {save_to}` carries it out.", err=True)
    if detailed_exitcode and seen.changes_anything:
        sys.exit(CHANGES)


def write_private(path: Path, text: str) -> None:
    """A plan holds the values and Secrets of a release: nobody else may read it."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as stream:
        stream.write(text)


@command.command("install")
@declare.argument("arguments", metavar="[NAME] [CHART]", nargs=-1, required=True)
@chart_choice
@action_options(FLAGS)
@plan_options
@declare.option(
    "--replace", is_flag=True, help="reuse the name of a release that was uninstalled with its history kept"
)
@declare.pass_obj
def install(
    settings: Settings,
    arguments: tuple[str, ...],
    choice: ChartChoice,
    options: Options,
    how: How,
    replace: bool,
    save_to: str | None,
    detailed_exitcode: bool,
) -> None:
    """What `steer install` would do."""
    from steersman.chart.naming import name_and_chart

    name, chart_name = name_and_chart(arguments)
    chart, values = choice.load(chart_name), choice.values()
    rendering = choice.options()
    show(
        settings,
        how,
        lambda client: client.plan_install(
            name, chart, values, options=options, chart_options=rendering, replace=replace
        ),
        save_to=save_to,
        detailed_exitcode=detailed_exitcode,
    )


@command.command("upgrade")
@declare.argument("name", metavar="RELEASE")
@declare.argument("chart_name", metavar="CHART")
@chart_choice
@action_options(f"{FLAGS} --hooks-on-change")
@plan_options
@declare.option("-i", "--install", "or_install", is_flag=True, help="install the release if it does not exist")
@declare.option("--reset-values", "reuse", flag_value="reset", help="take the new values alone")
@declare.option("--reuse-values", "reuse", flag_value="reuse", help="the new values over the last release's")
@declare.option(
    "--reset-then-reuse-values", "reuse", flag_value="reset-then-reuse", help="the same, on the new chart's values"
)
@declare.pass_obj
def upgrade(
    settings: Settings,
    name: str,
    chart_name: str,
    choice: ChartChoice,
    options: Options,
    how: How,
    or_install: bool,
    reuse: str | None,
    save_to: str | None,
    detailed_exitcode: bool,
) -> None:
    """What `steer upgrade` would do."""
    from steersman.client.values import ReuseValues

    chart, values = choice.load(chart_name), choice.values()
    rendering = choice.options()
    show(
        settings,
        how,
        lambda client: client.plan_upgrade(
            name,
            chart,
            values,
            options=options,
            chart_options=rendering,
            reuse=ReuseValues(reuse or "auto"),
            install=or_install,
        ),
        save_to=save_to,
        detailed_exitcode=detailed_exitcode,
    )


@command.command("rollback")
@declare.argument("name", metavar="RELEASE")
@declare.argument("revision", type=int, default=0, required=False)
@action_options(FLAGS)
@plan_options
@declare.pass_obj
def rollback(
    settings: Settings,
    name: str,
    revision: int,
    options: Options,
    how: How,
    save_to: str | None,
    detailed_exitcode: bool,
) -> None:
    """What `steer rollback` would do."""
    show(
        settings,
        how,
        lambda client: client.plan_rollback(name, revision, options=options),
        save_to=save_to,
        detailed_exitcode=detailed_exitcode,
        target=revision,
    )


@command.command("uninstall")
@declare.argument("name", metavar="RELEASE")
@action_options("--no-hooks --parallel-hooks --strict --keep-history --delete-hooks")
@plan_options
@declare.pass_obj
def uninstall(
    settings: Settings, name: str, options: Options, how: How, save_to: str | None, detailed_exitcode: bool
) -> None:
    """What `steer uninstall` would do."""
    show(
        settings,
        how,
        lambda client: client.plan_uninstall(name, options=options),
        save_to=save_to,
        detailed_exitcode=detailed_exitcode,
    )


late_options(install, dry_run=False, server_side="true")
late_options(upgrade, dry_run=False, server_side="auto")
late_options(rollback, dry_run=False, server_side="auto")
late_options(uninstall, dry_run=False)
