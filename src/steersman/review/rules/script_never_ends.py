"""A script that goes on for ever, however well its work went: Helm waits for its end until the timeout."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from steersman.review.commands import Command, in_background, text_of
from steersman.review.model import Finding, Rule, Severity
from steersman.review.shell import scripts
from steersman.review.subject import Subject

_LEAVES = re.compile(r"\b(break|exit|return|exec|kill)\b")


def check(subject: Subject) -> Iterator[Finding]:
    for script in scripts(subject):
        if not script.item.is_awaited:
            continue
        for command in script.commands:
            if _endless(command) and not (command.in_background or "timeout" in command.wrappers or command.captured):
                yield script.finding(
                    f"`{command.name}` never ends here: the hook never completes, and the release fails at its timeout",
                    command.line,
                    hint="Let the hook end when its work is done; what should run on is a workload of its own.",
                )
        for node in _endless_loops(script.root):
            yield script.finding(
                "nothing leaves this loop: the hook never completes, and the release fails at its timeout",
                node.start_point[0],
                hint="Leave it (break, exit) when the work is done, and after a number of tries.",
            )


def _endless(command: Command) -> bool:
    words = command.words
    if command.piped_into:
        return False  # the reader may end it
    if command.name == "sleep":
        return any(word in ("infinity", "inf") for word in words)
    if command.name == "tail":
        return command.option("-f", "-F", "--follow") and "--pid" not in " ".join(words)
    if command.name in ("kubectl", "oc"):
        verb = next((word for word in words if not word.startswith("-")), "")
        return verb in ("port-forward", "proxy") or (verb == "get" and command.option("-w", "--watch", "--watch-only"))
    return command.name == "watch" and not command.option("-g", "--chgexit", "-e", "--errexit")


def _endless_loops(node: Any) -> Iterator[Any]:
    if node.type == "while_statement":
        condition = " ".join(text_of(each) for each in node.children_by_field_name("condition")).strip("; ")
        endless = condition in (("true", ":", "[ 1 ]") if node.children[0].type == "while" else ("false",))
        if endless and not in_background(node) and not _LEAVES.search(text_of(node)):
            yield node
            return
    for child in node.named_children:
        yield from _endless_loops(child)


RULE = Rule("script-never-ends", "script", Severity.ERROR, "a script ends when its work is done", check)
