"""Printing, for commands whose output must be right to the byte."""

from __future__ import annotations

import os
import sys


def warn(message: str) -> None:
    """Show what is not an error, beside the output: a line of `steersman.chart.notice`, or plain words."""
    print(message if message.startswith("level=") else f"WARNING: {message}", file=sys.stderr)


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


def echo(message: object = "", *, nl: bool = True, err: bool = False) -> None:
    """Print for a person or a pipe."""
    print(message, end="\n" if nl else "", file=sys.stderr if err else sys.stdout)
