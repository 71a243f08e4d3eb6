"""curl that takes an HTTP error for a success."""

from __future__ import annotations

from collections.abc import Iterator

from steersman.review.model import Finding, Rule, Severity
from steersman.review.shell import scripts
from steersman.review.subject import Subject


def check(subject: Subject) -> Iterator[Finding]:
    for script in scripts(subject):
        for command in script.commands:
            if command.name != "curl" or command.option("-f", "--fail", "--fail-with-body", "--fail-early"):
                continue
            if command.option("-w", "--write-out") or script.looks_at(command):  # the script looks at the answer itself
                continue
            yield script.finding(
                "curl exits with 0 for an answer of 404 or 500",
                command.line,
                hint="Give it `-f` (`-fsS` is quiet, but tells errors).",
            )


RULE = Rule("curl-without-fail", "script", Severity.WARNING, "curl fails when the server says so", check)
