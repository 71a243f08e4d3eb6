"""The command `steer`: options, terminal and JSON rendering, exit codes. What is done is done below."""

from __future__ import annotations

import os
import sys

# New objects between two looks for garbage: a start makes tens of thousands, nearly all of which stay.
GARBAGE = 50_000


def main() -> None:
    """Run the command; every error that a person may meet ends in one message on stderr and exit code 1."""
    import gc

    from steersman.cli import quick
    from steersman.cli.output import prepare_streams

    gc.set_threshold(GARBAGE)
    prepare_streams()
    code = quick.run(sys.argv[1:])
    if code is not None:
        # All is written and nothing is left to be closed; taking the interpreter apart takes longer than a small chart.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    from steersman.cli import straight

    code = straight.run(sys.argv[1:])
    if code is None:
        from steersman.cli.main import run

        code = run(sys.argv[1:])
    sys.exit(code)


__all__ = ["main"]
