"""A value that may be there only once is there twice (SQLSTATE 23505)."""

from __future__ import annotations

from steersman.diagnose.advice import psql
from steersman.diagnose.log_rule import log_rule

find = log_rule(
    "unique-violation",
    (
        r'duplicate key value violates unique constraint "(?P<name>[^"]+)"',
        r'could not create unique index "(?P<name>[^"]+)"',
        r"Duplicate entry '[^']*' for key '(?P<name>[^']+)'",
        r"UNIQUE constraint failed: (?P<name>\S+)",
    ),
    sqlstates=("23505",),
    mysql=(1062,),
    problem="A row with the same key is already there (constraint {name}).",
    explanation=(
        "The hook inserts what an earlier run has already inserted, or the data has duplicates that the new "
        "index does not allow."
    ),
    fix=(
        "Make the insert idempotent (INSERT … ON CONFLICT DO NOTHING), or remove the duplicates before the "
        "index is created."
    ),
    verify=(psql("\\d TABLE"),),
)
