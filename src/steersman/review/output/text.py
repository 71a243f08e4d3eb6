"""Findings for people: each with the lines it is about."""

from __future__ import annotations

import re
from collections import Counter
from itertools import groupby

from steersman.review.extras import not_looked_at
from steersman.review.model import Finding, Severity
from steersman.review.runner import Review
from steersman.review.subject import Item

CONTEXT = 1
_KEY = re.compile(r"""\s*(?:- )*(["']?[\w./-]+["']?):(?=\s|$)""")
_WORD = re.compile(r"\s*(\S+)")


def render(review: Review) -> str:
    parts = []
    for item, found in groupby(review.findings, key=lambda finding: finding.item):
        parts += [_heading(item), *(_finding(finding) for finding in found)]
    left_out = [f"not looked at: {what} (pip install 'steersman[review]')" for what in not_looked_at()]
    return "\n".join([*parts, *left_out, _summary(review)]) + "\n"


def _heading(item: Item) -> str:
    """Whose findings come now, and when it runs."""
    if item.hook is None:
        return f"{item.title}\n"
    return f"{item.title}: {', '.join(item.events)} hook, weight {item.weight}\n"


def _finding(finding: Finding) -> str:
    line = finding.item.source_line(finding.line)
    place = f"{finding.item.path}:{line}" if line else f"{finding.item.path} (rendered line {finding.line})"
    text = f"{finding.severity}[{finding.rule}]: {finding.message}\n  --> {place}, {finding.item.title}"
    if finding.where:
        text += f" at {finding.where}"
    text += "\n" + excerpt(finding)
    if finding.hint:
        text += f"  = {finding.hint}\n"
    return text


def excerpt(finding: Finding) -> str:
    """The line that a finding is about with its neighbours, numbered as in the template where that is certain."""
    line = finding.item.source_line(finding.line)
    template = finding.item.template
    lines, at = (template.splitlines(), line) if line and template else (finding.item.text.splitlines(), finding.line)
    first, last = max(at - CONTEXT, 1), min(at + CONTEXT, len(lines))
    shown = ""
    for number in range(first, last + 1):
        shown += f"{number:5} {'>' if number == at else '|'} {lines[number - 1]}\n"
        if number == at and lines[number - 1].strip():
            start, end = _marked(lines[number - 1])
            shown += f"{'':5} | {' ' * start}{'^' * (end - start)}\n"
    return shown


def _marked(line: str) -> tuple[int, int]:
    """What of a line to point at: its key, where it has one; else its first word."""
    found = _KEY.match(line) or _WORD.match(line)
    return found.span(1) if found else (0, 0)


def _summary(review: Review) -> str:
    counts = Counter(finding.severity for finding in review.findings)
    if not review.findings:
        told = "no findings"
    else:
        told = ", ".join(
            f"{counts[severity]} {severity}{'s' * (counts[severity] != 1)}" for severity in Severity if counts[severity]
        )
    hooks = len(review.subject.hooks)
    accepted = f"; {len(review.suppressed)} accepted with a reason" if review.suppressed else ""
    return (
        f"{review.subject.name}: {told} in {hooks} hooks and {len(review.subject.resources)} other resources{accepted}"
    )
