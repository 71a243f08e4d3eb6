"""Findings that the chart's author has accepted, each with a reason.

Two ways: the annotation `steersman.dev/review-ignore: "rule-id: reason; other-rule: reason"` on the object, or a comment
`# steersman:ignore rule-id: reason` in the document or inside a script, which counts for its own line, the next one, and,
above the document's first key, for the whole document.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from steersman.review.subject import Item

ANNOTATION = "steersman.dev/review-ignore"
_COMMENT = re.compile(r"#\s*steersman:ignore\s+(?P<rule>[a-z0-9-]+)\s*(?::\s*(?P<reason>.*\S))?\s*$")


@dataclass(frozen=True, slots=True)
class Suppression:
    """`line` None: the whole document. `reason` "" is itself a finding."""

    rule: str
    reason: str
    line: int | None = None

    def covers(self, rule: str, line: int) -> bool:
        return self.rule == rule and (self.line is None or line in (self.line, self.line + 1))


def suppressions(item: Item) -> list[Suppression]:
    """All suppressions that an object carries."""
    found = []
    for entry in filter(None, map(str.strip, item.annotations.get(ANNOTATION, "").split(";"))):
        rule, _, reason = entry.partition(":")
        found.append(Suppression(rule.strip(), reason.strip()))
    lines = item.text.splitlines()
    body = next(
        (number for number, line in enumerate(lines, 1) if line.strip() and not line.lstrip().startswith("#")), 1
    )
    for number, line in enumerate(lines, 1):
        if match := _COMMENT.search(line):
            found.append(Suppression(match["rule"], match["reason"] or "", None if number < body else number))
    return found
