"""A hook without a deadline, or with one beyond the release's timeout, goes on after Helm has given up."""

from __future__ import annotations

from collections.abc import Iterator

from steersman.review.model import Finding, Rule, Severity
from steersman.review.subject import Item, Subject

FIELD = "activeDeadlineSeconds"
HANGS = {
    False: "a hanging hook holds the release until its timeout and then goes on running",
    True: "a test that hangs goes on running after Helm has given it up",
}


def check(subject: Subject) -> Iterator[Finding]:
    for hook in subject.hooks:
        if not hook.is_awaited or not hook.containers:
            continue
        found = deadline(hook)
        place = ("spec", FIELD)
        if found is None:
            yield hook.finding(
                f"no activeDeadlineSeconds: {HANGS[hook.is_test]}",
                ("spec",),
                hint=f"Set it on the {hook.kind}, below the release's --timeout ({subject.timeout:.0f} s).",
                minor=hook.is_test,
            )
        elif found > subject.timeout:
            yield hook.finding(
                f"the deadline of {found} s is longer than the release's --timeout of {subject.timeout:.0f} s: "
                "Helm gives up first, and the hook goes on running",
                place if hook.at(place) is not None else (*hook.pod_path, FIELD),
                hint="Shorten it, or review with the --timeout that the release really has.",
            )


def deadline(hook: Item) -> int | None:
    """In seconds: the Job's, else that of each Pod."""
    for value in (hook.at(("spec", FIELD)), hook.pod_spec.get(FIELD)):
        if isinstance(value, int):
            return value
    return None


RULE = Rule("hook-deadline", "pod", Severity.WARNING, "a hook ends before the release's timeout does", check)
