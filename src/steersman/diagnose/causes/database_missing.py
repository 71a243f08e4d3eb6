"""The server is there, the database is not."""

from __future__ import annotations

from steersman.diagnose.advice import psql
from steersman.diagnose.log_rule import log_rule

find = log_rule(
    "database-missing",
    (
        r'database "(?P<name>[^"]+)" does not exist',
        r"Database `(?P<name>[^`]+)` does not exist",
        r"Unknown database '(?P<name>[^']+)'",
    ),
    sqlstates=("3D000",),
    mysql=(1049,),
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
