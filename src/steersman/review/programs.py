"""Programs in other languages inside hooks: `python -c …`, `node -e …`, heredocs, ConfigMap files; and the SQL they execute.

Only what is certain is read: a literal that is given to `execute`, `query` and their like. Python is parsed by Python itself.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from steersman.review.commands import Command
from steersman.review.lines import Path
from steersman.review.shell import Script, mounted_files
from steersman.review.subject import Item, Subject

PYTHON, NODE, RUBY, PHP = "python", "node", "ruby", "php"
_NAMES = (
    (re.compile(r"python[\d.]*|pypy3?"), PYTHON),
    (re.compile(r"node|nodejs|bun|deno"), NODE),
    (re.compile(r"ruby|rails"), RUBY),
    (re.compile(r"php[\d.]*"), PHP),
)
_INLINE = {PYTHON: ("-c",), NODE: ("-e", "--eval", "-p"), RUBY: ("-e",), PHP: ("-r",)}


@dataclass(frozen=True, eq=False)
class Program:
    """A program's source as a command runs it; `path` and `offset` lead to its first line within `item`."""

    language: str
    source: str
    item: Item
    path: Path
    offset: int | None


def programs(subject: Subject, script: Script, command: Command) -> Iterator[Program]:
    """What a command gives to an interpreter, in its words, on its input, or as a file of the chart."""
    language = next((each for pattern, each in _NAMES if pattern.fullmatch(command.name)), "")
    if not language:
        return
    words = command.words
    runner = command.name == "rails" and words[:1] in (("runner",), ("r",))
    if runner and len(words) > 1:
        yield _placed(script, command, language, words[-1])
    if command.name == "rails":
        return
    for position, word in enumerate(words[:-1]):
        if word in _INLINE[language]:
            yield _placed(script, command, language, words[position + 1])
            return
    for heredoc in command.heredocs:
        yield Program(language, heredoc.text, script.holder, script.path, heredoc.line)
    file = next((word for word in words if not word.startswith("-")), "")
    if file.startswith("/"):
        for path, (holder, place, text) in mounted_files(script.item, script.container, subject.items):
            if path == file:
                yield Program(language, text, holder, place, 0)


def _placed(script: Script, command: Command, language: str, source: str) -> Program:
    if not script.shell:  # the word of a command or of args has a place of its own
        for key in ("command", "args"):
            for index, word in enumerate(script.container.spec.get(key) or ()):
                if word == source:
                    return Program(language, source, script.item, (*script.container.path, key, index), 0)
    return Program(language, source, script.holder, script.path, command.line)


@dataclass(frozen=True, slots=True)
class Executed:
    """SQL that a program executes; `line` is 0-based in its source."""

    line: int
    text: str


@lru_cache(maxsize=1024)
def executed(language: str, source: str) -> tuple[Executed, ...]:
    """The SQL literals that a program gives to its database, in the order of the text."""
    if language == PYTHON:
        tree = _parsed(source)
        return tuple(_executed_by_python(tree)) if tree is not None else ()
    return tuple(
        Executed(source.count("\n", 0, match.start()), match["sql"]) for match in _CALL[language].finditer(source)
    )


_TEXT = r"\s*(?P<quote>['\"`])(?P<sql>.*?)(?P=quote)"
_CALL = {
    NODE: re.compile(r"\.\$?(?:query|execute|raw|unsafe|executeRawUnsafe|executeRaw)\(?" + _TEXT, re.DOTALL),
    RUBY: re.compile(r"\.(?:exec|execute|query|async_exec)[ (]" + _TEXT, re.DOTALL),
    PHP: re.compile(r"(?:->(?:exec|query)\(|\bmysqli_query\([^,'\"]+,|\bpg_query\((?:[^,'\"]+,)?)" + _TEXT, re.DOTALL),
}
_METHODS = ("execute", "executescript")
_WRAPPING = ("text", "SQL")  # sqlalchemy.text(…), psycopg.sql.SQL(…)


def _parsed(source: str) -> ast.Module | None:
    for text in (source, re.sub(r"\$\{?\w+\}?", "v", source)):
        try:
            return ast.parse(text)
        except (SyntaxError, ValueError):
            continue
    return None


def _executed_by_python(tree: ast.Module) -> Iterator[Executed]:
    constants: dict[str, list[ast.expr]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    constants.setdefault(target.id, []).append(node.value)
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and node.args]
    for call in sorted(calls, key=lambda call: (call.lineno, call.col_offset)):
        if isinstance(call.func, ast.Attribute) and call.func.attr in _METHODS:
            given = call.args[0]
            if isinstance(given, ast.Name) and len(constants.get(given.id, ())) == 1:
                given = constants[given.id][0]
            if (text := _literal(given)) is not None:
                yield Executed(given.lineno - 1, text)


def _literal(node: ast.expr) -> str | None:
    if isinstance(node, ast.Call) and node.args:
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        return _literal(node.args[0]) if name in _WRAPPING else None
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return re.sub(r"%\(\w+\)s|%s", "'v'", node.value)
    if isinstance(node, ast.JoinedStr):
        parts = (str(part.value) if isinstance(part, ast.Constant) else "v" for part in node.values)
        return "".join(parts)
    return None


# Drivers of Python that begin a transaction by themselves (PEP 249) and take it back when the connection closes.
_IMPLICIT = re.compile(r"\b(psycopg2?|pg8000|pymysql|MySQLdb|mysql\.connector|pyodbc|pymssql|cx_Oracle|oracledb)\b")
_COMMITS = re.compile(
    r"\.commit\(|autocommit|isolation_level|\bCOMMIT\b|\.begin\(|set_session|\batomic\b", re.IGNORECASE
)


@lru_cache(maxsize=1024)
def leaves_uncommitted(language: str, source: str) -> bool:
    """Whether what a program changes is in a transaction that nothing in it ever commits."""
    if language != PYTHON or not _IMPLICIT.search(source) or _COMMITS.search(source):
        return False
    tree = _parsed(source)
    managers = (item.context_expr for node in ast.walk(tree or ast.Module([], [])) if isinstance(node, ast.With)
                for item in node.items)  # fmt: skip
    # `with connection:` commits; `with connection.cursor():` does not.
    return tree is not None and all(
        isinstance(manager, ast.Call) and isinstance(manager.func, ast.Attribute) and manager.func.attr == "cursor"
        for manager in managers
    )
