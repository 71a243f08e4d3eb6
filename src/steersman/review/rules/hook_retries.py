"""A hook Job that Kubernetes tries again in ways nobody chose."""

from __future__ import annotations

from collections.abc import Iterator

from steersman.review.model import Finding, Fix, Rule, Severity
from steersman.review.subject import Item, Subject


def check(subject: Subject) -> Iterator[Finding]:
    for hook in subject.hooks:
        if hook.kind != "Job" or not hook.containers:
            continue
        if hook.at(("spec", "backoffLimit")) is None and hook.at(("spec", "podFailurePolicy")) is None:
            yield hook.finding(
                "no backoffLimit: Kubernetes' default tries a failing hook seven times, over more than ten minutes",
                ("spec",),
                hint="Set backoffLimit: 0, or 1 where a second try is safe.",
            )
        yield from in_place(hook)


def in_place(hook: Item) -> Iterator[Finding]:
    if hook.pod_spec.get("restartPolicy") == "OnFailure":
        yield hook.finding(
            "restartPolicy OnFailure restarts the container in place, and at the end the Pod is deleted with its log",
            (*hook.pod_path, "restartPolicy"),
            hint="Use Never: each try keeps its own Pod and log.",
            fix=Fix("OnFailure", "Never"),
        )


RULE = Rule(
    "hook-retries",
    "pod",
    Severity.WARNING,
    "how often a hook is tried again is chosen, and each try keeps its log",
    check,
)
