"""A statement took longer than it may (SQLSTATE 57014)."""

from __future__ import annotations

from steersman.diagnose.advice import psql
from steersman.diagnose.log_rule import log_rule

find = log_rule(
    "statement-timeout",
    (
        r"canceling statement due to statement timeout",
        r"maximum statement execution time exceeded",
        r"Execution Timeout Expired",
        r"operation exceeded time limit|MaxTimeMSExpired",
        r"DB::Exception: Timeout exceeded: elapsed",
        r"(?:Read|Write)Timeout: Error from server: code=1[12]00",
    ),
    sqlstates=("57014",),
    mysql=(3024, 1969),
    clickhouse=(159,),
    problem="A statement took longer than the server's statement_timeout.",
    explanation="The statement is slow (a big table, a missing index) or waits for a lock.",
    fix=(
        "Split the migration, create the index CONCURRENTLY, or raise statement_timeout for this session only"
        " (SET statement_timeout = '10min')."
    ),
    verify=(psql("show statement_timeout"),),
)
