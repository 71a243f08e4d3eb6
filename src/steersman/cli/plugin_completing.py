"""What a shell offers behind a plugin's name: what its `completion.yaml` lists, and what its `plugin.complete` prints."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from typing import Any

import click
from click.shell_completion import CompletionItem

from steersman.cli.plugin_command import settings_of, split
from steersman.cli.plugin_home import variables
from steersman.errors import SteersmanError, YamlError
from steersman.manifest import yaml
from steersman.plugins.manifest import Plugin
from steersman.plugins.running import environment

# A shell waits for the answer while a person types.
_PATIENCE = 10.0
_NO_FILES = 4  # a bit of cobra's, which a plugin may print after a colon at the end


class PluginCommand(click.Command):
    """A plugin as far as completion goes: all words behind its name are its own."""

    def __init__(self, plugin: Plugin) -> None:
        words = click.Argument(["words"], nargs=-1, type=click.UNPROCESSED, shell_complete=self._complete)
        super().__init__(
            plugin.command,
            params=[words],
            help=plugin.short_help or f'the "{plugin.name}" plugin',
            add_help_option=False,
            context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
        )
        self.plugin = plugin

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem[str]]:
        """Also where an option is begun, which click would look for among ours."""
        before = {field: value for field, value in (ctx.parent.params if ctx.parent else {}).items() if value}
        return offered(self.plugin, before, ctx.params.get("words") or (), incomplete)

    def _complete(self, ctx: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
        return self.shell_complete(ctx, incomplete)


def offered(plugin: Plugin, before: dict[str, Any], words: Sequence[str], incomplete: str) -> list[CompletionItem[str]]:
    """What may stand for the word that is begun, behind these words, with global options `before` them. Nothing is raised."""
    try:
        given, own = split(words)
        node, leaf = _static(plugin, own)
        found = _listed(node, incomplete)
        if leaf:
            said = variables(settings_of(before | given))
            arguments = [] if plugin.ignore_flags else [*own, incomplete]
            more, with_files = _dynamic(plugin, arguments, environment(plugin, said))
            found += more
            if not found and with_files:
                return [CompletionItem(incomplete, type="file")]
    except (SteersmanError, OSError, ValueError, subprocess.SubprocessError):
        return []
    items = [line.partition("\t") for line in found if line.startswith(incomplete)]
    return [CompletionItem(value, help=about or None) for value, _, about in items]


def _static(plugin: Plugin, words: Sequence[str]) -> tuple[dict[str, Any], bool]:
    """The part of completion.yaml that these words lead to, and whether it has no commands below it."""
    try:
        with open(os.path.join(plugin.folder, "completion.yaml"), "rb") as stream:
            node = yaml.load(stream.read())
    except (OSError, YamlError):
        node = None
    node = node if isinstance(node, dict) else {}
    for word in words:
        below = (one for one in _list(node, "commands") if isinstance(one, dict))
        node = next((one for one in below if one.get("name") == word), node)
    return node, not _list(node, "commands")


def _listed(node: dict[str, Any], incomplete: str) -> list[str]:
    if incomplete.startswith("-"):
        return [f"-{flag}" if len(flag) == 1 else f"--{flag}" for flag in map(str, _list(node, "flags"))]
    names = [str(one["name"]) for one in _list(node, "commands") if isinstance(one, dict) and "name" in one]
    return names + [str(one) for one in _list(node, "validArgs")]


def _dynamic(plugin: Plugin, arguments: Sequence[str], known: dict[str, str]) -> tuple[list[str], bool]:
    """What plugin.complete prints, and whether files may stand there; nothing where it is missing or fails."""
    program = os.path.join(plugin.folder, "plugin.complete")
    if not os.access(program, os.X_OK):
        return [], True
    done = subprocess.run(
        [program, *arguments],
        env=known,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
        timeout=_PATIENCE,
    )
    if done.returncode != 0:
        return [], True
    lines = [line for line in done.stdout.decode("utf-8", "replace").split("\n") if line]
    if lines and lines[-1].startswith(":") and lines[-1][1:].isdigit():
        return lines[:-1], not int(lines[-1][1:]) & _NO_FILES
    return lines, True


def _list(node: dict[str, Any], key: str) -> list[Any]:
    found = node.get(key)
    return found if isinstance(found, list) else []
