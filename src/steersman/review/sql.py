"""The SQL inside hooks: heredocs, `-c` and `-e` strings, and ConfigMap files that a script hands to its client.

Each statement is told in the same terms whatever the database: what makes it unsafe to repeat, what it locks, what it loses.
PostgreSQL is read by its own parser (pglast), MySQL and MariaDB by sqlglot; both come with the extra `review`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from steersman.review.commands import Command
from steersman.review.lines import Path
from steersman.review.programs import executed, leaves_uncommitted, programs
from steersman.review.shapes import entries
from steersman.review.shell import Script, mounted_files, scripts
from steersman.review.subject import Item, Subject

POSTGRES, MYSQL = "postgres", "mysql"
COCKROACH, CLICKHOUSE, SQL_SERVER, ORACLE, CASSANDRA, SQLITE = "cockroach", "clickhouse", "tsql", "oracle", "", "sqlite"
# Each client with its dialect, and its options that are followed by SQL.
_EXECUTE: dict[str, tuple[str, tuple[str, ...]]] = {
    "psql": (POSTGRES, ("-c", "--command")),
    **dict.fromkeys(("mysql", "mariadb"), (MYSQL, ("-e", "--execute"))),
    "cockroach": (COCKROACH, ("-e", "--execute")),
    **dict.fromkeys(("clickhouse-client", "clickhouse"), (CLICKHOUSE, ("-q", "--query"))),
    "sqlcmd": (SQL_SERVER, ("-Q", "-q")),
    "sqlplus": (ORACLE, ()),
    "cqlsh": (CASSANDRA, ("-e", "--execute")),
    "sqlite3": (SQLITE, ("-cmd",)),
}
CLIENTS = {name: dialect for name, (dialect, _) in _EXECUTE.items()}
_FILE = {"psql": ("-f", "--file"), "cockroach": ("-f", "--file"), "cqlsh": ("-f", "--file"), "sqlcmd": ("-i",),
         "clickhouse-client": ("--queries-file",)}  # fmt: skip
_PRINTS = re.compile(r"(echo|printf)(\s+-\w+)?\s")
_META = re.compile(r"^\s*\\.*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement. `line` is 0-based within its text; `unsafe` says why a second run fails or does harm, `lock` what it blocks
    and `mend` how to avoid that, `loses` which data is gone. `control` is BEGIN, COMMIT or the setting that a SET changes."""

    line: int
    kind: str
    table: str = ""
    unsafe: str = ""
    lock: str = ""
    mend: str = ""
    loses: str = ""
    control: str = ""
    creates: bool = False
    changes: bool = True


def computed_again(column: str) -> str:
    """Why an UPDATE that takes a column's new value from its old one (`n = n + 1`) is unsafe to repeat, as in `unsafe`."""
    return (
        f"UPDATE computes {column} from its own value, and a second run does so once more: "
        "a WHERE that the rows no longer meet once they are changed"
    )


@dataclass(frozen=True, eq=False)
class SqlText:
    """SQL that one call of a client, or one program, runs. `path` and `offset` lead to its first line within `item`.

    `program`: it stands in a program of another language. `uncommitted`: that one's driver began a transaction by itself, and
    nothing commits it.
    """

    item: Item
    path: Path
    offset: int | None
    dialect: str
    text: str
    command: Command
    statements: tuple[Statement, ...]
    program: bool = False
    uncommitted: bool = False

    @property
    def one_transaction(self) -> bool:
        """Whether the client itself puts all of it into one transaction."""
        return self.program or self.command.option("-1", "--single-transaction")


def sql_texts(subject: Subject) -> Iterator[SqlText]:
    """All SQL of all hooks, as far as it can be read; nothing where the parser is missing."""
    for script in scripts(subject):
        for command in script.every_command:
            yield from _of_programs(subject, script, command)
            dialect = CLIENTS.get(command.name)
            if dialect is None:
                continue
            for item, path, offset, text in _texts(subject, script, command):
                statements = read(text, dialect)
                if statements:
                    yield SqlText(item, path, offset, dialect, text, command, statements)


def _of_programs(subject: Subject, script: Script, command: Command) -> Iterator[SqlText]:
    for program in programs(subject, script, command):
        dialect = _dialect(script, program.source)
        if dialect is None:
            continue
        found = tuple(
            replace(statement, line=each.line + statement.line)
            for each in executed(program.language, program.source)
            for statement in read(each.text, dialect)
        )
        if found:
            lost = leaves_uncommitted(program.language, program.source)
            place = (program.item, program.path, program.offset)
            yield SqlText(*place, dialect, program.source, command, found, program=True, uncommitted=lost)


_DRIVERS = (
    (re.compile(r"psycopg|asyncpg|pg8000|(\(|from |require )['\"](pg|postgres)['\"]|\bPG\.|\bpg_query|pgsql:"), POSTGRES),
    (re.compile(r"pymysql|MySQLdb|mysql\.connector|aiomysql|mysql2?['\"/]|Mysql2|mysqli|mysql:|mariadb"), MYSQL),
    (re.compile(r"\bsqlite3\b|better-sqlite3|sqlite:"), SQLITE),
    (re.compile(r"\bpymssql\b|\bmssql\b"), SQL_SERVER),
    (re.compile(r"\bcx_Oracle\b|\boracledb\b"), ORACLE),
    (re.compile(r"clickhouse"), CLICKHOUSE),
    (re.compile(r"cassandra"), CASSANDRA),
)  # fmt: skip
_ADDRESS = ((re.compile(r"postgres(ql)?\b"), POSTGRES), (re.compile(r"\bmysql\b|\bmariadb\b"), MYSQL))


def _dialect(script: Script, source: str) -> str | None:
    """The database that a program speaks to: by its driver, else by the address that its container is given."""
    for pattern, dialect in _DRIVERS:
        if pattern.search(source):
            return dialect
    values = " ".join(str(entry.get("value")) for _, entry in entries(script.container.spec.get("env")))
    return next((dialect for pattern, dialect in _ADDRESS if pattern.search(f"{source} {values}")), None)


@lru_cache(maxsize=1024)  # every rule of the group reads the same texts
def read(text: str, dialect: str) -> tuple[Statement, ...]:
    """The statements of a text; () where it cannot be parsed, or where the parser is not installed."""
    try:
        if dialect == POSTGRES:
            from steersman.review import sql_postgres

            return tuple(sql_postgres.read(prepared(text)))
        if dialect == COCKROACH:  # PostgreSQL's grammar; schemas change without locks
            from steersman.review import sql_postgres

            return tuple(replace(each, lock="", mend="") for each in sql_postgres.read(prepared(text)))
        if dialect != MYSQL:
            from steersman.review import sql_other

            return tuple(sql_other.read(prepared(text), dialect))
        from steersman.review import sql_mysql

        return tuple(sql_mysql.read(prepared(text)))
    except ImportError:
        return ()


def prepared(text: str) -> str:
    """The text with what is not SQL replaced, line for line: psql's own commands, shell and psql variables."""
    text = re.sub(r"\\gexec\b", ";", text)  # runs what the query before it has written
    text = _META.sub("", text)
    text = re.sub(r"\$\([^)]*\)|\$\{[^}]*\}|\$[A-Za-z_]\w*", "v", text)
    return re.sub(r":'(\w+)'", r"'\1'", re.sub(r'(?<![:\w]):"?([A-Za-z_]\w*)"?', r"\1", text))


def _texts(subject: Subject, script: Script, command: Command) -> Iterator[tuple[Item, Path, int | None, str]]:
    for heredoc in command.heredocs:
        yield script.holder, script.path, heredoc.line, heredoc.text
    if _PRINTS.match(command.fed_by):
        yield script.holder, script.path, command.line, _PRINTS.sub("", command.fed_by).strip("'\" ")
    words = command.words
    for position, word in enumerate(words):
        for option in _EXECUTE[command.name][1]:
            if word == option and position + 1 < len(words):
                yield script.holder, script.path, command.line, words[position + 1]
            elif option.startswith("--") and word.startswith(f"{option}="):
                yield script.holder, script.path, command.line, word.partition("=")[2].strip("'\"")
    if command.name == "sqlite3" and len(words) > 1 and not words[-1].startswith("-"):
        yield script.holder, script.path, command.line, words[-1]
    for file in files_read(command):
        yield from _file(subject, script, file)


def files_read(command: Command) -> Iterator[str]:
    """The files whose SQL a client runs: by `-f`, from standard input, or through `cat` before a pipe."""
    for position, word in enumerate(command.words):
        options = _FILE.get(command.name, ())
        if word in options and position + 1 < len(command.words):
            yield command.words[position + 1]
        elif word.startswith(tuple(f"{option}=" for option in options if option.startswith("--"))):
            yield word.partition("=")[2].strip("'\"")
    yield from (target for sign, target in command.redirects if sign == "<")
    if command.fed_by.startswith("cat "):
        yield from command.fed_by.split()[1:]


def _file(subject: Subject, script: Script, file: str) -> Iterator[tuple[Item, Path, int | None, str]]:
    """The content of a file that comes from a ConfigMap of the chart."""
    for path, (config, place, text) in mounted_files(script.item, script.container, subject.items):
        if path == file:
            yield config, place, 0, text
