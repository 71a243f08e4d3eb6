"""A wait that is longer than the hook may live: the hook is ended from outside, and nothing says what it waited for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from steersman.review.commands import Command, text_of
from steersman.review.model import Finding, Rule, Severity
from steersman.review.rules.hook_deadline import deadline
from steersman.review.shell import Script, scripts
from steersman.review.subject import Subject

_UNITS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_PART = re.compile(r"(\d+(?:\.\d+)?)(h|m|s|d|)")
_TRIES = re.compile(r"\$\(\s*seq\s+(?:1\s+)?(\d+)\s*\)|\{1\.\.(\d+)\}|`seq\s+(?:1\s+)?(\d+)`")


def check(subject: Subject) -> Iterator[Finding]:
    for script in scripts(subject):
        if not script.item.is_awaited:
            continue
        own = deadline(script.item)
        limit = min(float(own), subject.timeout) if own is not None else subject.timeout
        by_hook = own is not None and own <= subject.timeout
        whose = f"the hook's deadline of {own} s" if by_hook else f"the release's --timeout of {subject.timeout:.0f} s"
        for line, seconds, what in _waits(script):
            if seconds > limit:
                yield script.finding(
                    f"{what} lasts up to {seconds:.0f} s, and {whose} comes first: the hook is given up "
                    "without a word of what it waited for",
                    line,
                    hint="Wait for less than the deadline, and say at the end what did not come.",
                    minor=script.item.is_test,
                )
                break


def _waits(script: Script) -> Iterator[tuple[int, float, str]]:
    for command in script.commands:
        if command.in_background:
            continue
        if found := _limit(command):
            yield command.line, found, f"`{command.name}`"
    yield from ((node.start_point[0], seconds, "this loop") for node, seconds in _loops(script.root))


def _limit(command: Command) -> float:
    """How long a command may wait, by what it is told; 0 where it is not told."""
    words = command.words
    if "timeout" in command.wrappers:
        return 0.0
    if command.name == "sleep" and words:
        return seconds(words[0])
    if command.name in ("kubectl", "oc") and any(verb in words for verb in ("wait", "rollout")):
        return seconds(_value(words, "--timeout"))
    if command.name == "curl":
        return seconds(_value(words, "--max-time") or _value(words, "-m"))
    if command.name in ("wait-for-it", "wait-for-it.sh"):
        return seconds(_value(words, "-t") or _value(words, "--timeout"))
    return 0.0


def _value(words: tuple[str, ...], option: str) -> str:
    for position, word in enumerate(words):
        if word.startswith(f"{option}="):
            return word.partition("=")[2]
        if word == option and position + 1 < len(words):
            return words[position + 1]
    return ""


def seconds(text: str) -> float:
    """`90`, `2m`, `1m30s` in seconds; 0 for what is no time."""
    text = text.strip("'\"")
    if not text or _PART.sub("", text):
        return 0.0
    return sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(text))


def _loops(node: Any) -> Iterator[tuple[Any, float]]:
    """The loops over a number of tries with a pause in each, and how long all pauses last."""
    if node.type == "for_statement":
        body = node.child_by_field_name("body")
        head = text_of(node)[: body.start_byte - node.start_byte] if body is not None else ""
        tries = _TRIES.search(head)
        pauses = re.findall(r"(?:^|[;\s])sleep\s+(\d+)\b", text_of(body)) if body is not None else []
        if tries and len(pauses) == 1:
            yield node, float(next(filter(None, tries.groups()))) * float(pauses[0])
            return
    for child in node.named_children:
        yield from _loops(child)


RULE = Rule("wait-outlasts-hook", "script", Severity.WARNING, "a wait ends before the hook's time does", check)
