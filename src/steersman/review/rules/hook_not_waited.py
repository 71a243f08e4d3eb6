"""A hook of a kind that Helm does not wait for: it counts as done as soon as it is created."""

from __future__ import annotations

from collections.abc import Iterator

from steersman.review.model import Finding, Rule, Severity
from steersman.review.subject import Subject


def check(subject: Subject) -> Iterator[Finding]:
    for hook in subject.hooks:
        if hook.pod_path and not hook.is_awaited:
            yield hook.finding(
                f"Helm does not wait for a {hook.kind} that is a hook: the next hook starts at once, and a failure is not seen",
                ("kind",),
                hint="Use a Job; or, where it is meant as a service, let the hooks after it wait for it. "
                "Uninstall leaves it behind, as it leaves all hooks.",
            )


RULE = Rule("hook-not-waited", "lifecycle", Severity.WARNING, "a hook that does work is a Job or a Pod", check)
