"""Which kind of server a line of a log speaks of, and how one asks such a server from inside the cluster."""

from __future__ import annotations

import re

from steersman.diagnose.advice import PSQL

_MSSQL = r"\[SQL Server\]|Sql(?:Exception|State: )|\bSQLServer|pymssql|tedious|\bMsg \d+, Level|Sqlcmd"
_MYSQL = r"\b(?:ERROR|Error) \d{4} \(\w{5}\)|\[HY000\]|(?i:mysql|mariadb)|Error: \(1\d{3}, |\bER_[A-Z_]+"
# Words, image and command; the first whose words stand in the line holds. PostgreSQL's needs none.
_CLIENTS = (
    (r"\bORA-\d{4}|\bDPY-\d|\bTNS:|oracle\.jdbc", "gvenzl/oracle-free:slim", "sqlplus USER@//HOST:1521/SERVICE"),
    (_MSSQL, "mcr.microsoft.com/mssql-tools", "/opt/mssql-tools/bin/sqlcmd -S HOST -U USER -d DATABASE"),
    (r"DB::Exception|[Cc]lick[Hh]ouse", "clickhouse/clickhouse-server", "clickhouse-client --host HOST --user USER"),
    (r"[Cc]assandra|[Kk]eyspace|Scylla|unconfigured table", "cassandra:4", "cqlsh HOST -u USER"),
    (r"Mongo|E11000", "mongo:7", "mongosh 'mongodb://USER@HOST:27017/DATABASE'"),
    (_MYSQL, "mysql:8", "mysql -h HOST -u USER -p"),
)
_COMMANDS = tuple(
    (
        re.compile(words),
        f"kubectl -n {{namespace}} run client-check --rm -it --restart=Never --image={image} -- {command}",
    )
    for words, image, command in _CLIENTS
)


def asked(command: str, line: str) -> str:
    """A command of `verify` as it is; one that asks PostgreSQL becomes the client of the server that `line` speaks of."""
    if PSQL not in command:
        return command
    return next((other for words, other in _COMMANDS if words.search(line)), command)
