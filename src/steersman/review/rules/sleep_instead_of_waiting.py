"""A fixed sleep where the script means to wait for something."""

from __future__ import annotations

from collections.abc import Iterator

from steersman.review.model import Finding, Rule, Severity
from steersman.review.shell import scripts
from steersman.review.subject import Subject


def check(subject: Subject) -> Iterator[Finding]:
    for script in scripts(subject):
        commands = script.commands
        for position, command in enumerate(commands):
            followed = any(after.name not in ("echo", "printf", "exit", "true") for after in commands[position + 1 :])
            if command.name == "sleep" and not command.loop and followed:
                yield script.item.finding(
                    f"`sleep {' '.join(command.words)}` hopes that what follows will be ready by then",
                    script.path,
                    offset=command.line,
                    hint="Ask for what is needed in a bounded loop (pg_isready, curl --retry --retry-connrefused …).",
                )


RULE = Rule(
    "sleep-instead-of-waiting", "script", Severity.WARNING, "a script waits for what it needs, not for a time", check
)
