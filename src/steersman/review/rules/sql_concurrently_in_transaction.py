"""CREATE INDEX CONCURRENTLY inside a transaction, where PostgreSQL refuses it."""

from __future__ import annotations

from collections.abc import Iterator

from steersman.review.model import Finding, Rule, Severity
from steersman.review.sql import sql_texts
from steersman.review.subject import Subject


def check(subject: Subject) -> Iterator[Finding]:
    for text in sql_texts(subject):
        inside = text.one_transaction
        for statement in text.statements:
            if statement.control == "BEGIN":
                inside = True
            elif statement.control in ("COMMIT", "ROLLBACK"):
                inside = text.one_transaction
            elif statement.control == "CONCURRENTLY" and inside:
                yield text.item.finding(
                    "CREATE INDEX CONCURRENTLY cannot run inside a transaction: it will fail",
                    text.path,
                    offset=None if text.offset is None else text.offset + statement.line,
                    hint="Put it behind the COMMIT.",
                )


RULE = Rule(
    "sql-concurrently-in-transaction", "sql", Severity.ERROR, "CONCURRENTLY stands outside of transactions", check
)
