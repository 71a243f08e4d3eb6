"""The application becomes ready only after a post-install hook, which with `--wait` runs only once the application is ready."""

from __future__ import annotations

from collections.abc import Iterator

from steersman.manifest.hooks import EVENT_ANNOTATION, HookEvent
from steersman.review.images import parse
from steersman.review.migrations import migrates
from steersman.review.model import Finding, Rule, Severity
from steersman.review.references import references
from steersman.review.subject import Item, Subject

HINT = (
    "Let it run at pre-install (with what it needs as hooks of lower weight), or never install with --wait or --atomic."
)


def check(subject: Subject) -> Iterator[Finding]:
    early = subject.event(HookEvent.PRE_INSTALL)
    for hook in subject.event(HookEvent.POST_INSTALL):
        if HookEvent.PRE_INSTALL in hook.events:
            continue
        reason = next(filter(None, (waits(item, hook) for item in subject.resources)), "")
        if not reason and migrates(subject, hook) and not any(migrates(subject, item) for item in early):
            reason = next(filter(None, (shares_program(item, hook) for item in subject.resources)), "")
        if reason:
            yield hook.finding(
                f"{reason}: with --wait Helm waits for that before it runs this hook, and both wait until the timeout",
                ("metadata", "annotations", EVENT_ANNOTATION),
                hint=HINT,
            )


def waits(item: Item, hook: Item) -> str:
    """Certain: a workload cannot start without the hook's object, or waits for it by name."""
    for reference in references(item):
        if (reference.kind, reference.name) == (hook.kind, hook.name) and not reference.optional:
            return f"{item.title} cannot start without {hook.title}"
    for container in item.containers:
        if container.init and hook.is_awaited and hook.name in container.text:
            return f"{item.title} waits for {hook.title} in its init container {container.name}"
    return ""


def shares_program(item: Item, hook: Item) -> str:
    """Near certain: a workload with a readiness probe runs the program whose schema the hook makes."""
    own = {parse(container.image).repository for container in hook.containers}
    for container in item.containers:
        if container.spec.get("readinessProbe") and parse(container.image).repository in own:
            return f"{item.title} is asked for readiness and runs the program whose schema this hook makes"
    return ""


RULE = Rule(
    "readiness-waits-for-post-install",
    "lifecycle",
    Severity.WARNING,
    "nothing becomes ready only through a hook that waits for it",
    check,
)
