"""MySQL's and MariaDB's statements, by sqlglot."""

from __future__ import annotations

import logging
from typing import Any

from steersman.review.sql import Statement


def read(text: str) -> list[Statement]:
    """The statements of a text; [] where it cannot be parsed. Raises ImportError without sqlglot."""
    import sqlglot
    from sqlglot.errors import SqlglotError

    logging.getLogger("sqlglot").setLevel(logging.ERROR)  # it tells of each statement that it reads as opaque
    try:
        parsed = sqlglot.parse(text, dialect="mysql")
    except SqlglotError:
        return []
    return [_statement(node, _line(text, node)) for node in parsed if node is not None]


def _line(text: str, node: Any) -> int:
    """Where a statement begins: sqlglot keeps lines of identifiers only, so the first of them tells it."""
    lines = [meta["line"] for part in node.walk() if (meta := part.meta) and "line" in meta]
    return min(lines, default=1) - 1


def _statement(node: Any, line: int) -> Statement:
    kind = type(node).__name__
    found = node.find_all_tables() if hasattr(node, "find_all_tables") else ()
    table = next((str(each.name) for each in found), "") or _first_table(node)
    if kind == "Create":
        what = str(node.args.get("kind") or "")
        safe = node.args.get("exists") or node.args.get("replace")
        unsafe = (
            ""
            if safe
            else f"CREATE {what} fails when it is there already" + ("" if what == "INDEX" else ": IF NOT EXISTS")
        )
        return Statement(line, kind, table, unsafe, creates=what == "TABLE")
    if kind == "Drop":
        what = str(node.args.get("kind") or "")
        unsafe = "" if node.args.get("exists") else f"DROP {what} fails when it is gone already: IF EXISTS"
        return Statement(
            line,
            kind,
            table,
            unsafe,
            loses=f"DROP {what} removes it with its data" if what in ("TABLE", "DATABASE") else "",
        )
    if kind == "Insert":
        guarded = node.args.get("conflict") or node.args.get("ignore") or node.args.get("overwrite")
        unsafe = (
            "" if guarded else "INSERT adds the rows a second time, or fails: INSERT IGNORE, or ON DUPLICATE KEY UPDATE"
        )
        return Statement(line, kind, table, unsafe)
    if kind in ("Delete", "Update"):
        word = kind.upper()
        loses = (
            ""
            if node.args.get("where")
            else f"{word} without WHERE {'removes' if word == 'DELETE' else 'changes'} every row"
        )
        return Statement(line, kind, table, loses=loses)
    if kind == "TruncateTable":
        return Statement(line, kind, table, loses="TRUNCATE removes all rows")
    if kind == "Alter":
        return _alter(node, line, table)
    return Statement(line, kind, changes=False)


def _alter(node: Any, line: int, table: str) -> Statement:
    unsafe = loses = ""
    for action in node.args.get("actions") or ():
        name = type(action).__name__
        if name == "ColumnDef" and not action.args.get("exists"):
            unsafe = unsafe or "ADD COLUMN fails when it is there already: ask information_schema first"
        elif name == "Drop":
            loses = loses or "DROP COLUMN removes its data"
            unsafe = unsafe or "DROP COLUMN fails when it is gone already: ask information_schema first"
    return Statement(line, "Alter", table, unsafe, loses=loses)


def _first_table(node: Any) -> str:
    import sqlglot

    found = node.find(sqlglot.exp.Table)
    return str(found.name) if found is not None else ""
