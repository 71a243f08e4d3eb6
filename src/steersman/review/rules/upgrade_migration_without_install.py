"""A migration that runs on upgrade only: a fresh install of this version never gets what it adds."""

from __future__ import annotations

import re
from collections.abc import Iterator

from steersman.manifest.hooks import EVENT_ANNOTATION, HookEvent
from steersman.review.migrations import (
    added_columns,
    may_migrate_itself,
    migrates,
    migrates_in_application,
    on_database,
    scripts,
)
from steersman.review.model import Finding, Rule, Severity
from steersman.review.subject import Subject

UPGRADE = (HookEvent.PRE_UPGRADE, HookEvent.POST_UPGRADE)
INSTALL = (HookEvent.PRE_INSTALL, HookEvent.POST_INSTALL)


def check(subject: Subject) -> Iterator[Finding]:
    installing = [item for item in subject.running_hooks if set(INSTALL) & set(item.events) and migrates(subject, item)]
    known = "\n".join(scripts(subject, item) for item in installing)
    for hook in subject.running_hooks:
        if not set(UPGRADE) & set(hook.events) or set(INSTALL) & set(hook.events) or not migrates(subject, hook):
            continue
        missing = [name for name in added_columns(subject, hook) if not re.search(rf"\b{name}\b", known)]
        if not on_database(subject, hook) or may_migrate_itself(subject, hook):
            continue
        if not installing and not migrates_in_application(subject):
            message = "the migration runs on upgrade only: an install starts without its schema"
        elif installing and missing:
            message = f"a fresh install never gets what this upgrade adds: no install hook knows {', '.join(missing)}"
        else:
            continue
        yield hook.finding(
            message,
            ("metadata", "annotations", EVENT_ANNOTATION),
            hint="Let one idempotent migration run at both: helm.sh/hook: pre-install,pre-upgrade.",
        )


RULE = Rule(
    "upgrade-migration-without-install",
    "lifecycle",
    Severity.WARNING,
    "what a migration does on upgrade a fresh install gets too",
    check,
)
