"""Which kind of server a line of a log speaks of, and how one asks such a server from inside the cluster."""

from __future__ import annotations

import re

from steersman.diagnose.advice import PSQL

_RUN = "kubectl -n {namespace} run %s-check --rm -it --restart=Never --image=%s -- %s"
# The first whose words stand in the line holds; PostgreSQL's needs no words.
_CLIENTS = tuple(
    (re.compile(words), _RUN % (name, image, command))
    for words, name, image, command in (
        (r"\bORA-\d{4}|\bDPY-\d|\bTNS:|oracle\.jdbc", "oracle", "gvenzl/oracle-free:slim", "sqlplus USER@//HOST:1521/SERVICE"),
        (
            r"\[SQL Server\]|Sql(?:Exception|State: )|\bSQLServer|pymssql|tedious|\bMsg \d+, Level|Sqlcmd|\(mssql\)",
            "mssql", "mcr.microsoft.com/mssql-tools", "/opt/mssql-tools/bin/sqlcmd -S HOST -U USER -d DATABASE",
        ),
        (r"DB::Exception|[Cc]lick[Hh]ouse", "clickhouse", "clickhouse/clickhouse-server", "clickhouse-client --host HOST --user USER"),
        (r"[Cc]assandra|[Kk]eyspace|Scylla|InvalidRequest: |unconfigured table", "cassandra", "cassandra:4", "cqlsh HOST -u USER"),
        (r"Mongo|pymongo|E11000", "mongo", "mongo:7", "mongosh 'mongodb://USER@HOST:27017/DATABASE'"),
        (
            r"\b(?:ERROR|Error) \d{4} \(\w{5}\)|\[HY000\]|(?i:mysql|mariadb)|Error: \(1\d{3}, |ER_[A-Z_]+",
            "mysql", "mysql:8", "mysql -h HOST -u USER -p",
        ),
    )
)  # fmt: skip


def asked(command: str, line: str) -> str:
    """A command of `verify` as it is; one that asks PostgreSQL becomes the client of the server that `line` speaks of."""
    if PSQL not in command:
        return command
    return next((other for words, other in _CLIENTS if words.search(line)), command)
