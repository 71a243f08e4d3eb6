"""curl that takes an HTTP error for a success."""

from __future__ import annotations

import re
from collections.abc import Iterator

from steersman.review.model import Finding, Rule, Severity
from steersman.review.shell import Command, Script, scripts
from steersman.review.subject import Subject

SEARCHERS = ("grep", "egrep", "fgrep")


def check(subject: Subject) -> Iterator[Finding]:
    for script in scripts(subject):
        for command in script.commands:
            if command.name != "curl" or command.option("-f", "--fail", "--fail-with-body", "--fail-early"):
                continue
            if command.option("-w", "--write-out") or looked_at(
                script, command
            ):  # the script looks at the answer itself
                continue
            yield script.finding(
                "curl exits with 0 for an answer of 404 or 500",
                command.line,
                hint="Give it `-f` (`-fsS` is quiet, but tells errors).",
            )


def looked_at(script: Script, command: Command) -> bool:
    """Whether what the server answers is searched: in a pipe, or as a variable's value."""
    reader = command.piped_into.split()[:1]
    if reader and reader[0] in SEARCHERS:
        return True
    if not command.captured_by:
        return command.captured  # `[ "$(curl …)" = ok ]`
    variable = re.escape(command.captured_by)
    return bool(re.search(rf"(\[|\btest\b|\bcase\b|\bgrep\b)[^\n]*\$\{{?{variable}\b", script.text)) or bool(
        re.search(rf"\$\{{?{variable}\b[^\n]*\|\s*({'|'.join(SEARCHERS)})\b", script.text)
    )


RULE = Rule("curl-without-fail", "script", Severity.WARNING, "curl fails when the server says so", check)
