"""SQL names a table that is not there (SQLSTATE 42P01)."""

from __future__ import annotations

from steersman.diagnose.advice import psql
from steersman.diagnose.log_rule import log_rule

find = log_rule(
    "table-missing",
    (
        r'relation "(?P<name>[^"]+)" does not exist',
        r"Table '(?P<name>[^']+)' doesn't exist",
        r"no such table: (?P<name>\S+)",
        r'table "(?P<name>[^"]+)" does not exist',
        r"Unknown table '(?P<name>[^']+)'",
        r"Invalid object name '(?P<name>[^']+)'",
        r"DB::Exception: (?:Received from \S+ )?(?:DB::Exception: )?Table (?P<name>\S+) (?:doesn't|does not) exist",
        r"unconfigured table (?P<name>\w+)",
        r"(?P<name>missing table \[[^\]]+\])",
        r'Table "(?P<name>[^"]+)" not found',
    ),
    sqlstates=("42P01", "42S02"),
    mysql=(1146, 1051),
    oracle=(942,),
    mssql=(208, 4902),
    clickhouse=(60,),
    problem="The table {name} does not exist.",
    explanation=(
        "The SQL names a table that is not in the database (or not in this user's search_path): a migration "
        "that must run earlier has not run, or it runs in another database or schema."
    ),
    fix=(
        "Let the hook that creates {name} run earlier (lower weight, or an earlier event), or check database,"
        " schema and search_path of this hook."
    ),
    verify=(psql("\\dt *.*"),),
)
