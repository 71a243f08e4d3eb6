"""A hook of an install or upgrade that empties a store: it does so again with every new version."""

from __future__ import annotations

from collections.abc import Iterator

from steersman.review.model import Finding, Rule, Severity
from steersman.review.programs import programs
from steersman.review.rules.migration_tool_resets import brings_in, short
from steersman.review.shell import scripts
from steersman.review.stores import emptied, emptied_by
from steersman.review.subject import Subject


def check(subject: Subject) -> Iterator[Finding]:
    for script in scripts(subject):
        if not brings_in(script.item):
            continue
        told: set[tuple[int, str]] = set()
        for command in script.every_command:
            words = emptied(script, command) or next(
                (
                    lost
                    for program in programs(subject, script, command)
                    if (lost := emptied_by(script, program.source))
                ),
                "",
            )
            if words and (command.line, words) not in told:
                told.add((command.line, words))
                yield script.finding(
                    f"`{short(command)}` {words}",
                    command.line,
                    hint="Empty it by hand, with a backup; or remove only what is meant, by name, age or a condition.",
                )


RULE = Rule("hook-empties-store", "script", Severity.ERROR, "no hook of an install or upgrade empties a store", check)
