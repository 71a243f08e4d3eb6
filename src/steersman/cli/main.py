"""The root of the command line: which commands there are, loaded only when one is named."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence

import click

from steersman import __version__
from steersman.cli.command import GLOBAL_OPTIONS, HelmGroup
from steersman.cli.output import complain, silence
from steersman.cli.settings import Settings
from steersman.errors import SteersmanError

# name → (module below steersman.cli, one line of help); the module's `command` is the click command of that name.
COMMANDS: dict[str, tuple[str, str]] = {
    "install": ("install", "install a chart"),
    "upgrade": ("upgrade", "upgrade a release"),
    "rollback": ("rollback", "roll back a release to a previous revision"),
    "uninstall": ("uninstall", "uninstall a release"),
    "test": ("test", "run tests for a release"),
    "status": ("status", "display the status of the named release"),
    "history": ("history", "fetch release history"),
    "list": ("list", "list releases"),
    "get": ("get", "download extended information of a named release"),
    "hooks": ("hooks", "show the hooks of a release: event, weight, policies, last run"),
    "logs": ("logs", "show what a release's hooks printed, also after their Jobs are gone"),
    "recover": ("recover", "finish what a killed command left half way"),
    "plan": ("plan", "show the steps an action would take, with a diff"),
    "apply": ("apply", "carry out a saved plan, if the cluster has not moved on"),
    "diagnose": ("diagnose", "say why a hook or a release failed, with evidence and fix"),
    "report": ("report", "write a release's history as one HTML page"),
    "review": ("review", "check a chart's hooks for production"),
    "rehearse": ("rehearse", "run an action on a throw-away cluster, with faults"),
    "create": ("create", "create a chart, or a hook in one"),
    "template": ("template", "locally render templates"),
    "lint": ("lint", "examine a chart for possible issues"),
    "show": ("show", "show information of a chart"),
    "package": ("package", "package a chart directory into a chart archive"),
    "dependency": ("dependency", "manage a chart's dependencies"),
    "pull": ("pull", "download a chart from a repository"),
    "push": ("push", "push a chart to a registry"),
    "registry": ("registry", "login to or logout from a registry"),
    "repo": ("repo", "add, list, remove, update, and index chart repositories"),
    "search": ("search", "search for a keyword in charts"),
    "cluster": ("cluster", "start, stop and look at the embedded cluster"),
    "completion": ("completion", "generate autocompletion scripts for the specified shell"),
    "version": ("version", "print the version"),
}
ALIASES = {"ls": "list", "hist": "history", "del": "uninstall", "delete": "uninstall", "un": "uninstall"}
ALIASES |= {"dep": "dependency", "dependencies": "dependency", "inspect": "show", "fetch": "pull"}


class Root(HelmGroup):
    """The group `steer`; a command's module is imported when the command is named, not before."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        name = ALIASES.get(cmd_name, cmd_name)
        if name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"steersman.cli.{COMMANDS[name][0]}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


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
    try:
        result = root.main(list(arguments), prog_name="steer", standalone_mode=False)
        sys.stdout.flush()
        return result if isinstance(result, int) else 0
    except SystemExit as ending:  # a command that chose its exit code
        sys.stdout.flush()
        return ending.code if isinstance(ending.code, int) else 0 if ending.code is None else 1
    except click.exceptions.Exit as error:
        return error.exit_code
    except click.UsageError as error:
        return complain(error.format_message(), usage_hint(error))
    except click.ClickException as error:
        return complain(error.format_message())
    except click.Abort:
        return complain("interrupted")
    except KeyboardInterrupt:
        return complain("interrupted")
    except BrokenPipeError:
        silence()
        return 0
    except SteersmanError as error:
        if debugging():
            raise
        return complain(str(error), error.hint)
    except Exception as error:  # a bug of ours: still one line, and the way to all of it
        if debugging():
            raise
        hint = "This is a bug in steer. STEERSMAN_TRACEBACK=1 shows where."
        return complain(f"{type(error).__name__}: {error}", hint)


def usage_hint(error: click.UsageError) -> str:
    return f"Run `{error.ctx.command_path} --help` for usage." if error.ctx else ""


def debugging() -> bool:
    return os.environ.get("STEERSMAN_TRACEBACK") == "1"
