"""A value that a constraint refuses (SQLSTATE 23514, 22001, 22P02)."""

from __future__ import annotations

from steersman.diagnose.advice import psql
from steersman.diagnose.log_rule import log_rule

find = log_rule(
    "invalid-value",
    (
        r'violates check constraint "(?P<name>[^"]+)"',
        r'check constraint "(?P<name>[^"]+)" of relation "[^"]+" is violated by some row',
        r"(?P<name>value too long for type .*)$",
        r"(?P<name>invalid input syntax for type .*)$",
        r"(?P<name>division by zero|numeric field overflow|(?:integer|bigint|smallint) out of range)$",
        r"(?P<name>Data too long for column .*|Out of range value for column .*|Data truncated for column .*)",
        r"(?P<name>(?:Incorrect|Truncated incorrect) \w+ value: .*)",
        r"(?P<name>String or binary data would be truncated.*|Conversion failed when converting .*)",
        r"(?P<name>Document failed validation|Invalid \w+ constant \(.*\) for \"\w+\" of type \w+)",
        r"conflicted with the CHECK constraint \"(?P<name>[^\"]+)\"",
        r"\bORA-12899: (?P<name>.*)|\bORA-01722: (?P<name2>.*)",
        r"(?P<name>mapper(?: ?_parsing_exception|_exception).*|mapper \[[^\]]+\] cannot be changed from type [^\"']*)",
        r"(?P<name>strict_dynamic_mapping_exception|failed to parse field \[[^\]]+\] of type \[[^\]]+\])",
    ),
    sqlstates=("23514", "22001", "22P02", "22003", "22007", "22008"),
    mysql=(1406, 1264, 1265, 1292, 4025, 3819),
    oracle=(12899, 1722, 2290, 1438),
    mssql=(2628, 8152, 245),
    clickhouse=(6, 27, 53),
    problem="The database refused a value: {name}{name2}.",
    explanation=(
        "A value that the hook writes, or one that is already there, does not fit the column's type or constraint."
    ),
    fix="Correct the value, or convert the rows that are there before the constraint or type is changed.",
    verify=(psql("\\d TABLE"),),
)
