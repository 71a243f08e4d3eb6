"""A lock was not to be had in time (SQLSTATE 55P03, 57014)."""

from __future__ import annotations

from steersman.diagnose.advice import psql
from steersman.diagnose.log_rule import log_rule

find = log_rule(
    "lock-timeout",
    (
        r"canceling statement due to lock timeout",
        r'could not obtain lock on (?:row in )?relation "(?P<name>[^"]+)"',
        r"Lock wait timeout exceeded",
        r"lock on table \"?(?P<name>\w+)\"? could not be acquired",
        r"Lock request time out period exceeded",
    ),
    sqlstates=("55P03",),
    mysql=(1205, 3572),
    oracle=(54, 4021, 30006),
    mssql=(1222,),
    problem="The hook waited for a lock that another session holds, and gave up.",
    explanation=(
        "The running application, or another migration, holds a lock on the table that the hook wants to change."
    ),
    fix=(
        "Find the session that holds it (pg_stat_activity, pg_locks); let the migration try again with a "
        'short lock_timeout, or run it when fewer transactions are open (steersman.dev/hook-retries: "3").'
    ),
    verify=(psql("select pid, state, wait_event_type, left(query, 60) from pg_stat_activity where state <> 'idle'"),),
)
