"""Findings for programs."""

from __future__ import annotations

import json
from typing import Any

from steersman.review.extras import not_looked_at
from steersman.review.model import Finding
from steersman.review.runner import Review


def render(review: Review) -> str:
    return json.dumps(data(review), ensure_ascii=False, indent=2) + "\n"


def data(review: Review) -> dict[str, Any]:
    return {
        "subject": review.subject.name,
        "findings": [_finding(finding) for finding in review.findings],
        "suppressed": [{**_finding(finding), "reason": reason} for finding, reason in review.suppressed],
        "notLookedAt": not_looked_at(),
        "rules": [rule.id for rule in review.rules],
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "rule": finding.rule,
        "severity": str(finding.severity),
        "message": finding.message,
        "hint": finding.hint,
        "path": finding.item.path,
        "line": finding.item.source_line(finding.line),
        "renderedLine": finding.line,
        "kind": finding.item.kind,
        "name": finding.item.name,
        "where": finding.where,
        "fixable": finding.fix is not None,
    }
