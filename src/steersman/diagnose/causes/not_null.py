"""A row without a value that it must have (SQLSTATE 23502)."""

from __future__ import annotations

from steersman.diagnose.advice import psql
from steersman.diagnose.log_rule import log_rule

find = log_rule(
    "not-null-violation",
    (
        r'null value in column "(?P<name>[^"]+)".*violates not-null constraint',
        r'column "(?P<name>[^"]+)" (?:of relation "[^"]+" )?contains null values',
        r"Column '(?P<name>[^']+)' cannot be null",
        r"Field '(?P<name>[^']+)' doesn't have a default value",
        r"NOT NULL constraint failed: (?P<name>\S+)",
        r"Cannot insert the value NULL into column '(?P<name>[^']+)'",
        r"ORA-01400: cannot insert NULL into \((?P<name>[^)]+)\)",
    ),
    sqlstates=("23502",),
    mysql=(1048, 1364),
    oracle=(1400, 1407, 2296),
    mssql=(515,),
    problem="The column {name} must not be null, and a row has no value for it.",
    explanation="Rows that are already there have no value, or the hook inserts one without.",
    fix=(
        "Add the column with a DEFAULT, or fill it first (UPDATE … WHERE {name} IS NULL) and set NOT NULL afterwards."
    ),
    verify=(psql("select count(*) from TABLE where {name} is null"),),
)
