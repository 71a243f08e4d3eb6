"""A statement that blocks the application while it works through an existing table."""

from __future__ import annotations

from collections.abc import Iterator

from steersman.review.model import Finding, Rule, Severity
from steersman.review.sql import sql_texts
from steersman.review.subject import Subject


def check(subject: Subject) -> Iterator[Finding]:
    for text in sql_texts(subject):
        made = {statement.table for statement in text.statements if statement.creates}
        for statement in text.statements:
            if statement.lock and statement.table not in made:
                yield text.item.finding(
                    statement.lock,
                    text.path,
                    offset=None if text.offset is None else text.offset + statement.line,
                    hint=f"Instead: {statement.mend}.",
                )


RULE = Rule("sql-blocking-lock", "sql", Severity.WARNING, "a migration does not block the application", check)
