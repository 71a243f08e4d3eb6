"""A write where only reading is possible (SQLSTATE 25006)."""

from __future__ import annotations

from steersman.diagnose.advice import psql
from steersman.diagnose.log_rule import log_rule

find = log_rule(
    "read-only-transaction",
    (
        r"cannot execute (?P<name>.*) in a read-only transaction",
        r"Cannot execute statement in a READ ONLY transaction",
        r"READONLY You can't write against a read only",
        r"--read-only option so it cannot execute",
        r"attempt to write a readonly database",
        r"\bReadOnlyError\b",
        r"(?:NotWritablePrimary|NotPrimaryNoSecondaryOk|NotPrimaryError)|Mongo\w*Error: not (?:master|primary)",
        r"Failed to update database .* because (?:the database|it) is read-only",
        r"DB::Exception: .*(?:Cannot execute query in readonly mode|Table is in readonly mode)",
    ),
    sqlstates=("25006",),
    mysql=(1290, 1792, 1836),
    oracle=(16000,),
    mssql=(3906,),
    clickhouse=(164, 242),
    problem="The hook writes, but the server it talks to allows only reading.",
    explanation=(
        "It is connected to a replica, or to a server that has just failed over; or "
        "default_transaction_read_only is set."
    ),
    fix="Give the hook the host of the primary (often another Service: …-rw, …-primary).",
    verify=(psql("select pg_is_in_recovery()"),),
)
