"""Bash's own syntax in a script that /bin/sh runs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from steersman.review.model import Finding, Rule, Severity
from steersman.review.shell import scripts
from steersman.review.subject import Subject

# Node types of the grammar that a POSIX shell does not have, and how people call them.
NODES = {
    "process_substitution": "process substitution `<(…)`",
    "array": "an array",
    "herestring_redirect": "a here-string `<<<`",
    "c_style_for_statement": "`for ((…))`",
    "brace_expression": "a brace range `{1..10}`",
    "ansi_c_string": "`$'…'`",
}
WORDS = {
    "source": "`source` (a POSIX shell has `.`)",
    "declare": "`declare`",
    "pushd": "`pushd`",
    "popd": "`popd`",
    "shopt": "`shopt`",
    "mapfile": "`mapfile`",
}


def check(subject: Subject) -> Iterator[Finding]:
    for script in scripts(subject):
        if script.shell not in ("sh", "dash", "ash"):
            continue
        told: set[str] = set()
        for node in _walk(script.root):
            text = node.text.decode("utf-8", "replace")
            what = NODES.get(node.type, "")
            if node.type == "test_command" and text.startswith("[["):
                what = "`[[ … ]]`"
            elif node.type == "function_definition" and text.startswith("function "):
                what = "`function name`"
            elif node.type == "command_name":
                what = WORDS.get(text, "")
            if what and what not in told:
                told.add(what)
                yield script.finding(
                    f"{what} is bash's, and {script.shell} runs this script",
                    node.start_point[0],
                    hint="Write it as POSIX has it (`$(seq 10)`, `[ … ]`, `.`), or run it with bash.",
                )


def _walk(node: Any) -> Iterator[Any]:
    yield node
    for child in node.named_children:
        yield from _walk(child)


RULE = Rule("bashism-under-sh", "script", Severity.WARNING, "a script for sh is written for sh", check)
