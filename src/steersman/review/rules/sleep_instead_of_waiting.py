"""A fixed sleep where the script means to wait for something."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from steersman.review.commands import Command
from steersman.review.model import Finding, Rule, Severity
from steersman.review.shell import scripts
from steersman.review.subject import Subject

WAITER = re.compile(r"^(wait|retry|dockerize)|_(wait|retry)|retry_while|_ready$")


def check(subject: Subject) -> Iterator[Finding]:
    for script in scripts(subject):
        commands = script.commands
        for position, command in enumerate(commands):
            followed = any(after.name not in ("echo", "printf", "exit", "true") for after in commands[position + 1 :])
            if command.name == "sleep" and not command.loop and followed and not waits(commands[position + 1 :]):
                yield script.finding(
                    f"`sleep {' '.join(command.words)}` hopes that what follows will be ready by then",
                    command.line,
                    hint="Ask for what is needed in a bounded loop (pg_isready, curl --retry --retry-connrefused …).",
                )


def waits(commands: Sequence[Command]) -> bool:
    """Whether the work that comes next is itself a bounded wait: then the sleep is only a first pause."""
    following = next((command for command in commands if command.name not in ("echo", "printf", "[", "test")), None)
    return following is not None and (
        bool(following.loop) or WAITER.search(following.name) is not None or following.option("--retry", "--wait")
    )


RULE = Rule(
    "sleep-instead-of-waiting", "script", Severity.WARNING, "a script waits for what it needs, not for a time", check
)
