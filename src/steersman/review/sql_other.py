"""SQL of other databases, as far as it is like everyone's: what it removes, and what it makes without asking whether it is there.

Read by sqlglot in the database's own dialect. Locks and transactions differ too much to be judged here.
"""

from __future__ import annotations

import re
from dataclasses import replace

from steersman.review.sql import Statement

# What clients take as their own commands, on a line each: `GO`, SQL*Plus' settings, CQL's.
_OF_THE_CLIENT = re.compile(
    r"^\s*(GO|/|(WHENEVER|SET|EXIT|QUIT|SPOOL|PROMPT|CONNECT|CONSISTENCY|SOURCE|USE|@)\b.*)\s*$",
    re.IGNORECASE | re.MULTILINE,
)
_LACKS_IF = ("oracle",)


def read(text: str, dialect: str) -> list[Statement]:
    """The statements of a text; [] where it cannot be parsed. Raises ImportError without sqlglot."""
    from steersman.review import sql_mysql

    return [_reduced(statement, dialect) for statement in sql_mysql.read(_OF_THE_CLIENT.sub(";", text), dialect)]


def _reduced(statement: Statement, dialect: str) -> Statement:
    unsafe = statement.unsafe if statement.kind in ("Create", "Drop") else ""
    if dialect in _LACKS_IF:
        unsafe = unsafe.partition(":")[0]
    return replace(statement, unsafe=unsafe, lock="", mend="")
