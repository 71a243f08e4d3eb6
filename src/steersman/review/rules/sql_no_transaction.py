"""Several changes that are not one: when one fails, the ones before it stay."""

from __future__ import annotations

from collections.abc import Iterator

from steersman.review.model import Finding, Rule, Severity
from steersman.review.sql import sql_texts
from steersman.review.subject import Subject


def check(subject: Subject) -> Iterator[Finding]:
    for text in sql_texts(subject):
        changes = [
            statement for statement in text.statements if statement.changes and statement.control != "CONCURRENTLY"
        ]
        if text.dialect != "postgres" or len(changes) < 2 or text.one_transaction:
            continue  # MySQL commits each change of a schema by itself, whatever one writes around it
        if not any(statement.control == "BEGIN" for statement in text.statements):
            statement = changes[0]
            yield text.item.finding(
                f"{len(changes)} changes without a transaction: a failure in the middle leaves the first ones done",
                text.path,
                offset=None if text.offset is None else text.offset + statement.line,
                hint="Put BEGIN; … COMMIT; around them, or give psql --single-transaction.",
            )


RULE = Rule("sql-no-transaction", "sql", Severity.INFO, "what belongs together is one transaction", check)
