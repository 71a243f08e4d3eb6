"""`steer uninstall`."""

from __future__ import annotations

import sys

import click

from steersman.cli.action_options import How, action_options, wait_option
from steersman.cli.command import HelmCommand
from steersman.cli.conclusion import said
from steersman.cli.settings import Settings
from steersman.errors import ReleaseNotFound
from steersman.lifecycle.plan import Options

FLAGS = ["--no-hooks", "--parallel-hooks", "--strict", "--keep-history", "--ignore-not-found", "--delete-hooks"]


@click.command("uninstall", cls=HelmCommand)
@click.argument("names", metavar="RELEASE [...]", nargs=-1, required=True)
@action_options(*FLAGS)
@click.option(
    "--cascade",
    type=click.Choice(["background", "foreground", "orphan"]),
    default="background",
    help="how dependents are deleted",
)
@click.option("--dry-run", is_flag=True, help="only show what would be")
@click.pass_obj
def command(settings: Settings, names: tuple[str, ...], options: Options, how: How, dry_run: bool) -> None:
    """Uninstall a release: its pre-delete hooks, its resources, its post-delete hooks, its records."""
    from steersman.cli.session import act, ask

    code = 0
    for name in names:
        if dry_run:
            for step in ask(
                settings, lambda client, name=name: client.plan_uninstall(name, options=options), policy=how.policy
            ).steps:  # type: ignore[misc]
                click.echo(step.title)
            click.echo(f'release "{name}" uninstalled')
            continue
        try:
            code |= act(
                settings,
                how,
                lambda client, name=name: client.uninstall(name, options=options),  # type: ignore[misc]
                said(how, f'release "{name}" uninstalled'),
            )
        except ReleaseNotFound as error:
            if not options.ignore_not_found:
                raise ReleaseNotFound(
                    f"uninstall: Release not loaded: {name}: release: not found", release=name, hint=error.hint
                ) from error
            click.echo(f'release "{name}" uninstalled')
    sys.exit(code)


wait_option(command)
