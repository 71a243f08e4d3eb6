"""The first connection is tried once, though what it leads to may still be starting."""

from __future__ import annotations

from collections.abc import Iterator

from steersman.review.model import Finding, Rule, Severity
from steersman.review.shell import scripts
from steersman.review.subject import Subject

CLIENTS = frozenset(["psql", "pg_dump", "mysql", "mysqldump", "redis-cli", "mongosh", "curl", "wget"])
WAITERS = frozenset(["pg_isready", "wait-for-it", "wait-for-it.sh", "dockerize", "nc", "mysqladmin", "until"])
EARLY = ("pre-install", "post-install")


def check(subject: Subject) -> Iterator[Finding]:
    for script in scripts(subject):
        if not any(event in EARLY for event in script.item.events):
            continue
        if any(command.name in WAITERS or command.loop for command in script.commands):
            continue
        if any(container.init for container in script.item.containers):
            continue
        for command in script.commands:
            if command.name in CLIENTS:
                if not command.option("--retry", "--retry-connrefused", "--tries"):
                    yield script.finding(
                        f"`{command.name}` is tried once; when its server is still starting, the hook fails",
                        command.line,
                        hint="Wait for the server in a bounded loop first (pg_isready, curl --retry --retry-connrefused).",
                    )
                break


RULE = Rule("no-retry-on-connect", "script", Severity.INFO, "the first connection waits for its server", check)
