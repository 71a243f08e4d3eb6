"""Which hooks change a database, and how: by the tools they call, their names, and the SQL they carry.

A first look with patterns, for rules about how hooks fit together; the rules on SQL itself parse it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from steersman.review.images import parse
from steersman.review.references import CONFIG_MAP, references
from steersman.review.shapes import entries
from steersman.review.subject import Item, Subject

_TOOL = re.compile(
    r"\b(alembic|flyway|liquibase|dbmate|goose|sqitch|atlas|prisma|sequelize|knex|typeorm)\b"
    r"|\bmigrat(e|ion|ions|or)\b|\bdb[:_-]?(migrate|init|setup|create|upgrade|schema)\b|\binit[-_]?db\b|\bsyncdb\b"
    r"|\bupgrade +--?noinput\b",
    re.IGNORECASE,
)
_DATABASE = re.compile(
    r"postgres|mysql|mariadb|sqlite|mongo|clickhouse|cockroach|\bPG[A-Z]+\b|database|schema|(?<![a-z])db(?![a-z])|sql"
    r"|alembic|flyway|liquibase|dbmate|goose|sqitch|atlas|prisma|sequelize|knex|typeorm|rails|rake|manage\.py|artisan",
    re.IGNORECASE,
)
_SQL = re.compile(r"\b(CREATE|ALTER|DROP)\s+(TABLE|INDEX|UNIQUE|SCHEMA|TYPE|COLUMN|VIEW|SEQUENCE)\b", re.IGNORECASE)
_OTHER_WORK = re.compile(r"backup|dump|export|restore|valid|verif|check|wait|test|smoke|health|clean", re.IGNORECASE)
_DESTRUCTIVE = re.compile(
    r"\bDROP\s+(TABLE|COLUMN|SCHEMA|DATABASE|TYPE)\b|\bTRUNCATE\b(?!\s+-)|\bRENAME\s+(COLUMN|TO)\b|\bDELETE\s+FROM\s+[\w.\"`]+\s*(?=;|$|['\"])"
    r"|\bALTER\s+COLUMN\s+\S+\s+(SET\s+DATA\s+)?TYPE\b|\bMODIFY\s+COLUMN\b",
    re.IGNORECASE,
)
_ADDED = re.compile(r"\bADD\s+COLUMN\s+(?:IF\s+NOT\s+EXISTS\s+)?[`\"]?(\w+)", re.IGNORECASE)
_COMMENT = re.compile(r"^\s*(#|--).*$", re.MULTILINE)


def scripts(subject: Subject, item: Item) -> str:
    """All text that an item's containers may run: their words, and the ConfigMaps that they are given; comments left out."""
    parts = [container.text for container in item.containers]
    for name in {found.name for found in references(item) if found.kind == CONFIG_MAP}:
        for holder in subject.named(CONFIG_MAP, name):
            data = holder.object.get("data")
            parts += [value for value in data.values() if isinstance(value, str)] if isinstance(data, dict) else []
    return _COMMENT.sub("", "\n".join(parts))


def migrates(subject: Subject, item: Item) -> bool:
    """Whether an item changes a database's schema, as far as can be told."""
    words = "\n".join(container.text for container in item.containers)
    if _SQL.search(scripts(subject, item)):
        return True
    if _OTHER_WORK.search(item.name):
        return False
    return bool(_TOOL.search(_COMMENT.sub("", words)) or _TOOL.search(item.name))


def destroys(subject: Subject, item: Item) -> str:
    """The first statement that loses or reshapes data, as written; "" for none."""
    match = _DESTRUCTIVE.search(scripts(subject, item))
    return " ".join(match.group().split()) if match else ""


def on_database(subject: Subject, item: Item) -> bool:
    """Whether it is a database that an item migrates, and not the objects of an API or files."""
    if _SQL.search(scripts(subject, item)):
        return True
    words = "\n".join([item.name, *(f"{each.image} {each.text}" for each in item.containers)])
    names = "\n".join(
        f"{entry.get('name')} {entry.get('value')}"
        for each in item.containers
        for _, entry in entries(each.spec.get("env"))
    )
    return bool(_DATABASE.search(words) or _DATABASE.search(names))


def may_migrate_itself(subject: Subject, item: Item) -> bool:
    """Whether a workload runs the hook's own image in a way that nobody can see into: it may migrate at its start."""
    images = {parse(container.image).repository for container in item.containers}
    return any(
        not container.words and parse(container.image).repository in images
        for resource in subject.resources
        for container in resource.containers
    )


def added_columns(subject: Subject, item: Item) -> Iterator[str]:
    return (match[1] for match in _ADDED.finditer(scripts(subject, item)))


def migrates_in_application(subject: Subject) -> bool:
    """Whether an ordinary workload brings its schema up to date itself, in an init container or at its start."""
    return any(_TOOL.search(container.text) for item in subject.resources for container in item.containers)
