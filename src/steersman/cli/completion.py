"""`steer completion`: the script that makes a shell complete commands and options."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from steersman.cli.command import HelmCommand


@click.command("completion", cls=HelmCommand)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def command(ctx: click.Context, shell: str) -> None:
    """Generate the autocompletion script for SHELL.

    For the current session: source <(steer completion bash)
    """
    kind = get_completion_class(shell)
    assert kind is not None
    click.echo(kind(ctx.find_root().command, {}, "steer", "_STEER_COMPLETE").source())
