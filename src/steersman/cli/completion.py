"""`steer completion`: the script that makes a shell complete commands and options."""

from __future__ import annotations

from steersman.cli import declare
from steersman.cli.output import echo


@declare.command("completion")
@declare.argument("shell", type=declare.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> None:
    """Generate the autocompletion script for SHELL.

    For the current session: source <(steer completion bash)
    """
    from click.shell_completion import get_completion_class

    from steersman.cli.main import root

    kind = get_completion_class(shell)
    assert kind is not None
    echo(kind(root, {}, "steer", "_STEER_COMPLETE").source())
