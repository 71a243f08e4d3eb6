"""A tool that is told to empty what it works on, where a new version is brought in."""

from __future__ import annotations

import re
from collections.abc import Iterator

from steersman.review.commands import Command
from steersman.review.model import Finding, Rule, Severity
from steersman.review.shapes import as_list, entries
from steersman.review.shell import scripts
from steersman.review.subject import Item, Subject

# What the tools' own manuals say: program and words, and what they do. `\b…` is searched in the whole command.
_RESETS = (
    (r"\bflyway\b.*\bclean\b", "removes every object of its schemas"),
    (r"\bliquibase\b.*\b(drop-all|dropAll)\b", "removes every object of its schema"),
    (r"\bprisma migrate (reset|dev)\b", "empties the database where its history does not fit: it is made for development"),
    (r"\bprisma db push\b.*--(force-reset|accept-data-loss)", "empties what does not fit the schema"),
    (r"\b(rails|rake)\b.*\bdb:(drop|reset|purge|truncate_all|migrate:reset|seed:replant)\b", "drops the database"),
    (r"\bmanage\.py (flush|reset_db)\b|\bdjango-admin flush\b", "removes all rows"),
    (r"\balembic\b.*\bdowngrade base\b", "takes every migration back, with the data"),
    (r"\bartisan (migrate:(fresh|refresh|reset)|db:wipe)\b", "drops all tables"),
    (r"\bknex migrate:rollback\b.*--all\b", "takes every migration back, with the data"),
    (r"\bsequelize(-cli)? db:(drop|migrate:undo:all)\b", "takes everything back, with the data"),
    (r"\btypeorm\b.*\bschema:drop\b", "drops all tables"),
    (r"\bdoctrine:(database|schema):drop\b", "drops what it manages"),
    (r"^(/\S*/)?goose\b.*\b(reset|down-to 0)\b", "takes every migration back, with the data"),
    (r"^(/\S*/)?dbmate\b.*\bdrop\b|^(/\S*/)?sqitch\b.*\brevert\b", "takes the schema away, with the data"),
    (r"^(/\S*/)?migrate\b.*-(path|source|database)\b.*\b(drop|down)\b", "takes the schema away, with the data"),
    (r"\bmix ecto\.(reset|drop)\b", "drops the database"),
    (r"^(/\S*/)?dropdb\b|^(/\S*/)?mysqladmin\b.*\bdrop\b", "drops the database"),
)  # fmt: skip
# What makes a schema in an empty database, and makes it anew in any other: right where nothing but an install runs it.
_BEGINS = (
    (r"\b(rails|rake)\b.*\bdb:(schema:load|structure:load|setup)\b", "drops every table that the schema has, and makes it anew"),
    (r"^(/\S*/)?pg_restore\b.*\s(-c|--clean)\b", "drops what is there before it restores"),
    (r"^(/\S*/)?mongorestore\b.*\s--drop\b", "drops every collection before it restores it"),
)  # fmt: skip
_PATTERNS = tuple((re.compile(pattern), words) for pattern, words in _RESETS)
_ON_UPGRADE = tuple((re.compile(pattern), words) for pattern, words in _BEGINS)
# What a script may do after it has asked whether the database is empty.
_ASKED_FIRST = frozenset(words for _, words in _BEGINS)
# Settings that make a tool or an application do the same at its start: in the environment, or as words of any program.
_SETTINGS = (
    (r"SPRING_JPA_HIBERNATE_DDL_?AUTO|HIBERNATE_HBM2DDL_AUTO", r"create(-drop)?"),
    (r"QUARKUS_HIBERNATE_ORM_DATABASE_GENERATION", r"create|drop-and-create"),
    (r"(SPRING_)?FLYWAY_CLEAN_ON_VALIDATION_ERROR|TYPEORM_DROP_SCHEMA|(SPRING_)?LIQUIBASE_DROP_FIRST", r"true|1"),
)
_SET_BY_WORD = re.compile(
    r"(spring\.jpa\.hibernate\.ddl-auto|hibernate\.hbm2ddl\.auto|database\.generation)=(create(-drop)?|drop-and-create)\b"
    r"|cleanOnValidationError=true|liquibase\.drop-first=true"
)
_BRINGS_IN = ("pre-install", "post-install", "pre-upgrade", "post-upgrade")
_UPGRADE = ("pre-upgrade", "post-upgrade")


HINT = "Let the hook go forward only (migrate, upgrade, deploy); empty things by hand, with a backup."


def check(subject: Subject) -> Iterator[Finding]:
    for item in subject.running_hooks:
        if any(event in _UPGRADE for event in item.events):
            yield from settings(item)
    for script in scripts(subject):
        if not brings_in(script.item):
            continue
        patterns = _PATTERNS + (_ON_UPGRADE if any(event in _UPGRADE for event in script.item.events) else ())
        told: set[tuple[int, str]] = set()
        for command in script.every_command:
            words = _resets(command, patterns)
            if words and (command.line, words) not in told:
                told.add((command.line, words))
                yield script.finding(
                    f"`{short(command)}` {words}",
                    command.line,
                    hint=HINT,
                )


def settings(item: Item) -> Iterator[Finding]:
    """What is set so that the schema is made anew."""
    for container in item.containers:
        for at, entry in entries(container.spec.get("env")):
            name, value = str(entry.get("name")), str(entry.get("value"))
            if any(re.fullmatch(names, name) and re.fullmatch(values, value) for names, values in _SETTINGS):
                yield item.finding(
                    f"{name}: {value} has the schema dropped and made anew", (*container.path, "env", at), hint=HINT
                )
        for key in ("command", "args"):
            for at, word in enumerate(as_list(container.spec.get(key))):
                if found := _SET_BY_WORD.search(str(word)):
                    yield item.finding(
                        f"{found[0]} has the schema dropped and made anew", (*container.path, key, at), hint=HINT
                    )


def brings_in(item: Item) -> bool:
    return any(event in _BRINGS_IN for event in item.events)


def _resets(command: Command, patterns: tuple[tuple[re.Pattern[str], str], ...]) -> str:
    if command.name in ("echo", "printf"):
        return ""
    line = " ".join((command.name, *command.words))
    return next(
        (
            words
            for pattern, words in patterns
            if pattern.search(line) and not (words in _ASKED_FIRST and command.conditional)
        ),
        "",
    )


def short(command: Command) -> str:
    line = " ".join(command.raw.split())
    return line if len(line) <= 60 else f"{line[:57]}…"


RULE = Rule(
    "migration-tool-resets", "script", Severity.ERROR, "no hook of an install or upgrade empties what is there", check
)
