"""The table that kubectl prints for people, taken for a list of names."""

from __future__ import annotations

import re
from collections.abc import Iterator

from steersman.review.commands import Command
from steersman.review.model import Finding, Rule, Severity
from steersman.review.shell import scripts
from steersman.review.subject import Subject

_FIRST_COLUMN = re.compile(r"awk\s+(['\"])\s*\{\s*print\s+\$1\s*;?\s*\}\s*\1|cut\s+-d\s*['\"] ['\"]\s+-f\s*1")
_ACTS = re.compile(r"xargs\b.*\b(kubectl|oc)\b")


def check(subject: Subject) -> Iterator[Finding]:
    for script in scripts(subject):
        for command in script.commands:
            if (
                command.name in ("kubectl", "oc")
                and command.words[:1] == ("get",)
                and (column := _taken(command)) is not None
            ):
                what = "its heading, NAME, goes along as a name" if column else "all of its columns go along as names"
                yield script.finding(
                    f"`{command.name} get` prints a table here: {what}, and the command after it fails",
                    command.line,
                    hint="Ask for names: -o name.",
                )


def _taken(command: Command) -> bool | None:
    """Whether only the first column is handed on; None where no table is."""
    if command.option("--output", "--no-headers", "--template") or any(word.startswith("-o") for word in command.words):
        return None
    parts = command.pipeline
    column = False
    for part in parts[1:] if parts and parts[0].endswith(command.raw) else ():
        if _FIRST_COLUMN.fullmatch(part):
            column = True
        else:
            return column if _ACTS.match(part) and "--ignore-not-found" not in part else None
    return None


RULE = Rule("table-given-as-names", "script", Severity.ERROR, "what is piped on as names is names", check)
