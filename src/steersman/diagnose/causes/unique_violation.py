"""A value that may be there only once is there twice (SQLSTATE 23505)."""

from __future__ import annotations

from steersman.diagnose.advice import psql
from steersman.diagnose.log_rule import latest_of, log_rule

SQL = log_rule(
    "unique-violation",
    (
        r'duplicate key value violates unique constraint "(?P<name>[^"]+)"',
        r'could not create unique index "(?P<name>[^"]+)"',
        r"Duplicate entry '[^']*' for key '(?P<name>[^']+)'",
        r"UNIQUE constraint failed: (?P<name>\S+)",
        r"Violation of (?:PRIMARY|UNIQUE) KEY constraint '(?P<name>[^']+)'",
        r"Cannot insert duplicate key row in object '[^']+' with unique index '(?P<name>[^']+)'",
        r"unique constraint \((?P<name>[^)]+)\) violated",
        r"\* \"(?P<name>[^\"]+)\" \(unique_constraint\)",
    ),
    sqlstates=("23505",),
    mysql=(1062,),
    oracle=(1,),
    mssql=(2601, 2627),
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
STORE = log_rule(
    "unique-violation",
    (
        r"E11000 duplicate key error (?:collection: (?P<table>\S+) )?(?:index: (?P<name>\S+))?",
        r"version_conflict_engine_exception",
    ),
    problem="A document with the same key is already there {table} {name}",
    explanation="The hook inserts what an earlier run has already inserted, or the data has duplicates that the new index does "
    "not allow.",
    fix="Make the write idempotent (updateOne with upsert: true, `$setOnInsert`, an index request without op_type=create), or "
    "remove the duplicates before the index is made.",
)

find = latest_of(SQL, STORE)
