"""A loop that nothing ends."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from steersman.review.model import Finding, Rule, Severity
from steersman.review.shell import scripts
from steersman.review.subject import Subject


def check(subject: Subject) -> Iterator[Finding]:
    for script in scripts(subject):
        if script.item.at(("spec", "activeDeadlineSeconds")) or script.item.pod_spec.get("activeDeadlineSeconds"):
            continue
        for node, line in _loops(script.root):
            text = node.text.decode("utf-8", "replace")
            if not any(word in text for word in ("break", "exit", "-ge", "-gt", "-lt", "-le", "((", "timeout")):
                yield script.item.finding(
                    f"this `{node.children[0].type}` loop ends only when what it waits for comes",
                    script.path,
                    offset=line,
                    hint="Bound it (`for try in $(seq 60)`), or set the Job's activeDeadlineSeconds.",
                )


def _loops(node: Any) -> Iterator[tuple[Any, int]]:
    if node.type == "while_statement":
        yield node, node.start_point[0]
    for child in node.named_children:
        yield from _loops(child)


RULE = Rule("unbounded-loop", "script", Severity.WARNING, "every loop has a bound", check)
