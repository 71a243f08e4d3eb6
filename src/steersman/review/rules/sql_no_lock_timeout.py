"""A change of an existing table that waits for its lock without a limit."""

from __future__ import annotations

from collections.abc import Iterator

from steersman.review.model import Finding, Rule, Severity
from steersman.review.shapes import entries
from steersman.review.sql import sql_texts
from steersman.review.subject import Subject

LIMITS = {
    "postgres": ("lock_timeout", "statement_timeout"),
    "mysql": ("lock_wait_timeout", "innodb_lock_wait_timeout"),
}
# MySQL waits for a year before it gives up.
WORDS = {"postgres": "SET lock_timeout = '5s';", "mysql": "SET SESSION lock_wait_timeout = 5;"}
KINDS = ("AlterTableStmt", "DropStmt", "TruncateStmt", "RenameStmt", "IndexStmt", "Alter", "TruncateTable", "Rename")


def check(subject: Subject) -> Iterator[Finding]:
    for text in sql_texts(subject):
        limits = LIMITS.get(text.dialect, ())
        around = text.text if text.program else text.command.raw
        if not limits or any(limit in around for limit in limits):
            continue
        if any("lock_timeout" in str(each.get("value")) for each in _environment(text.item.containers)):
            continue
        made = {statement.table for statement in text.statements if statement.creates}
        limited = False
        for statement in text.statements:
            limited = limited or statement.control in limits
            if (
                statement.kind in KINDS
                and not limited
                and statement.table not in made
                and statement.control != "CONCURRENTLY"
            ):
                yield text.item.finding(
                    "waits for its lock without a limit, and everything that comes after waits behind it",
                    text.path,
                    offset=None if text.offset is None else text.offset + statement.line,
                    hint=f"Begin with {WORDS[text.dialect]}",
                )
                break


def _environment(containers: object) -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    for container in containers:  # type: ignore[attr-defined]
        found += [each for _, each in entries(container.spec.get("env"))]
    return found


RULE = Rule("sql-no-lock-timeout", "sql", Severity.WARNING, "a migration does not wait for ever for a lock", check)
