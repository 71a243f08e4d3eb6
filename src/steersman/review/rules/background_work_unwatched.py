"""Work in the background whose end or failure nobody sees."""

from __future__ import annotations

from collections.abc import Iterator

from steersman.review.model import Finding, Rule, Severity
from steersman.review.rules.script_pipe_hides_failure import WORKERS
from steersman.review.shell import scripts
from steersman.review.subject import Subject

_ALSO = frozenset(
    ["rails", "rake", "node", "php", "prisma", "knex", "liquibase", "dbmate", "goose", "pg_restore", "aws"]
)


def check(subject: Subject) -> Iterator[Finding]:
    for script in scripts(subject):
        waits = [command for command in script.commands if command.name == "wait"]
        # `wait $pid` gives the exit code of that process; `wait` alone always gives 0.
        if any(command.words for command in waits):
            continue
        for command in script.commands:
            if command.name not in WORKERS | _ALSO or not command.in_background:
                continue
            if command.name in ("kubectl", "oc") and {"port-forward", "proxy", "logs"} & set(command.words):
                continue
            message = (
                f"`{command.name} … &`: `wait` alone exits with 0, whatever became of it"
                if waits
                else f"`{command.name} … &`: when the script ends it is killed, finished or not, and its failure is not seen"
            )
            yield script.finding(message, command.line, hint='Keep its number (`pid=$!`) and end with `wait "$pid"`.')


RULE = Rule(
    "background-work-unwatched", "script", Severity.WARNING, "work in the background is waited for by its number", check
)
