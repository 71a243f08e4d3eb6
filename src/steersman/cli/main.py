"""The root of the command line: which commands there are, loaded only when one is named."""

from __future__ import annotations

import importlib
from collections.abc import Sequence

import click

from steersman import __version__
from steersman.cli.command import GLOBAL_OPTIONS, HelmGroup
from steersman.cli.commands import ALIASES, COMMANDS
from steersman.cli.declare import Declared
from steersman.cli.guard import guarded
from steersman.cli.settings import Settings


class Root(HelmGroup):
    """The group `steer`; a command's module is imported when the command is named, not before."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        name = ALIASES.get(cmd_name, cmd_name)
        if name not in COMMANDS:
            return None
        command: Declared = importlib.import_module(f"steersman.cli.{COMMANDS[name].module}").command
        return command.click()

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, command.text) for name, command in COMMANDS.items()])


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
    return guarded(lambda: root.main(list(arguments), prog_name="steer", standalone_mode=False))
