"""A statement that fails, or does harm, when the hook runs a second time."""

from __future__ import annotations

from collections.abc import Iterator

from steersman.review.model import Finding, Rule, Severity
from steersman.review.sql import sql_texts
from steersman.review.subject import Subject


def check(subject: Subject) -> Iterator[Finding]:
    for text in sql_texts(subject):
        for statement in text.statements:
            if statement.unsafe:
                yield text.item.finding(
                    f"not safe to run twice: {statement.unsafe.partition(':')[0]}",
                    text.path,
                    offset=None if text.offset is None else text.offset + statement.line,
                    hint=f"Write it with {statement.unsafe.partition(': ')[2]}." if ": " in statement.unsafe else "",
                )


RULE = Rule("sql-not-repeatable", "sql", Severity.ERROR, "every statement may run twice", check)
