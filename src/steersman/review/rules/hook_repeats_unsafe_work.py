"""A Job that is tried again, with SQL that fails or does harm the second time."""

from __future__ import annotations

import re
from collections.abc import Iterator

from steersman.review.migrations import scripts
from steersman.review.model import Finding, Rule, Severity
from steersman.review.subject import Item, Subject

_CLIENT = re.compile(r"\b(psql|mysql|mariadb|sqlite3|sqlcmd|cockroach)\b")
_ATOMIC = re.compile(r"\bBEGIN\b|\bSTART\s+TRANSACTION\b|--single-transaction|\bpsql\b.*\s-1\b", re.IGNORECASE)
_ONCE = re.compile(
    r"\bCREATE\s+(?:UNIQUE\s+)?(?:TABLE|INDEX|SEQUENCE|SCHEMA|DATABASE|USER|ROLE)\s+(?:CONCURRENTLY\s+)?(?!IF\s+NOT|CONCURRENTLY)\w+"
    r"|\bADD\s+COLUMN\s+(?!IF\s+NOT)\w+"
    r"|\bDROP\s+(?:TABLE|COLUMN|INDEX)\s+(?:CONCURRENTLY\s+)?(?!IF\s+EXISTS|CONCURRENTLY)\w+"
    r"|\bINSERT\s+INTO\b(?![^;]*\b(?:ON\s+CONFLICT|ON\s+DUPLICATE|NOT\s+EXISTS)\b)[^;(]*",
    re.IGNORECASE,
)
# What asks first: blocks of PL/pgSQL, and statements that a query writes.
_GUARDED = re.compile(r"\$(\w*)\$.*?\$\1\$|SELECT\s+'[^']*'[^;]*?\\gexec", re.IGNORECASE | re.DOTALL)


def check(subject: Subject) -> Iterator[Finding]:
    for hook in subject.hooks:
        if hook.kind != "Job" or not (tries := repeats(hook)):
            continue
        text = scripts(subject, hook)
        match = _ONCE.search(_GUARDED.sub("", text))
        if match and _CLIENT.search(text) and not _ATOMIC.search(text):
            yield hook.finding(
                f"{tries}, but {' '.join(match.group().split())!r} works only once: after a failure halfway no try can succeed",
                ("spec", "backoffLimit") if hook.at(("spec", "backoffLimit")) is not None else ("spec",),
                hint="Make every statement repeatable (IF NOT EXISTS, ON CONFLICT), or all one transaction, or set "
                "backoffLimit: 0.",
            )


def repeats(hook: Item) -> str:
    """How a Job is tried again; "" where it is not."""
    if hook.pod_spec.get("restartPolicy") == "OnFailure":
        return "restartPolicy OnFailure repeats it"
    limit = hook.at(("spec", "backoffLimit"))
    if limit is None:
        return "Kubernetes' default repeats it six times"
    return f"backoffLimit {limit} repeats it" if isinstance(limit, int) and limit > 0 else ""


RULE = Rule("hook-repeats-unsafe-work", "pod", Severity.WARNING, "what is tried again can be done again", check)
