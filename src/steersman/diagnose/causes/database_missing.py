"""The server is there, the database is not."""

from __future__ import annotations

from steersman.diagnose.advice import psql
from steersman.diagnose.log_rule import latest_of, log_rule

SQL = log_rule(
    "database-missing",
    (
        r'database "(?P<name>[^"]+)" does not exist',
        r"Database `(?P<name>[^`]+)` does not exist",
        r"Unknown database '(?P<name>[^']+)'",
        r"[Kk]eyspace '?(?P<name>[\w.]+)'? does not exist",
        r"DB::Exception: (?:Received from \S+ )?(?:DB::Exception: )?Database (?P<name>\S+) (?:doesn't|does not) exist",
        r"Database '(?P<name>[^']+)' does not exist\. Make sure",
        r'Service "(?P<name>[^"]+)" is not registered with the listener',
        r"TNS:listener does not currently know of (?:service|SID)",
    ),
    sqlstates=("3D000",),
    mysql=(1049,),
    oracle=(12514, 12505),
    mssql=(911,),
    clickhouse=(81,),
    problem="The database {name} does not exist on the server.",
    explanation=(
        "The connection and the login worked; only the database that was asked for has never been created (or"
        " has another name)."
    ),
    fix=(
        "Create it before this hook runs (CREATE DATABASE {name}, in a hook of a lower weight or by the "
        "server's own setup), or correct the name that the hook is given."
    ),
    verify=(psql("\\l"),),
)
REDIS = log_rule(
    "database-missing",
    (r"\bDB index is out of range",),
    problem="Redis has no database of the number that the hook asks for.",
    explanation="A Redis server has `databases` of them (16 unless it was told otherwise), a cluster only number 0.",
    fix="Use a lower number in the URL or option (redis://HOST:6379/0) in the hook's values.",
)
NO_ACCESS = log_rule(
    "database-missing",
    (r'Cannot open database "(?P<name>[^"]+)" requested by the login',),
    problem="SQL Server does not open the database {name} for this login.",
    explanation="The login itself worked. Either the database does not exist, or the login has no user in it: the server does "
    "not tell the two apart.",
    fix="Create the database {name} before this hook runs, or a user for the login in it (CREATE USER … FOR LOGIN …).",
    verify=(psql("\\l"),),
)

find = latest_of(SQL, REDIS, NO_ACCESS)
