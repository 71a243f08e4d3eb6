"""A transaction that nobody ends: when the client hangs up, the database takes all of it back, and the hook succeeds."""

from __future__ import annotations

from collections.abc import Iterator

from steersman.review.model import Finding, Rule, Severity
from steersman.review.sql import MYSQL, ORACLE, SqlText, Statement, sql_texts
from steersman.review.subject import Subject

# Which statements MySQL commits by themselves, and with them what was begun: its manual, "Implicit Commit".
_COMMITS_ITSELF = ("Create", "Drop", "Alter", "TruncateTable", "Rename")
_ENDS = ("COMMIT", "ROLLBACK", "PREPARE", "COMMIT_PREPARED")


def check(subject: Subject) -> Iterator[Finding]:
    for text in sql_texts(subject):
        statement = _of_driver(text) if text.uncommitted else _left_open(text)
        if statement is not None:
            begun = (
                "the transaction that the driver begins by itself"
                if text.uncommitted
                else "the transaction that begins here"
            )
            yield text.item.finding(
                f"{begun} is never committed: all of it is undone when the client ends, without an error",
                text.path,
                offset=None if text.offset is None else text.offset + statement.line,
                hint="Call commit() on the connection." if text.uncommitted else "End it with COMMIT.",
            )


def _of_driver(text: SqlText) -> Statement | None:
    """The first change in a transaction that the program's driver began."""
    for statement in text.statements:
        if statement.changes and not (text.dialect in (MYSQL, ORACLE) and statement.kind in _COMMITS_ITSELF):
            return statement
    return None


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
