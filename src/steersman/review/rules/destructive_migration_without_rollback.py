"""A migration that loses or reshapes data, in a chart that does nothing when a release is rolled back."""

from __future__ import annotations

from collections.abc import Iterator

from steersman.manifest.hooks import HookEvent
from steersman.review.migrations import destroys
from steersman.review.model import Finding, Rule, Severity
from steersman.review.subject import Subject


def check(subject: Subject) -> Iterator[Finding]:
    if any(
        item.containers for event in (HookEvent.PRE_ROLLBACK, HookEvent.POST_ROLLBACK) for item in subject.event(event)
    ):
        return
    for hook in subject.running_hooks:
        if not {HookEvent.PRE_UPGRADE, HookEvent.POST_UPGRADE} & set(hook.events):
            continue
        if statement := destroys(subject, hook):
            yield hook.finding(
                f"{statement} on upgrade, and no rollback hook: after a rollback the old code meets the new schema",
                (*hook.pod_path, "containers"),
                hint="Add a pre-rollback hook that undoes or refuses it, or remove things one release after their last use.",
            )


RULE = Rule(
    "destructive-migration-without-rollback",
    "lifecycle",
    Severity.WARNING,
    "what an upgrade destroys a rollback knows how to deal with",
    check,
)
