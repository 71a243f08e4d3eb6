"""A claim or namespace that is a hook is deleted before it is created again: its data goes with it."""

from __future__ import annotations

from collections.abc import Iterator

from steersman.manifest.hooks import DeletePolicy
from steersman.review.model import Finding, Rule, Severity
from steersman.review.subject import Subject

KINDS = ("PersistentVolumeClaim", "PersistentVolume", "Namespace")


def check(subject: Subject) -> Iterator[Finding]:
    for hook in subject.hooks:
        if hook.kind in KINDS and DeletePolicy.BEFORE_HOOK_CREATION in hook.delete_policies:
            events = ", ".join(hook.events)
            yield hook.finding(
                f"at {events} Helm deletes this {hook.kind} with all that it holds and makes an empty one",
                ("metadata", "annotations", "helm.sh/hook"),
                hint="Make it an ordinary resource with helm.sh/resource-policy: keep.",
            )


RULE = Rule("hook-recreates-data", "lifecycle", Severity.ERROR, "no hook deletes stored data by being run again", check)
