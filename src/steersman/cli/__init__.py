"""The command `steer`: options, terminal and JSON rendering, exit codes. What is done is done below."""

from __future__ import annotations

import os
import sys

from steersman import protocols
from steersman.lazy import TYPE_CHECKING

if TYPE_CHECKING:
    from steersman.protocols import Fetch

# New objects between two looks for garbage: a start makes tens of thousands, nearly all of which stay.
GARBAGE = 50_000


def main() -> None:
    """Run the command; every error that a person may meet ends in one message on stderr and exit code 1."""
    import gc

    from steersman.bundle import use

    bundle = use()
    from steersman.cli import quick
    from steersman.cli.output import prepare_streams

    gc.set_threshold(GARBAGE)
    prepare_streams()
    code = quick.run(sys.argv[1:])
    if code is None:
        code = _run(sys.argv[1:])
    # All is written and nothing is left to be closed; taking the interpreter apart takes 5 ms or more.
    sys.stdout.flush()
    sys.stderr.flush()
    bundle.save()
    os._exit(code)


def _run(words: list[str]) -> int:
    from steersman.deferred import defer

    defer()
    from steersman.cli import straight

    code = straight.run(words)
    if code is None and not straight.is_ours(words):
        from steersman.cli import plugin_command

        code = plugin_command.run(words)
    if code is None:
        from steersman.cli.main import run

        code = run(words)
    return code


def _by_plugin(scheme: str) -> Fetch | None:
    from steersman.cli.plugin_getters import fetcher

    return fetcher(scheme)


protocols.ask(_by_plugin)

__all__ = ["main"]
