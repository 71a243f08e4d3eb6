"""A transaction that nobody ends: when the client hangs up, the database takes all of it back, and the hook succeeds."""

from __future__ import annotations

from collections.abc import Iterator

from steersman.review.model import Finding, Rule, Severity
from steersman.review.sql import MYSQL, SqlText, Statement, sql_texts
from steersman.review.subject import Subject

# Which statements MySQL commits by themselves, and with them what was begun: its manual, "Implicit Commit".
_COMMITS_ITSELF = ("Create", "Drop", "Alter", "TruncateTable", "Rename")
_ENDS = ("COMMIT", "ROLLBACK", "PREPARE", "COMMIT_PREPARED")


def check(subject: Subject) -> Iterator[Finding]:
    for text in sql_texts(subject):
        statement = _left_open(text)
        if statement is not None:
            yield text.item.finding(
                "the transaction that begins here is never committed: all of it is undone when the client ends, without an error",
                text.path,
                offset=None if text.offset is None else text.offset + statement.line,
                hint="End it with COMMIT.",
            )


def _left_open(text: SqlText) -> Statement | None:
    """The BEGIN after which something is changed and nothing is committed."""
    begun: Statement | None = None
    changed = False
    for statement in text.statements:
        if statement.control == "BEGIN":
            begun, changed = statement, False
        elif statement.control in _ENDS or (text.dialect == MYSQL and statement.kind in _COMMITS_ITSELF):
            begun = None
        elif statement.changes or statement.kind in ("CopyStmt", "DoStmt"):
            changed = True
    return begun if changed else None


RULE = Rule("sql-uncommitted-transaction", "sql", Severity.ERROR, "what is begun is committed", check)
