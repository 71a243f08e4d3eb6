"""SQL names a column that is not there (SQLSTATE 42703)."""

from __future__ import annotations

from steersman.diagnose.advice import psql
from steersman.diagnose.log_rule import log_rule

find = log_rule(
    "column-missing",
    (
        r'column "?(?P<name>[\w.]+)"? (?:of relation "(?P<table>[^"]+)" )?does not exist',
        r"Unknown column '(?P<name>[^']+)'",
        r"no such column: (?P<name>\S+)",
        r"Invalid column name '(?P<name>[^']+)'",
        r"Missing columns: '(?P<name>[^']+)'|Undefined column name (?P<table>\S+)",
        r'ORA-00904: (?P<name>"?\S+"?): invalid identifier',
        r"(?P<name>missing column \[[^\]]+\] in table \[[^\]]+\])",
    ),
    sqlstates=("42703", "42S22"),
    mysql=(1054,),
    oracle=(904,),
    mssql=(207, 4924),
    clickhouse=(16, 47),
    problem="The column {name} does not exist.",
    explanation=(
        "The SQL and the schema of the database are not of the same version: the migration that adds the "
        "column has not run, or has already removed it."
    ),
    fix="Run the migration that adds {name} first (lower weight), or correct the SQL.",
    verify=(psql("\\d TABLE"),),
)
