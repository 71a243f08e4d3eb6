"""A script that goes on after a command has failed, and so ends well although its work was not done."""

from __future__ import annotations

from collections.abc import Iterator

from steersman.review.model import Finding, Rule, Severity
from steersman.review.shell import scripts
from steersman.review.subject import Subject

# Commands whose failure says nothing about the work, or that do not fail.
HARMLESS = frozenset(
    {
        "echo",
        "printf",
        "true",
        ":",
        "set",
        "export",
        "unset",
        "readonly",
        "local",
        "declare",
        "typeset",
        "shift",
        "trap",
        "exit",
        "return",
        "sleep",
        "date",
        "alias",
        "umask",
        "pwd",
        "test",
        "[",
        "[[",
        "shopt",
        "ulimit",
        "wait",
        "exec",
        "basename",
        "dirname",
        "cut",
        "tr",
        "head",
        "tail",
        "wc",
        "sort",
        "uniq",
        "command",
        "which",
    }
)


def check(subject: Subject) -> Iterator[Finding]:
    for script in scripts(subject):
        if script.option("e", "errexit"):
            continue
        statements = script.statements
        last = statements[-1].start_byte if statements else 0
        for command in script.commands:
            in_last = command.node.start_byte >= last
            if command.checked or command.loop or command.name in HARMLESS or not command.name or in_last:
                continue
            if command.captured_by and script.looks_at(command):
                continue
            yield script.finding(
                f"when `{command.name}` fails the script goes on, and the hook ends by the exit code of its last command",
                command.line,
                hint="Begin the script with `set -e` (with bash `set -euo pipefail`).",
            )
            break


RULE = Rule("script-without-errexit", "script", Severity.ERROR, "a script stops when one of its commands fails", check)
