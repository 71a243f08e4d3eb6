"""A name that is too long for what Kubernetes makes of it: the API server refuses the object."""

from __future__ import annotations

from collections.abc import Iterator

from steersman.review.model import Finding, Rule, Severity
from steersman.review.subject import Subject

# A Job's name becomes the label of its Pods; a CronJob's that of its Jobs, which get eleven characters more.
LIMITS = {"Job": 63, "CronJob": 52}


def check(subject: Subject) -> Iterator[Finding]:
    for item in subject.items:
        limit = LIMITS.get(item.kind)
        if limit is not None and len(item.name) > limit:
            yield item.finding(
                f"the name of a {item.kind} has at most {limit} characters, and this one has {len(item.name)}",
                ("metadata", "name"),
                hint='Shorten it: trunc 63 | trimSuffix "-", or a shorter suffix.',
            )


RULE = Rule("name-too-long", "lifecycle", Severity.ERROR, "every name is as short as Kubernetes needs it", check)
