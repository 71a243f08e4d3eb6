"""PostgreSQL's statements by PostgreSQL's own parser. Locks: the PostgreSQL documentation, "Explicit Locking" and ALTER TABLE."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from steersman.review.sql import Statement, computed_again

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
    "CompositeTypeStmt": "CREATE TYPE",
    "CreatePolicyStmt": "CREATE POLICY",
    "CreatePublicationStmt": "CREATE PUBLICATION",
    "CreateSubscriptionStmt": "CREATE SUBSCRIPTION",
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
    gone: set[str] = set()  # what is removed first, if it is there, may be made again
    for raw in parsed:
        start = raw.stmt_location or 0
        while start < len(text) and text[start].isspace():
            start += 1
        statement = _statement(raw.stmt, text.encode()[:start].count(b"\n"))
        if statement.unsafe and _made(raw.stmt) & gone:
            statement = replace(statement, unsafe="")
        gone |= _removed(raw.stmt)
        statements.append(statement)
    return statements


def _removed(node: Any) -> set[str]:
    """The names of what a statement removes where it is there; `rows of t` for a table that is emptied."""
    kind = type(node).__name__
    if kind == "DropStmt" and node.missing_ok:
        return {_last(each) for each in node.objects or ()}
    if kind == "DropdbStmt" and node.missing_ok:
        return {str(node.dbname)}
    if kind == "DropRoleStmt" and node.missing_ok:
        return {str(role.rolename) for role in node.roles or ()}
    if kind == "AlterTableStmt":
        return {str(each.name) for each in node.cmds or () if each.missing_ok and each.name}
    if kind == "DeleteStmt":
        return {f"rows of {_table(node.relation)}"}
    if kind == "TruncateStmt":
        return {f"rows of {_table(each)}" for each in node.relations or ()}
    return set()


def _made(node: Any) -> set[str]:
    """The names under which a statement makes something."""
    kind = type(node).__name__
    if kind == "AlterTableStmt":
        definitions = (getattr(each, "def_", None) for each in node.cmds or ())
        return {
            str(name)
            for each in definitions
            for name in (getattr(each, "conname", ""), getattr(each, "colname", ""))
            if name
        }
    if kind == "InsertStmt":
        return {f"rows of {_table(node.relation)}"}
    names = {str(getattr(node, field, "") or "") for field in _NAMES}
    names |= {_last(getattr(node, field, None)) for field in _QUALIFIED}
    if kind in ("CreateStmt", "CreateTableAsStmt"):
        names.add(_table(getattr(node, "relation", None)) or _table(getattr(getattr(node, "into", None), "rel", None)))
    if kind == "ViewStmt":
        names.add(_table(node.view))
    return names - {""}


_NAMES = ("idxname", "trigname", "policy_name", "pubname", "subname", "dbname", "role", "schemaname", "extname")
_QUALIFIED = ("typeName", "funcname", "domainname", "defnames")


def _last(name: Any) -> str:
    """The last part of a qualified name."""
    if isinstance(name, tuple) and name:
        name = name[-1]
    if hasattr(name, "objname"):
        return _last(name.objname)
    if hasattr(name, "names"):
        return _last(name.names)
    return str(getattr(name, "sval", "") or "")


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
        return Statement(line, kind, table, _counted_again(node) if word == "UPDATE" else "", loses=loses)
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


_GROWS = ("+", "-", "*", "/", "||")


def _counted_again(node: Any) -> str:
    """Of an UPDATE: that it changes a column by its own value, and its WHERE does not ask for that column."""
    asked = _columns(node.whereClause)
    for target in node.targetList or ():
        if target.name not in asked and _grows(target.val, target.name):
            return computed_again(target.name)
    return ""


def _grows(value: Any, column: str) -> bool:
    if type(value).__name__ != "A_Expr" or _last(value.name) not in _GROWS:
        return False
    sides = (value.lexpr, value.rexpr)
    if _last(value.name) == "||" and any(_is_object(side) for side in sides):
        return False  # JSON that is laid over JSON says the same the second time
    return any(
        (type(side).__name__ == "ColumnRef" and _last(side.fields) == column) or _grows(side, column) for side in sides
    )


def _is_object(value: Any) -> bool:
    if type(value).__name__ == "TypeCast":
        return _last(value.typeName) in ("json", "jsonb") or _is_object(value.arg)
    text = getattr(getattr(value, "val", None), "sval", "")
    return str(text or "").lstrip().startswith("{")


def _columns(node: Any) -> set[str]:
    """The names of all columns that an expression mentions."""
    if isinstance(node, tuple | list):
        return {name for each in node for name in _columns(each)}
    if type(node).__name__ == "ColumnRef":
        return {_last(node.fields)}
    if not hasattr(type(node), "__slots__") or isinstance(node, str):
        return set()
    return {name for field in type(node).__slots__ for name in _columns(getattr(node, field, None))}


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
            lock, mend = (lock, mend) if lock else _added(command.def_)
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


def _added(column: Any) -> tuple[str, str]:
    """What a new column does to the rows that are there, and how to avoid it."""
    constraints = {each.contype.name.removeprefix("CONSTR_"): each for each in column.constraints or ()}
    default = constraints.get("DEFAULT")
    serial = _last(column.typeName) in _SERIAL
    if "NOTNULL" in constraints and not {"DEFAULT", "GENERATED", "IDENTITY"} & set(constraints) and not serial:
        return "ADD COLUMN … NOT NULL without a DEFAULT fails as soon as the table has a row", "give it a DEFAULT"
    name = _last(getattr(getattr(default, "raw_expr", None), "funcname", None))
    if name in _VOLATILE or serial or "GENERATED" in constraints:
        return (
            "this new column is computed for every row: the table is rewritten, with all reads and writes blocked",
            "add the column without the default, fill it in batches, then set the default",
        )
    return "", ""


_SERIAL = ("serial", "bigserial", "smallserial")
_VOLATILE = (
    "gen_random_uuid",
    "uuid_generate_v4",
    "uuid_generate_v1",
    "random",
    "clock_timestamp",
    "timeofday",
    "nextval",
)


def _guarded_select(select: Any) -> bool:
    """`INSERT … SELECT … WHERE NOT EXISTS (…)`."""
    return getattr(select, "whereClause", None) is not None


def _table(relation: Any) -> str:
    return str(getattr(relation, "relname", "") or "")
