"""Migrations that are marked as done without being done."""

from __future__ import annotations

import re
from collections.abc import Iterator

from steersman.review.model import Finding, Rule, Severity
from steersman.review.rules.migration_tool_resets import short
from steersman.review.shell import scripts
from steersman.review.subject import Subject

_MARKS = re.compile(
    r"\bmanage\.py migrate\b.*--fake(?!-)|\bdjango-admin migrate\b.*--fake(?!-)|\balembic\b.* stamp heads?\b"
    r"|\bliquibase\b.*\b(changelog-sync|changelogSync)\b|\bprisma migrate resolve\b.*--applied"
    r"|\bdoctrine:migrations:version\b.*--add"
)
_UPGRADE = ("pre-upgrade", "post-upgrade")


def check(subject: Subject) -> Iterator[Finding]:
    for script in scripts(subject):
        if not any(event in _UPGRADE for event in script.item.events):
            continue
        for command in script.every_command:
            line = " ".join((command.name, *command.words))
            if command.name not in ("echo", "printf") and _MARKS.search(line) and not command.conditional:
                yield script.finding(
                    f"`{short(command)}` marks migrations as done without doing them, at every upgrade",
                    command.line,
                    hint="Mark once, by hand; let the hook migrate.",
                )


RULE = Rule("migration-only-marked", "script", Severity.ERROR, "a migration that is marked as done is done", check)
