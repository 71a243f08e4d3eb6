"""`steer uninstall`."""

from __future__ import annotations

import sys
from functools import partial

from steersman.cli import declare
from steersman.cli.action_options import How, action_options, late_options
from steersman.cli.conclusion import said
from steersman.cli.output import echo
from steersman.cli.settings import Settings
from steersman.errors import ReleaseNotFound
from steersman.lazy import TYPE_CHECKING
from steersman.lifecycle.plan import Delete, Options, Plan
from steersman.lifecycle.policy import Policy

if TYPE_CHECKING:
    from steersman.client.async_client import AsyncClient
    from steersman.lifecycle.events import ReleaseFinished

CASCADES = ["background", "foreground", "orphan"]
FLAGS = "--no-hooks --parallel-hooks --strict --keep-history --ignore-not-found --delete-hooks"


@declare.command("uninstall")
@declare.argument("names", metavar="RELEASE [...]", nargs=-1, required=True)
@action_options(FLAGS)
@declare.option("--cascade", type=declare.Choice(CASCADES), default="background", help="how dependents are deleted")
@declare.option("--dry-run", is_flag=True, help="only show what would be")
@declare.pass_obj
def command(settings: Settings, names: tuple[str, ...], options: Options, how: How, dry_run: bool) -> None:
    """Uninstall a release: its pre-delete hooks, its resources, its post-delete hooks, its records."""
    from steersman.cli.session import ask

    code = 0
    for name in names:
        if dry_run:
            plan = ask(settings, partial(plan_uninstall, name=name, options=options), policy=how.policy)
            if how.policy is Policy.HELM:
                from steersman.cli.helm_speech import tell_kept

                tell_kept(step.resource.ref for step in plan.steps if isinstance(step, Delete) and step.kept)
            else:
                for step in plan.steps:
                    echo(step.title)
            echo(f'release "{name}" uninstalled')
        else:
            finished = uninstall(settings, name, options, how)
            code |= finished.exit_code if finished is not None else 0
            if finished is not None and finished.interrupted:
                break
    sys.exit(code)


async def plan_uninstall(client: AsyncClient, *, name: str, options: Options) -> Plan:
    return await client.plan_uninstall(name, options=options)


def uninstall(settings: Settings, name: str, options: Options, how: How) -> ReleaseFinished | None:
    """Uninstall one release and return how it ended (None: it was not there). Raises ReleaseNotFound in Helm's words."""
    from steersman.cli.session import ended

    gone = f'release "{name}" uninstalled'
    try:
        return ended(settings, how, lambda client: client.uninstall(name, options=options), said(how, gone))
    except ReleaseNotFound as error:
        if options.ignore_not_found:
            echo(gone)
            return None
        message = f"uninstall: Release not loaded: {name}: release: not found"
        raise ReleaseNotFound(message, release=name, hint=error.hint) from error


late_options(command, dry_run=False)
