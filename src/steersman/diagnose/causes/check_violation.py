"""A value that a constraint refuses (SQLSTATE 23514, 22001, 22P02)."""

from __future__ import annotations

from steersman.diagnose.advice import psql
from steersman.diagnose.log_rule import log_rule

find = log_rule(
    "invalid-value",
    (
        r'violates check constraint "(?P<name>[^"]+)"',
        r'check constraint "(?P<name>[^"]+)" of relation "[^"]+" is violated by some row',
        r"(?P<name>value too long for type .*)$",
        r"(?P<name>invalid input syntax for type .*)$",
        r"(?P<name>division by zero)$",
        r"(?P<name>Data too long for column .*|Out of range value for column .*|Data truncated for column .*)",
        r"(?P<name>(?:Incorrect|Truncated incorrect) \w+ value: .*)",
    ),
    sqlstates=("23514", "22001", "22P02", "22003", "22007", "22008"),
    mysql=(1406, 1264, 1265, 1292, 4025, 3819),
    problem="The database refused a value: {name}.",
    explanation=(
        "A value that the hook writes, or one that is already there, does not fit the column's type or constraint."
    ),
    fix="Correct the value, or convert the rows that are there before the constraint or type is changed.",
    verify=(psql("\\d TABLE"),),
)
