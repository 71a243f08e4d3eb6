"""`set -x` in a script that handles secrets: the trace writes each of them into the log."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from steersman.review.commands import text_of
from steersman.review.model import Finding, Rule, Severity
from steersman.review.rules.secret_on_command_line import VARIABLE, named_so
from steersman.review.shapes import as_object, entries
from steersman.review.shell import Script, scripts
from steersman.review.subject import Subject


def check(subject: Subject) -> Iterator[Finding]:
    for script in scripts(subject):
        if not script.shell or (start := _traced_from(script)) is None:
            continue
        secrets = {
            str(entry.get("name"))
            for _, entry in entries(script.container.spec.get("env"))
            if "secretKeyRef" in as_object(entry.get("valueFrom"))
        }
        off = next((each.line for each in script.commands if each.name == "set" and "+x" in each.words), None)
        for line, text in sorted(_traced(script)):
            if off is not None and line >= off:
                break
            used = [name for name in VARIABLE.findall(text) if name in secrets or named_so(name)]
            if used and line >= start:
                yield script.finding(
                    f"the shell's trace (-x) writes ${used[0]} into the log",
                    line,
                    hint="Leave -x out, or switch it off around this (set +x).",
                )
                break


def _traced(script: Script) -> Iterator[tuple[int, str]]:
    """What the trace shows with its variables filled in: the words of commands, and what is assigned."""
    for command in script.commands:
        yield from ((command.line, word) for word in command.words)
    yield from _assigned(script.root)


def _assigned(node: Any) -> Iterator[tuple[int, str]]:
    if node.type == "variable_assignment":
        yield node.start_point[0], text_of(node).partition("=")[2]
    for child in node.named_children:
        yield from _assigned(child)


def _traced_from(script: Script) -> int | None:
    """The line from which the shell traces; None where it does not."""
    if "x" in script.flags or "xtrace" in script.flags:
        return 0
    for command in script.commands:
        if command.name == "set" and (command.option("-x") or "xtrace" in command.words):
            return command.line
    return None


RULE = Rule("trace-shows-secrets", "script", Severity.WARNING, "no trace writes secrets into the log", check)
