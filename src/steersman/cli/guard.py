"""The end of every command: an exit code, and one message for whatever went wrong."""

from __future__ import annotations

import os
import sys

from steersman.cli.output import CannotWrite, cannot_write, complain, echo, silence
from steersman.errors import SteersmanError
from steersman.lazy import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

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
    except CannotWrite as error:
        return cannot_write(error)
    except OSError as error:
        return _of_system(error)
    except Exception as error:
        return _of_click(error)


def _of_system(error: OSError) -> int:
    """What the system refused, where no message of ours has foreseen it."""
    if debugging():
        raise error
    if not _is_somewhere():
        return complain("the current directory is not there any more", "Change into one that is: cd ~")
    if error.filename is None or not error.strerror:
        return _bug(error)
    return complain(f"{error.filename}: {error.strerror.lower()}")


def _is_somewhere() -> bool:
    try:
        os.getcwd()
    except OSError:
        return False
    return True


def _bug(error: Exception) -> int:
    """Still one line, and the way to all of it."""
    return complain(f"{type(error).__name__}: {error}", "This is a bug in steer. STEERSMAN_TRACEBACK=1 shows where.")


def _of_click(error: Exception) -> int:
    """What click raises, where click is in use; else it is a bug of ours."""
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
    return _bug(error)


def usage_hint(error: click.UsageError) -> str:
    usage = getattr(error, "usage", "")
    if usage:
        return str(usage)
    return f"Run `{error.ctx.command_path} --help` for usage." if error.ctx else ""


def debugging() -> bool:
    return os.environ.get("STEERSMAN_TRACEBACK") == "1"
