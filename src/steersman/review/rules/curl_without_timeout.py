"""curl that may wait for ever."""

from __future__ import annotations

from collections.abc import Iterator

from steersman.review.model import Finding, Rule, Severity
from steersman.review.shell import scripts
from steersman.review.subject import Subject


def check(subject: Subject) -> Iterator[Finding]:
    for script in scripts(subject):
        for command in script.commands:
            if command.name != "curl" or "timeout" in command.wrappers:
                continue
            if not command.option("-m", "--max-time", "--connect-timeout"):
                yield script.finding(
                    "curl has no time limit: a server that does not answer holds the release until the hook's timeout",
                    command.line,
                    hint="Give it `--max-time 10`.",
                )


RULE = Rule("curl-without-timeout", "script", Severity.INFO, "curl has a time limit", check)
