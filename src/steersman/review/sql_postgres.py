"""PostgreSQL's statements by PostgreSQL's own parser. Locks: the PostgreSQL documentation, "Explicit Locking" and ALTER TABLE."""

from __future__ import annotations

from typing import Any

from steersman.review.sql import Statement

_IF_NOT_EXISTS = {
    "CreateStmt": "CREATE TABLE",
    "CreateSeqStmt": "CREATE SEQUENCE",
    "CreateSchemaStmt": "CREATE SCHEMA",
    "CreateExtensionStmt": "CREATE EXTENSION",
    "CreateTableAsStmt": "CREATE TABLE AS",
}
_NEVER_TWICE = {
    "CreateEnumStmt": "CREATE TYPE",
    "CreatedbStmt": "CREATE DATABASE",
    "CreateRoleStmt": "CREATE ROLE",
    "CreateDomainStmt": "CREATE DOMAIN",
}
_OR_REPLACE = {"ViewStmt": "CREATE VIEW", "CreateFunctionStmt": "CREATE FUNCTION", "CreateTrigStmt": "CREATE TRIGGER"}
_READS = ("SelectStmt", "ExplainStmt", "VariableShowStmt")


def read(text: str) -> list[Statement]:
    """The statements of a text; [] where PostgreSQL's parser refuses it. Raises ImportError without pglast."""
    import pglast

    try:
        parsed = pglast.parse_sql(text)
    except pglast.parser.ParseError:
        return []
    statements = []
    for raw in parsed:
        start = raw.stmt_location or 0
        while start < len(text) and text[start].isspace():
            start += 1
        statements.append(_statement(raw.stmt, text.encode()[:start].count(b"\n")))
    return statements


def _statement(node: Any, line: int) -> Statement:
    kind = type(node).__name__
    table = _table(getattr(node, "relation", None))
    if kind in _READS:
        return Statement(line, kind, changes=False)
    if kind == "TransactionStmt":
        word = node.kind.name.removeprefix("TRANS_STMT_")
        return Statement(line, kind, control="BEGIN" if word in ("BEGIN", "START") else word, changes=False)
    if kind == "VariableSetStmt":
        return Statement(line, kind, control=str(node.name), changes=False)
    if kind in _IF_NOT_EXISTS:
        unsafe = "" if node.if_not_exists else f"{_IF_NOT_EXISTS[kind]} fails when it is there already: IF NOT EXISTS"
        name = table or _table(getattr(getattr(node, "into", None), "rel", None))
        return Statement(line, kind, name, unsafe, creates=kind in ("CreateStmt", "CreateTableAsStmt"))
    if kind in _NEVER_TWICE:
        return Statement(
            line, kind, unsafe=f"{_NEVER_TWICE[kind]} fails when it is there already: ask the catalogue first"
        )
    if kind in _OR_REPLACE:
        return Statement(
            line, kind, unsafe="" if node.replace else f"{_OR_REPLACE[kind]} fails when it is there: OR REPLACE"
        )
    if kind == "IndexStmt":
        return _index(node, line, table)
    if kind == "AlterTableStmt":
        return _alter(node, line, table)
    if kind == "InsertStmt":
        guarded = node.onConflictClause is not None or _guarded_select(node.selectStmt)
        return Statement(
            line, kind, table, "" if guarded else "INSERT adds the rows a second time, or fails: ON CONFLICT DO NOTHING"
        )
    return _other(node, kind, line, table)


def _other(node: Any, kind: str, line: int, table: str) -> Statement:
    if kind == "DropStmt":
        what = node.removeType.name.removeprefix("OBJECT_").replace("_", " ")
        loses = f"DROP {what} removes it with its data" if what in ("TABLE", "SCHEMA", "MATERIALIZED VIEW") else ""
        unsafe = "" if node.missing_ok else f"DROP {what} fails when it is gone already: IF EXISTS"
        lock, mend = "", ""
        if what == "INDEX" and not node.concurrent:
            lock, mend = "DROP INDEX blocks all reads and writes of the table", "DROP INDEX CONCURRENTLY"
        return Statement(line, kind, table, unsafe, lock, mend, loses)
    if kind == "DropdbStmt":
        return Statement(line, kind, loses="DROP DATABASE removes all of it")
    if kind == "TruncateStmt":
        return Statement(line, kind, loses="TRUNCATE removes all rows")
    if kind in ("DeleteStmt", "UpdateStmt"):
        word = kind.removesuffix("Stmt").upper()
        loses = (
            ""
            if node.whereClause is not None
            else f"{word} without WHERE {'removes' if word == 'DELETE' else 'changes'} every row"
        )
        return Statement(line, kind, table, loses=loses)
    if kind == "AlterEnumStmt":
        safe = node.skipIfNewValExists or not node.newVal
        return Statement(line, kind, unsafe="" if safe else "ADD VALUE fails when it is there already: IF NOT EXISTS")
    if kind == "RenameStmt":
        return Statement(
            line, kind, table, unsafe="RENAME fails the second time, and what still runs knows the old name"
        )
    if kind == "VacuumStmt" and any(option.defname == "full" for option in node.options or ()):
        return Statement(
            line,
            kind,
            lock="VACUUM FULL blocks all reads and writes of the table",
            mend="leave it to a maintenance window",
        )
    return Statement(line, kind, table, changes=kind not in ("VacuumStmt", "CopyStmt", "DoStmt", "LockStmt"))


def _index(node: Any, line: int, table: str) -> Statement:
    unsafe = "" if node.if_not_exists else "CREATE INDEX fails when it is there already: IF NOT EXISTS"
    if node.concurrent:
        return Statement(line, "IndexStmt", table, unsafe, control="CONCURRENTLY")
    lock = "CREATE INDEX blocks all writes of the table until it is built"
    return Statement(line, "IndexStmt", table, unsafe, lock, "CREATE INDEX CONCURRENTLY, outside of a transaction")


def _alter(node: Any, line: int, table: str) -> Statement:
    """The gravest that any of the statement's commands does."""
    unsafe = lock = mend = loses = ""
    for command in node.cmds or ():
        what = command.subtype.name.removeprefix("AT_")
        if what == "AddColumn":
            unsafe = unsafe or (
                "" if command.missing_ok else "ADD COLUMN fails when it is there already: IF NOT EXISTS"
            )
        elif what == "DropColumn":
            loses = loses or f"DROP COLUMN {command.name} removes its data"
            unsafe = unsafe or ("" if command.missing_ok else "DROP COLUMN fails when it is gone already: IF EXISTS")
        elif what == "AlterColumnType":
            lock = lock or "changing a column's type rewrites the table and blocks all reads and writes meanwhile"
            mend = mend or "add a new column, copy in batches, switch"
        elif what == "SetNotNull":
            lock = lock or "SET NOT NULL reads the whole table with all reads and writes blocked"
            mend = mend or "add CHECK (… IS NOT NULL) NOT VALID, validate it, then SET NOT NULL"
        elif what == "AddConstraint" and not command.def_.skip_validation:
            unsafe = unsafe or "ADD CONSTRAINT fails when it is there already: drop it IF EXISTS first"
            form = command.def_.contype.name.removeprefix("CONSTR_")
            if form in ("FOREIGN", "CHECK"):
                lock = lock or f"adding a {form.lower()} constraint checks every row with writes blocked"
                mend = mend or "add it NOT VALID, then VALIDATE CONSTRAINT"
    return Statement(line, "AlterTableStmt", table, unsafe, lock, mend, loses)


def _guarded_select(select: Any) -> bool:
    """`INSERT … SELECT … WHERE NOT EXISTS (…)`."""
    return getattr(select, "whereClause", None) is not None


def _table(relation: Any) -> str:
    return str(getattr(relation, "relname", "") or "")
