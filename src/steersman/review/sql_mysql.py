"""MySQL's and MariaDB's statements, by sqlglot."""

from __future__ import annotations

import logging
import re
from dataclasses import replace
from typing import Any

from steersman.review.sql import Statement, computed_again


def read(text: str, dialect: str = "mysql") -> list[Statement]:
    """The statements of a text; [] where it cannot be parsed. Raises ImportError without sqlglot."""
    import sqlglot
    from sqlglot.errors import SqlglotError

    logging.getLogger("sqlglot").setLevel(logging.ERROR)  # it tells of each statement that it reads as opaque
    try:
        parsed = sqlglot.parse(text, dialect=dialect or None)
    except SqlglotError:
        return []
    statements = []
    gone: set[str] = set()  # what is removed first, if it is there, may be made again
    for node in parsed:
        if node is None:
            continue
        statement = _statement(node, _line(text, node))
        if statement.unsafe and statement.table in gone:
            statement = replace(statement, unsafe="")
        if (statement.kind == "Drop" and not statement.unsafe) or statement.kind in ("Delete", "TruncateTable"):
            gone.add(statement.table)
        statements.append(statement)
    return statements


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
        guarded = guarded or getattr(node.args.get("expression"), "args", {}).get("where")  # SELECT … WHERE NOT EXISTS
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
        return Statement(line, kind, table, _counted_again(node) if kind == "Update" else "", loses=loses)
    if kind == "TruncateTable":
        return Statement(line, kind, table, loses="TRUNCATE removes all rows")
    if kind == "Alter":
        return _alter(node, line, table)
    if kind == "Command":
        return _opaque(f"{node.this} {getattr(node.expression, 'this', node.expression)}", line)
    if kind == "Set":
        setting = _SETTING.search(node.sql(dialect="mysql"))
        return Statement(line, kind, control=setting[1].lower() if setting else "", changes=False)
    if kind == "Transaction":
        return Statement(line, kind, control="BEGIN", changes=False)
    if kind in ("Commit", "Rollback"):
        return Statement(line, kind, control=kind.upper(), changes=False)
    return Statement(line, kind, changes=False)


_GROWS = ("Add", "Sub", "Mul", "Div", "Concat")


def _counted_again(node: Any) -> str:
    """Of an UPDATE: that it changes a column by its own value, and its WHERE does not ask for that column."""
    asked = _columns(node.args.get("where"))
    for change in node.args.get("expressions") or ():
        column = str(change.this.name)
        if column not in asked and _grows(change.expression, column):
            return computed_again(column)
    return ""


def _grows(value: Any, column: str) -> bool:
    if type(value).__name__ == "Paren":
        return _grows(value.this, column)
    if type(value).__name__ not in _GROWS:
        return False
    parts = value.args.get("expressions") or (value.this, value.expression)
    return any((type(part).__name__ == "Column" and part.name == column) or _grows(part, column) for part in parts)


def _columns(node: Any) -> set[str]:
    """The names of all columns that an expression mentions."""
    return {str(part.name) for part in node.walk() if type(part).__name__ == "Column"} if node is not None else set()


_SETTING = re.compile(r"^SET\s+(?:SESSION\s+|LOCAL\s+|GLOBAL\s+|@@(?:session\.)?)?(\w+)", re.IGNORECASE)
_ONCE = re.compile(
    r"^(CREATE\s+(?:USER|ROLE|TRIGGER|EVENT|PROCEDURE|FUNCTION)|RENAME\s+TABLE|DROP\s+(?:USER|ROLE|TRIGGER|PROCEDURE|FUNCTION))"
    r"(?!\s+IF\s)\b",
    re.IGNORECASE,
)


def _opaque(text: str, line: int) -> Statement:
    """A statement that sqlglot does not take apart."""
    found = _ONCE.match(text)
    if not found:
        return Statement(line, "Command", changes=False)
    what = " ".join(found[1].upper().split())
    if what == "RENAME TABLE":
        return Statement(line, "Rename", unsafe="RENAME fails the second time, and what still runs knows the old name")
    state, words = ("there", "IF NOT EXISTS") if what.startswith("CREATE") else ("gone", "IF EXISTS")
    return Statement(line, "Command", unsafe=f"{what} fails when it is {state} already: {words}")


def _alter(node: Any, line: int, table: str) -> Statement:
    unsafe = loses = lock = mend = ""
    for action in node.args.get("actions") or ():
        name = type(action).__name__
        if name == "ColumnDef" and not action.args.get("exists"):
            unsafe = unsafe or "ADD COLUMN fails when it is there already: ask information_schema first"
        elif name == "Drop":
            loses = loses or "DROP COLUMN removes its data"
            unsafe = unsafe or "DROP COLUMN fails when it is gone already: ask information_schema first"
        elif name in ("ModifyColumn", "AlterColumn") and action.args.get("rename_from") is None:
            lock = lock or "changing a column's type copies the table and blocks all writes meanwhile"
            mend = mend or "add a new column, copy in batches, switch; or a tool that works online (gh-ost)"
        elif name in ("AlterRename", "RenameColumn", "ModifyColumn"):
            unsafe = unsafe or "RENAME fails the second time, and what still runs knows the old name"
        elif name == "AddConstraint":
            unsafe = unsafe or "adding a key or constraint fails when it is there already: ask information_schema first"
    return Statement(line, "Alter", table, unsafe, lock, mend, loses)


def _first_table(node: Any) -> str:
    import sqlglot

    found = node.find(sqlglot.exp.Table)
    return str(found.name) if found is not None else ""
