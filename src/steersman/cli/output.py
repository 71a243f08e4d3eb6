"""Printing, for commands whose output must be right to the byte."""

from __future__ import annotations

import os
import sys

from steersman.lazy import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any, TextIO

    from steersman.errors import SteersmanError


def warn(message: str) -> None:
    """Show what is not an error, beside the output: a line of `steersman.chart.notice`, or plain words."""
    print(message if message.startswith("level=") else f"WARNING: {message}", file=sys.stderr)


def warn_damaged(error: SteersmanError) -> None:
    """Show that a release's record is left out, and what to do about it."""
    warn(f"{error}\n{error.hint}")


def write(text: str) -> None:
    """Print text as the bytes it came from, whatever the terminal's encoding."""
    sys.stdout.flush()
    sys.stdout.buffer.write(text.encode("utf-8", "surrogateescape"))
    sys.stdout.buffer.flush()


def complain(message: str, hint: str = "") -> int:
    """Print one clear error as Helm does (`Error: …`), the way out below it, and return exit code 1."""
    if message:
        print(f"Error: {message}", file=sys.stderr)
    if hint:
        print(hint, file=sys.stderr)
    return 1


def silence() -> None:
    """Write to nobody from now on: the reader (head, less) has gone, and Python would complain again at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class CannotWrite(OSError):
    """The output could not be written: a disk is full, a device has gone."""


class Telling:
    """A stream whose failures can be told from those of other files."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        inner: Any = getattr(stream, "buffer", None)
        self.buffer: Any = None if inner is None else Telling(inner)

    def write(self, text: Any) -> int:
        try:
            return self._stream.write(text)
        except OSError as error:
            raise _told(error) from error

    def flush(self) -> None:
        try:
            self._stream.flush()
        except OSError as error:
            raise _told(error) from error

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def _told(error: OSError) -> OSError:
    return error if isinstance(error, BrokenPipeError) else CannotWrite(error.errno, error.strerror)


class Unfailing:
    """A stream that drops what cannot be written, because its reader has gone or a disk is full; `error` is the first reason."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.error: OSError | None = None

    def write(self, text: str) -> int:
        try:
            return self._stream.write(text)
        except OSError as error:
            self.error = self.error or error
            return len(text)

    def flush(self) -> None:
        try:
            self._stream.flush()
        except OSError as error:
            self.error = self.error or error

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def unfailing(stream: TextIO) -> TextIO:
    """The stream, as one that never fails."""
    made: Any = Unfailing(stream)
    return made  # type: ignore[no-any-return]


def prepare_streams() -> None:
    """Make the standard streams fit for any surroundings: closed ones lead to nobody, and stderr never stops a command."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            opened = os.open(os.devnull, os.O_RDWR)
            if opened != number:
                os.dup2(opened, number)
            setattr(sys, name, open(number, "r" if number == 0 else "w", encoding="utf-8", closefd=False))  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None and stream.encoding.lower() != "utf-8":
            reconfigure(errors="replace")  # a terminal without … and – is no reason to fail
    telling: Any = Telling(sys.stdout)
    sys.stdout = telling
    sys.stderr = unfailing(sys.stderr)


def cannot_write(error: OSError) -> int:
    """Say that the output is not what it should be, and return exit code 1."""
    silence()
    return complain(f"cannot write the output: {(error.strerror or str(error)).lower()}")


def echo(message: object = "", *, nl: bool = True, err: bool = False) -> None:
    """Print for a person or a pipe."""
    print(message, end="\n" if nl else "", file=sys.stderr if err else sys.stdout)
