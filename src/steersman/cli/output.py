"""Printing, for commands whose output must be right to the byte."""

from __future__ import annotations

import sys


def warn(message: str) -> None:
    """Show what is not an error, beside the output."""
    print(f"WARNING: {message.removeprefix('warning: ')}", file=sys.stderr)


def write(text: str) -> None:
    """Print text as the bytes it came from, whatever the terminal's encoding."""
    sys.stdout.flush()
    sys.stdout.buffer.write(text.encode("utf-8", "surrogateescape"))
    sys.stdout.buffer.flush()
