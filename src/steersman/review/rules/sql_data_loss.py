"""A statement that removes data."""

from __future__ import annotations

from collections.abc import Iterator

from steersman.review.model import Finding, Rule, Severity
from steersman.review.sql import sql_texts
from steersman.review.subject import Subject


def check(subject: Subject) -> Iterator[Finding]:
    for text in sql_texts(subject):
        made = {statement.table for statement in text.statements if statement.creates}
        for statement in text.statements:
            if statement.loses and not (statement.table and statement.table in made):
                yield text.item.finding(
                    statement.loses,
                    text.path,
                    offset=None if text.offset is None else text.offset + statement.line,
                    hint="Make it a release of its own, after the one that no longer needs the data, with a backup before it.",
                )


RULE = Rule("sql-data-loss", "sql", Severity.WARNING, "a hook does not remove data", check)
