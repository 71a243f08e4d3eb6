"""Commands that hand another one on: `xargs kubectl delete`, `kubectl exec db-0 -- psql …`, `su postgres -c …`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace

from steersman.review.commands import Command, commands_of
from steersman.review.wrappers import inner_at

SHELLS = ("sh", "bash", "ash", "dash", "zsh", "ksh")
_XARGS_VALUES = (
    "-n",
    "-I",
    "-P",
    "-L",
    "-d",
    "-a",
    "-s",
    "-E",
    "--max-args",
    "--max-procs",
    "--delimiter",
    "--arg-file",
)


def carried(command: Command, *, depth: int = 3) -> Iterator[Command]:
    """What a command makes run elsewhere, as commands of their own on its line."""
    if depth and command.name in (*SHELLS, "su", "runuser", "eval"):
        text = _given_text(command)
        if text:
            from steersman.review.shell import parser

            for inner in commands_of(parser().parse(text.encode()).root_node):
                placed = replace(inner, line=command.line + inner.line)
                yield placed
                yield from carried(placed, depth=depth - 1)
        return
    words = _handed_on(command)
    if depth and words:
        words = words[inner_at(words) :]
        inner = replace(command, name=os.path.basename(words[0]), path=words[0], words=tuple(words[1:]))
        yield inner
        yield from carried(inner, depth=depth - 1)


def _given_text(command: Command) -> str:
    if command.name == "eval":
        return " ".join(command.words)
    for position, word in enumerate(command.words):
        is_flag = word.startswith("-") and not word.startswith("--") and "c" in word[1:]
        if (is_flag or word == "--command") and position + 1 < len(command.words):
            return command.words[position + 1]
    return ""


def _handed_on(command: Command) -> list[str]:
    words = list(command.words)
    if command.name == "xargs":
        at = 0
        while at < len(words) and words[at].startswith("-"):
            at += 2 if words[at] in _XARGS_VALUES else 1
        return words[at:]
    if command.name in ("kubectl", "oc", "docker") and "exec" in words and "--" in words:
        return words[words.index("--") + 1 :]
    return []
