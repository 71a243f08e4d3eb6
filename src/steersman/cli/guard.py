"""The end of every command: an exit code, and one message for whatever went wrong."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from steersman.cli.output import complain, echo, silence
from steersman.errors import SteersmanError

if TYPE_CHECKING:
    import click


def guarded(work: Callable[[], object]) -> int:
    """Run a command and return its exit code; nothing is raised for an error meant for a person."""
    try:
        result = work()
        sys.stdout.flush()
        return result if isinstance(result, int) else 0
    except SystemExit as ending:  # a command that chose its exit code
        sys.stdout.flush()
        return ending.code if isinstance(ending.code, int) else 0 if ending.code is None else 1
    except KeyboardInterrupt:
        return complain("interrupted")
    except BrokenPipeError:
        silence()
        return 0
    except SteersmanError as error:
        if debugging():
            raise
        return complain(str(error), error.hint)
    except Exception as error:
        return _of_click(error)


def _of_click(error: Exception) -> int:
    """What click raises, where click is in use; else it is a bug of ours: still one line, and the way to all of it."""
    if "click" in sys.modules:
        import click

        if isinstance(error, click.exceptions.Exit):
            return error.exit_code
        if isinstance(error, click.exceptions.NoArgsIsHelpError):  # a group's name alone asks what it can do
            echo(error.format_message())
            return 0
        if isinstance(error, click.UsageError):
            return complain(error.format_message(), usage_hint(error))
        if isinstance(error, click.ClickException):
            return complain(error.format_message())
        if isinstance(error, click.Abort):
            return complain("interrupted")
    if debugging():
        raise error
    return complain(f"{type(error).__name__}: {error}", "This is a bug in steer. STEERSMAN_TRACEBACK=1 shows where.")


def usage_hint(error: click.UsageError) -> str:
    usage = getattr(error, "usage", "")
    if usage:
        return str(usage)
    return f"Run `{error.ctx.command_path} --help` for usage." if error.ctx else ""


def debugging() -> bool:
    return os.environ.get("STEERSMAN_TRACEBACK") == "1"
