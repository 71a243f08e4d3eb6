"""A review: every rule that the configuration lets run, over one subject."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from steersman.review.configuration import Configuration
from steersman.review.model import Finding, Rule, Severity
from steersman.review.rules import all_rules
from steersman.review.subject import Item, Subject
from steersman.review.suppression import Suppression, suppressions

UNEXPLAINED = "suppression-without-reason"


@dataclass(frozen=True, slots=True)
class Review:
    """`findings` gravest first within each document; `suppressed` those that the chart's author has accepted, with the reason."""

    subject: Subject
    findings: tuple[Finding, ...]
    suppressed: tuple[tuple[Finding, str], ...]
    rules: tuple[Rule, ...]

    def worst(self) -> Severity | None:
        return min((finding.severity for finding in self.findings), key=lambda severity: severity.rank, default=None)


def review(subject: Subject, configuration: Configuration | None = None, rules: Iterable[Rule] | None = None) -> Review:
    """Run the rules. Pure: reads nothing but the subject."""
    configuration = configuration or Configuration()
    chosen = tuple(rule for rule in (all_rules() if rules is None else rules) if configuration.runs(rule))
    accepted = {item: suppressions(item) for item in subject.items}
    findings: list[Finding] = []
    suppressed: list[tuple[Finding, str]] = []
    for rule in chosen:
        seen = subject.with_options({**rule.options, **configuration.options.get(rule.id, {})})
        severity = configuration.severity.get(rule.id, rule.severity)
        for finding in rule.check(seen):
            named = replace(finding, rule=rule.id, severity=_weighed(finding, severity))
            reason = _accepted(named, accepted.get(named.item, []))
            if reason is None:
                findings.append(named)
            else:
                suppressed.append((named, reason))
    findings += [finding for item, found in accepted.items() for finding in _unexplained(item, found)]
    order = {item: number for number, item in enumerate(subject.items)}
    findings.sort(key=lambda f: (order.get(f.item, 0), f.severity.rank, f.line, f.rule))
    return Review(subject, tuple(findings), tuple(suppressed), chosen)


def _weighed(finding: Finding, severity: Severity) -> Severity:
    """The rule's severity, lowered to what the finding itself says of how grave it is."""
    most = Severity.INFO if finding.minor else Severity.WARNING if finding.doubtful else severity
    return max(severity, most, key=lambda each: each.rank)


def _accepted(finding: Finding, found: list[Suppression]) -> str | None:
    return next((s.reason for s in found if s.reason and s.covers(finding.rule, finding.line)), None)


def _unexplained(item: Item, found: list[Suppression]) -> Iterable[Finding]:
    for suppression in found:
        if not suppression.reason:
            yield Finding(
                f"the suppression of {suppression.rule} gives no reason, so it is not heard",
                item,
                suppression.line or 1,
                hint=f"Write `{suppression.rule}: why it is right here`.",
                rule=UNEXPLAINED,
                severity=Severity.WARNING,
            )
