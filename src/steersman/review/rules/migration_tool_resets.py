"""A tool that is told to empty what it works on, where a new version is brought in."""

from __future__ import annotations

import re
from collections.abc import Iterator

from steersman.review.model import Finding, Rule, Severity
from steersman.review.shell import Command, scripts
from steersman.review.subject import Item, Subject

# What the tools' own manuals say: program and words, and what they do. `\b…` is searched in the whole command.
_RESETS = (
    (r"\bflyway\b.*\bclean\b", "removes every object of its schemas"),
    (r"\bliquibase\b.*\b(drop-all|dropAll)\b", "removes every object of its schema"),
    (r"\bprisma migrate (reset|dev)\b", "empties the database where its history does not fit: it is made for development"),
    (r"\bprisma db push\b.*--(force-reset|accept-data-loss)", "empties what does not fit the schema"),
    (r"\b(rails|rake)\b.*\bdb:(drop|reset|purge|migrate:reset)\b", "drops the database"),
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
    (r"^(/\S*/)?dropdb\b|^(/\S*/)?mysqladmin\b.*\bdrop\b|\bdropDatabase\(", "drops the database"),
    (r"^(/\S*/)?kubectl\b.*\bdelete (-\S+ )*(pvc?|persistentvolume(claim)?s?|ns|namespaces?)\b", "takes what is stored along"),
    (r"^(/\S*/)?aws s3 (rm\b.*--recursive|rb\b.*--force)", "removes everything that is stored there"),
    (r"^(/\S*/)?mc (rm|rb)\b.*--force", "removes everything that is stored there"),
)  # fmt: skip
_PATTERNS = tuple((re.compile(pattern), words) for pattern, words in _RESETS)
_BRINGS_IN = ("pre-install", "post-install", "pre-upgrade", "post-upgrade")


def check(subject: Subject) -> Iterator[Finding]:
    for script in scripts(subject):
        if not _brings_in(script.item):
            continue
        for command in script.commands:
            if words := _resets(command):
                yield script.finding(
                    f"`{_short(command)}` {words}",
                    command.line,
                    hint="Let the hook go forward only (migrate, upgrade, deploy); empty things by hand, with a backup.",
                )


def _brings_in(item: Item) -> bool:
    return any(event in _BRINGS_IN for event in item.events)


def _resets(command: Command) -> str:
    line = " ".join((command.name, *command.words))
    return next((words for pattern, words in _PATTERNS if pattern.search(line)), "")


def _short(command: Command) -> str:
    line = " ".join(command.raw.split())
    return line if len(line) <= 60 else f"{line[:57]}…"


RULE = Rule(
    "migration-tool-resets", "script", Severity.ERROR, "no hook of an install or upgrade empties what is there", check
)
