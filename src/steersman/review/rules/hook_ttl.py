"""`ttlSecondsAfterFinished` lets a hook's Job vanish while Helm is still waiting for its result."""

from __future__ import annotations

from collections.abc import Iterator

from steersman.review.model import Finding, Fix, Rule, Severity
from steersman.review.subject import Subject

FIELD = "ttlSecondsAfterFinished"


def check(subject: Subject) -> Iterator[Finding]:
    for hook in subject.hooks:
        ttl = hook.at(("spec", FIELD)) if hook.kind == "Job" else None
        if isinstance(ttl, int) and ttl < subject.options["harmless_from"]:
            yield hook.finding(
                f"the Job deletes itself {ttl} s after its end: Helm may miss the result and wait until the timeout",
                ("spec", FIELD),
                hint="Leave cleaning up to helm.sh/hook-delete-policy.",
                fix=Fix(f"{FIELD}: {ttl}", ""),
            )


RULE = Rule(
    "hook-ttl",
    "lifecycle",
    Severity.WARNING,
    "no hook Job deletes itself while Helm waits for it",
    check,
    {"harmless_from": 300},
)
