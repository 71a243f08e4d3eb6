"""A backup that runs when the migration has already changed what it should save; a check that runs before the work it checks."""

from __future__ import annotations

import re
from collections.abc import Iterator

from steersman.manifest.hooks import WEIGHT_ANNOTATION, HookEvent
from steersman.review.migrations import migrates, scripts
from steersman.review.model import Finding, Rule, Severity
from steersman.review.subject import Item, Subject

EVENTS = (
    HookEvent.PRE_INSTALL,
    HookEvent.PRE_UPGRADE,
    HookEvent.PRE_ROLLBACK,
    HookEvent.POST_INSTALL,
    HookEvent.POST_UPGRADE,
)
_BACKUP = re.compile(r"backup|back-up|\bdump|snapshot", re.IGNORECASE)
_DUMPS = re.compile(r"\b(pg_dump|pg_dumpall|pg_basebackup|mysqldump|mariadb-dump|mongodump|mariabackup|xtrabackup)\b")
_CHECK = re.compile(r"valid|verif(y|ication)|\bcheck\b", re.IGNORECASE)
_MIGRATION = re.compile(r"migrat|\bupgrade-?db|db-?upgrade|schema", re.IGNORECASE)


def check(subject: Subject) -> Iterator[Finding]:
    told: set[Item] = set()
    for event in EVENTS:
        order = [hook for hook in subject.event(event) if hook.containers]
        for position, hook in enumerate(order):
            if hook in told:
                continue
            if saves(subject, hook):
                before = next((each for each in order[:position] if changes(subject, each)), None)
                message = "saves what {} has already changed: at {} it runs after it"
            elif _CHECK.search(hook.name) and _MIGRATION.search(hook.name):
                before = next((each for each in order[position + 1 :] if changes(subject, each)), None)
                message = "checks the work of {}, which at {} runs only after it"
            else:
                continue
            if before is not None:
                told.add(hook)
                yield hook.finding(
                    message.format(before.title, event),
                    ("metadata", "annotations", WEIGHT_ANNOTATION),
                    hint="Backup, migration, check: give them rising weights, such as -10, 0, 10.",
                )


def saves(subject: Subject, hook: Item) -> bool:
    return bool(_BACKUP.search(hook.name) or _DUMPS.search(scripts(subject, hook))) and not changes(subject, hook)


def changes(subject: Subject, hook: Item) -> bool:
    """Whether it is a migration, by what it runs and by its name."""
    if _BACKUP.search(hook.name) or _CHECK.search(hook.name):
        return False
    return migrates(subject, hook)


RULE = Rule(
    "backup-after-migration",
    "lifecycle",
    Severity.ERROR,
    "a backup runs before the migration, its check after it",
    check,
)
