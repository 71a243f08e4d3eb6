"""A loop that nothing ends."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from steersman.review.commands import text_of
from steersman.review.model import Finding, Rule, Severity
from steersman.review.shell import scripts
from steersman.review.subject import Subject

# A counter, a clock, a time limit, or a loop over what is read or given, which comes to an end.
BOUNDED = re.compile(r"\(\(|\blet\b|\bexpr\b|\bSECONDS\b|date \+|\btimeout\b|\bread\b|\bshift\b|\bgetopts\b")


def check(subject: Subject) -> Iterator[Finding]:
    for script in scripts(subject):
        if script.item.at(("spec", "activeDeadlineSeconds")) or script.item.pod_spec.get("activeDeadlineSeconds"):
            continue
        for node, line in _loops(script.root):
            if not BOUNDED.search(text_of(node)):
                yield script.finding(
                    f"this `{node.children[0].type}` loop ends only when what it waits for comes",
                    line,
                    hint="Bound it (`for try in $(seq 60)`), or set the Job's activeDeadlineSeconds.",
                )


def _loops(node: Any) -> Iterator[tuple[Any, int]]:
    if node.type == "while_statement":
        yield node, node.start_point[0]
    for child in node.named_children:
        yield from _loops(child)


RULE = Rule("unbounded-loop", "script", Severity.WARNING, "every loop has a bound", check)
