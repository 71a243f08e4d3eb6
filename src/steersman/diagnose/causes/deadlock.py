"""Two sessions waited for each other (SQLSTATE 40P01)."""

from __future__ import annotations

from steersman.diagnose.advice import psql
from steersman.diagnose.log_rule import log_rule

find = log_rule(
    "deadlock",
    (
        r"deadlock detected",
        r"Deadlock found when trying to get lock",
        r"was deadlocked on .*resources with another process",
    ),
    sqlstates=("40P01",),
    mysql=(1213,),
    oracle=(60,),
    mssql=(1205,),
    problem="The database ended the hook's transaction because of a deadlock.",
    explanation=(
        "The hook and another session took the same locks in a different order; the database stopped one of them."
    ),
    fix=(
        'Run it again (steersman.dev/hook-retries: "3"); if it comes back, lock the tables in one order, in '
        "short transactions."
    ),
    verify=(psql("select deadlocks from pg_stat_database where datname = current_database()"),),
)
