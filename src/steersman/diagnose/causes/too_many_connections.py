"""The server takes no more connections (SQLSTATE 53300)."""

from __future__ import annotations

from steersman.diagnose.advice import psql
from steersman.diagnose.diagnosis import Confidence
from steersman.diagnose.log_rule import latest_of, log_rule

SERVER = log_rule(
    "too-many-connections",
    (
        r"sorry, too many clients already",
        r"remaining connection slots are reserved",
        r"too many connections for (?:role|database) (?P<name>\S+)",
        r"Too many connections|has exceeded the 'max_user_connections'|already has more than 'max_user_connections'",
        r"max number of clients reached",
        r"because too many open connections",
    ),
    sqlstates=("53300",),
    mysql=(1040, 1203, 1226),
    oracle=(18, 20, 2391, 12516, 12518, 12519, 12520),
    clickhouse=(202,),
    problem="The database server accepts no more connections.",
    explanation="All of max_connections are in use, mostly by the application's own pools; the hook is not at fault.",
    fix=(
        "Shrink the pools, close idle sessions, put a pooler in between or raise max_connections; then run "
        'the hook again (steersman.dev/hook-retries: "3").'
    ),
    verify=(psql("select usename, count(*) from pg_stat_activity group by 1"),),
)
POOL = log_rule(
    "too-many-connections",
    (
        r"Connection is not available, request timed out after \d+ms.*active=[1-9]",
        r"QueuePool limit of size \d+ overflow \d+ reached",
        r"Timeout acquiring a connection\. The pool is probably full|ResourceRequest timed out",
        r"prior to obtaining a connection from the pool|Timed out fetching a new connection from the connection pool",
        r"could not obtain a connection from the pool within",
    ),
    problem="All connections of the program's own pool are in use.",
    explanation="The program keeps more connections busy than its pool has: it does not give them back, or does "
    "too much at a time. "
    "(Where none could be made, the database cannot be reached.)",
    fix="Give the pool more connections (or the hook less to do at a time), and look for connections that are never given back.",
    verify=("steer get hooks {release}",),
    at_most=Confidence.MEDIUM,
)

find = latest_of(SERVER, POOL)
