"""`steer help`: the same as `--help` behind a command."""

from __future__ import annotations

import sys

from steersman.cli import declare
from steersman.cli.output import echo


@declare.command("help")
@declare.argument("words", metavar="[COMMAND...]", nargs=-1)
def command(words: tuple[str, ...]) -> None:
    """Show what a command does and its flags."""
    from steersman.cli.main import run

    if words and _of_plugin(words[0]):
        return
    sys.exit(run([*words, "--help"]))


def _of_plugin(word: str) -> bool:
    """Show what a plugin says of itself, if the word is one's."""
    from steersman.cli.plugin_command import is_ours, plugin_named

    plugin = None if is_ours(word) else plugin_named(word)
    if plugin is None:
        return False
    usage = plugin.usage or plugin.name
    echo(plugin.long_help.rstrip() or plugin.short_help or f'the "{plugin.name}" plugin')
    echo(f"\nUsage:\n  steer {usage}{'' if '[flags]' in usage else ' [flags]'}")
    return True
