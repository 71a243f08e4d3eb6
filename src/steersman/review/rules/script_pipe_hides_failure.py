"""A pipeline whose first command may fail without anybody noticing."""

from __future__ import annotations

from collections.abc import Iterator

from steersman.review.model import Finding, Rule, Severity
from steersman.review.shell import Script, scripts
from steersman.review.subject import Subject

# What stands on the left of a pipe and does the work.
WORKERS = frozenset(
    {
        "pg_dump",
        "pg_dumpall",
        "mysqldump",
        "mariadb-dump",
        "psql",
        "mysql",
        "mongodump",
        "redis-cli",
        "curl",
        "wget",
        "tar",
        "kubectl",
        "alembic",
        "flyway",
        "python",
        "python3",
    }
)
# Readers that look for something: they fail by themselves when nothing comes, or are there for a person to read.
LOOKERS = frozenset(
    ["grep", "egrep", "fgrep", "jq", "xargs", "while", "awk", "head", "tail", "wc", "sed", "tr", "cut", "sort"]
)


def check(subject: Subject) -> Iterator[Finding]:
    for script in scripts(subject):
        if script.option("\0", "pipefail"):
            continue
        for command in script.commands:
            reader = command.piped_into.split()[:1]
            if reader and command.name in WORKERS and reader[0] not in LOOKERS and not applies(command.piped_into):
                yield script.finding(
                    f"`{command.name}` stands before a pipe: only the exit code of `{reader[0]}` counts",
                    command.line,
                    hint=_remedy(script),
                )


def applies(reader: str) -> bool:
    """`kubectl apply -f -` and the like fail by themselves when nothing comes."""
    return reader.startswith("kubectl ") and " -f" in reader


def _remedy(script: Script) -> str:
    if script.shell in ("bash", "zsh", "ksh"):
        return "Use `set -o pipefail`."
    return "Use bash with `set -o pipefail`, or a file in between."


RULE = Rule(
    "script-pipe-hides-failure", "script", Severity.WARNING, "the exit code of a pipeline is that of its work", check
)
