"""A change of an existing table that waits for its lock without a limit."""

from __future__ import annotations

from collections.abc import Iterator

from steersman.review.model import Finding, Rule, Severity
from steersman.review.shapes import entries
from steersman.review.sql import sql_texts
from steersman.review.subject import Subject

LIMITS = ("lock_timeout", "statement_timeout")


def check(subject: Subject) -> Iterator[Finding]:
    for text in sql_texts(subject):
        if text.dialect != "postgres" or any(limit in text.command.raw for limit in LIMITS):
            continue
        if any("lock_timeout" in str(each.get("value")) for each in _environment(text.item.containers)):
            continue
        made = {statement.table for statement in text.statements if statement.creates}
        limited = False
        for statement in text.statements:
            limited = limited or statement.control in LIMITS
            changes = statement.kind in ("AlterTableStmt", "DropStmt", "TruncateStmt", "RenameStmt", "IndexStmt")
            if changes and not limited and statement.table not in made and statement.control != "CONCURRENTLY":
                yield text.item.finding(
                    "waits for its lock without a limit, and everything that comes after waits behind it",
                    text.path,
                    offset=None if text.offset is None else text.offset + statement.line,
                    hint="Begin with SET lock_timeout = '5s';",
                )
                break


def _environment(containers: object) -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    for container in containers:  # type: ignore[attr-defined]
        found += [each for _, each in entries(container.spec.get("env"))]
    return found


RULE = Rule("sql-no-lock-timeout", "sql", Severity.WARNING, "a migration does not wait for ever for a lock", check)
