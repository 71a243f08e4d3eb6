"""SQL calls what the database does not know (SQLSTATE 42883, 42704)."""

from __future__ import annotations

from steersman.diagnose.advice import psql
from steersman.diagnose.log_rule import log_rule

find = log_rule(
    "function-missing",
    (
        r"function (?P<name>\w+\([^)]*\)) does not exist",
        r'type "(?P<name>[^"]+)" does not exist',
        r'extension "(?P<name>[^"]+)" is not available',
    ),
    sqlstates=("42883", "0A000"),
    problem="The database does not know {name}.",
    explanation=(
        "A function, a type, a schema or an extension is missing: it is made by an earlier migration, or by "
        "an extension that is not installed in this database."
    ),
    fix=("Create it first (CREATE EXTENSION, CREATE SCHEMA, or the earlier migration), with a role that may do so."),
    verify=(psql("\\dx"),),
)
