"""psql that goes on after a statement has failed."""

from __future__ import annotations

from collections.abc import Iterator

from steersman.review.model import Finding, Rule, Severity
from steersman.review.shell import scripts
from steersman.review.subject import Subject


def check(subject: Subject) -> Iterator[Finding]:
    for script in scripts(subject):
        for command in script.commands:
            if command.name != "psql" or any("ON_ERROR_STOP" in word for word in command.words):
                continue
            if "ON_ERROR_STOP" in "".join(heredoc.text for heredoc in command.heredocs):
                continue
            statements = sum(word in ("-c", "--command") or word.startswith("--command=") for word in command.words)
            reads = (
                bool(command.heredocs)
                or command.option("-f", "--file")
                or any(sign == "<" for sign, _ in command.redirects)
            )
            if reads or statements > 1:
                yield script.item.finding(
                    "psql goes on after a statement that failed and then exits with 0",
                    script.path,
                    offset=command.line,
                    hint="Give it `-v ON_ERROR_STOP=1`.",
                )


RULE = Rule("psql-without-on-error-stop", "script", Severity.ERROR, "psql stops at the first failing statement", check)
