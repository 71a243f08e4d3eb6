"""A pipeline whose first command may fail without anybody noticing."""

from __future__ import annotations

import itertools
import re
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
            if not reader or command.name not in WORKERS or applies(command.piped_into):
                continue
            if reader[0] not in LOOKERS or runs_nothing(command.pipeline):
                yield script.finding(
                    f"`{command.name}` stands before a pipe: only the exit code of `{last(command.pipeline)}` counts",
                    command.line,
                    hint=_remedy(script),
                )


def last(pipeline: tuple[str, ...]) -> str:
    """The name of the command whose exit code the pipeline has."""
    return pipeline[-1].split()[0]


def applies(reader: str) -> bool:
    """`kubectl apply -f -` and the like fail by themselves when nothing comes."""
    return reader.startswith("kubectl ") and " -f" in reader


def runs_nothing(pipeline: tuple[str, ...]) -> bool:
    """Whether the pipeline ends in an `xargs` that runs nothing, and succeeds, when nothing comes."""
    words = pipeline[-1].split() if pipeline else []
    if words[:1] != ["xargs"]:
        return False
    options = itertools.takewhile(lambda word: word.startswith("-"), words[1:])
    return any(word == "--no-run-if-empty" or re.match(r"-[a-zA-Z0-9]*[rI]|--replace", word) for word in options)


def _remedy(script: Script) -> str:
    if script.shell in ("bash", "zsh", "ksh"):
        return "Use `set -o pipefail`."
    return "Use bash with `set -o pipefail`, or a file in between."


RULE = Rule(
    "script-pipe-hides-failure", "script", Severity.WARNING, "the exit code of a pipeline is that of its work", check
)
