"""`steer plugin`: what to do instead, for those who look for it."""

from __future__ import annotations

from steersman.cli import declare
from steersman.errors import UsageError


@declare.command("plugin")
@declare.argument("words", metavar="[...]", nargs=-1)
def command(words: tuple[str, ...]) -> None:
    """Helm's plugins are not run by steer."""
    raise UsageError(
        "steer runs no Helm plugins",
        hint="`helm plugin` goes on working beside steer: both use the same releases, repositories and caches. A post-renderer "
        "can be any program: `steer install … --post-renderer ./program`.",
    )
