"""The command `steer`: options, terminal and JSON rendering, exit codes. What is done is done below."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command; every error that a person may meet ends in one message on stderr and exit code 1."""
    from steersman.cli import quick

    code = quick.run(sys.argv[1:])
    if code is None:
        from steersman.cli.main import run

        code = run(sys.argv[1:])
    sys.exit(code)


__all__ = ["main"]
