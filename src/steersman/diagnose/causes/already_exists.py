"""SQL creates what is already there (SQLSTATE 42P07, 42701, 42710)."""

from __future__ import annotations

from steersman.diagnose.advice import psql
from steersman.diagnose.log_rule import log_rule

find = log_rule(
    "already-exists",
    (
        r'(?:(?:[Ee]rror|ERROR|Exception|pq|Duplicate\w+)\)?:? .*?)\b\w+ "(?P<name>[^"]+)" (?:(?:of|for) .*)?already exists',
        r"Table '(?P<name>[^']+)' already exists",
        r"Duplicate key name '(?P<name>[^']+)'",
        r"Can't create database '(?P<name>[^']+)'; database exists",
        r"Duplicate column name '(?P<name>[^']+)'",
        r"table (?P<name>\S+) already exists",
    ),
    sqlstates=("42P07", "42701", "42710", "42P04", "42P06", "42723", "42S01", "42S21"),
    mysql=(1007, 1050, 1060, 1061, 1022, 1304, 1826),
    problem="{name} already exists: the hook is not safe to run twice.",
    explanation=(
        "An earlier run of this hook has already done this part (hooks are never undone), or somebody else has."
    ),
    fix=(
        "Make the SQL idempotent: CREATE TABLE IF NOT EXISTS, ALTER TABLE … ADD COLUMN IF NOT EXISTS, or let "
        "the migration tool's own version table decide."
    ),
    verify=(psql("\\d"),),
)
