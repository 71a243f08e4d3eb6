"""The root of the command line: which commands there are, loaded only when one is named."""

from __future__ import annotations

import importlib
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from steersman import __version__
from steersman.cli.command import GLOBAL_OPTIONS, HelmGroup
from steersman.cli.commands import ALIASES, COMMANDS, SECTIONS
from steersman.cli.declare import Declared
from steersman.cli.guard import guarded
from steersman.cli.output import warn
from steersman.cli.settings import Settings
from steersman.errors import PluginError

if TYPE_CHECKING:
    from steersman.plugins.manifest import Plugin

BEGINNING = [
    ("steer create chart shop", "a new chart; `steer create hook --chart shop` asks and adds a hook"),
    ("steer plan install shop ./shop", "what would be done, and what each failure would lead to"),
    ("steer install shop ./shop", "do it"),
]


class Root(HelmGroup):
    """The group `steer`; a command's module is imported when the command is named, not before."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*COMMANDS, *(plugin.command for plugin in _to_complete())]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        name = ALIASES.get(cmd_name, cmd_name)
        if name not in COMMANDS:
            return _plugin_to_complete(name)
        command: Declared = importlib.import_module(f"steersman.cli.{COMMANDS[name].module}").command
        return command.click()

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The commands first: whoever asks the root for help looks for one."""
        for title, names in SECTIONS.items():
            with formatter.section(title):
                formatter.write_dl([(name, COMMANDS[name].text) for name in names.split()])
        self._format_plugins(formatter)
        records = [record for param in self.get_params(ctx) if (record := param.get_help_record(ctx)) is not None]
        with formatter.section("Global Flags"):
            formatter.write_dl(records)
        with formatter.section("To begin with"):
            formatter.write_dl(BEGINNING)

    def _format_plugins(self, formatter: click.HelpFormatter) -> None:
        from steersman.cli import plugin_command

        try:
            found = plugin_command.plugins()
        except PluginError as error:
            warn(f"no plugins: {error}")
            return
        if found:
            with formatter.section("Plugins"):
                formatter.write_dl([(one.command, one.short_help or f'the "{one.name}" plugin') for one in found])


def _to_complete() -> list[Plugin]:
    """The plugins that are commands, while a shell asks; what is run never asks here."""
    if not os.environ.get("_STEER_COMPLETE"):
        return []
    from steersman.cli import plugin_command

    try:
        return plugin_command.plugins(quietly=True)
    except PluginError:
        return []


def _plugin_to_complete(word: str) -> click.Command | None:
    plugin = next((plugin for plugin in _to_complete() if plugin.command == word), None)
    if plugin is None:
        return None
    from steersman.cli.plugin_completing import PluginCommand

    return PluginCommand(plugin)


@click.command(cls=Root, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, message="steer %(version)s")
@click.pass_context
def root(ctx: click.Context, /, **options: object) -> None:
    """Runs the whole life of a Helm release, with hooks at its centre.

    Without a kubeconfig, an embedded one-machine Kubernetes is started and used (see `steer cluster`).
    """
    ctx.obj = Settings.from_options(options)


root.params.extend(GLOBAL_OPTIONS)


def run(arguments: Sequence[str]) -> int:
    """Run `steer` with these arguments and return its exit code; nothing is raised for an error meant for a person."""
    if os.environ.get("_STEER_COMPLETE", "").startswith("powershell"):
        from steersman.cli import powershell

        powershell.register()
    return guarded(lambda: root.main(list(arguments), prog_name="steer", standalone_mode=False))
