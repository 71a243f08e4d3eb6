"""SARIF 2.1.0, as code-scanning services read it. Source: the OASIS standard of that name."""

from __future__ import annotations

import json
from typing import Any

from steersman.review.model import Finding, Severity
from steersman.review.runner import Review

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}


def render(review: Review) -> str:
    rules = [
        {
            "id": rule.id,
            "shortDescription": {"text": rule.summary},
            "defaultConfiguration": {"level": LEVELS[rule.severity]},
        }
        for rule in review.rules
    ]
    results = [_result(review, finding) for finding in review.findings]
    results += [
        {**_result(review, finding), "suppressions": [{"kind": "inSource", "justification": reason}]}
        for finding, reason in review.suppressed
    ]
    run = {"tool": {"driver": {"name": "steersman", "rules": rules}}, "results": results}
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, ensure_ascii=False, indent=2) + "\n"


def _result(review: Review, finding: Finding) -> dict[str, Any]:
    location: dict[str, Any] = {"artifactLocation": {"uri": review.subject.file(finding.item)}}
    if line := finding.item.source_line(finding.line):
        location["region"] = {"startLine": line}
    return {
        "ruleId": finding.rule,
        "level": LEVELS[finding.severity],
        "message": {"text": f"{finding.item.title}: {finding.message}" + (f" {finding.hint}" if finding.hint else "")},
        "locations": [{"physicalLocation": location}],
    }
