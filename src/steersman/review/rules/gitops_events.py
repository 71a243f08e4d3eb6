"""Hooks that Argo CD or Flux run at other times than Helm does, or never."""

from __future__ import annotations

from collections.abc import Iterator

from steersman.manifest.hooks import EVENT_ANNOTATION, HookEvent
from steersman.review.model import Finding, Rule, Severity
from steersman.review.subject import Item, Subject

# Argo CD maps install and upgrade hooks alike to its PreSync and PostSync, and has nothing for these.
NEVER = (HookEvent.PRE_ROLLBACK, HookEvent.POST_ROLLBACK)
PAIRS = {
    HookEvent.PRE_INSTALL: HookEvent.PRE_UPGRADE,
    HookEvent.POST_INSTALL: HookEvent.POST_UPGRADE,
}


def check(subject: Subject) -> Iterator[Finding]:
    for hook in subject.running_hooks:
        if message := difference(hook):
            yield hook.finding(message, ("metadata", "annotations", EVENT_ANNOTATION))


def difference(hook: Item) -> str:
    if hook.events and all(event in NEVER for event in hook.events):
        return f"Argo CD never runs {' and '.join(hook.events)} hooks; Flux does, on its own remediation only"
    for first, second in PAIRS.items():
        if (first in hook.events) != (second in hook.events):
            only = first if first in hook.events else second
            return f"Argo CD runs this {only} hook at every sync, install or upgrade: it must bear being run again and again"
    return ""


RULE = Rule(
    "gitops-events", "lifecycle", Severity.INFO, "hooks run under Argo CD and Flux when they run under Helm", check
)
