"""`steer help`: the same as `--help` behind a command."""

from __future__ import annotations

import sys

from steersman.cli import declare


@declare.command("help")
@declare.argument("words", metavar="[COMMAND...]", nargs=-1)
def command(words: tuple[str, ...]) -> None:
    """Show what a command does and its flags."""
    from steersman.cli.main import run

    sys.exit(run([*words, "--help"]))
