"""A row that refers to none (SQLSTATE 23503)."""

from __future__ import annotations

from steersman.diagnose.advice import psql
from steersman.diagnose.log_rule import log_rule

find = log_rule(
    "foreign-key-violation",
    (
        r'violates foreign key constraint "(?P<name>[^"]+)"',
        r"a foreign key constraint fails",
        r"Foreign key constraint is incorrectly formed",
        r"FOREIGN KEY constraint failed",
        r'conflicted with the (?:FOREIGN KEY|REFERENCE)(?: SAME TABLE)? constraint "(?P<name>[^"]+)"',
    ),
    sqlstates=("23503",),
    mysql=(1451, 1452, 1005, 1215, 3780),
    oracle=(2291, 2292, 2298),
    problem=(
        "A row refers to one that is not there, or one that others refer to was to be removed (constraint {name})."
    ),
    explanation=(
        "The order of inserts or deletions does not fit the foreign key, or the data was already inconsistent."
    ),
    fix=(
        "Insert what is referred to first, delete what refers first, or clean the orphaned rows up before the"
        " constraint is added."
    ),
    verify=(psql("\\d TABLE"),),
)
