"""redis-cli that takes an error of the server for a success: without `-e` it exits with 0 also for NOAUTH, READONLY or ERR."""

from __future__ import annotations

from collections.abc import Iterator

from steersman.review.model import Finding, Rule, Severity
from steersman.review.shell import scripts
from steersman.review.subject import Subject


def check(subject: Subject) -> Iterator[Finding]:
    for script in scripts(subject):
        for command in script.commands:
            # What is captured or piped on is looked at; a PING in a condition is a wait.
            if command.name not in ("redis-cli", "valkey-cli") or command.captured or command.piped_into:
                continue
            if command.option("-e", "--version", "--help") or "ping" in [word.lower() for word in command.words]:
                continue
            yield script.finding(
                f"{command.name} exits with 0 when the server answers with an error (NOAUTH, READONLY): nothing was done, "
                "and the hook succeeds",
                command.line,
                hint="Give it `-e`.",
            )


RULE = Rule("redis-cli-exit-code", "script", Severity.WARNING, "redis-cli fails when the server says so", check)
