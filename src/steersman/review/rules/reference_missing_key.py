"""A hook reads a key that the chart's own Secret or ConfigMap does not hold: its Pod never starts."""

from __future__ import annotations

from collections.abc import Iterator

from steersman.review.model import Finding, Rule, Severity
from steersman.review.references import references
from steersman.review.subject import Item, Subject

FIELDS = {"Secret": ("data", "stringData"), "ConfigMap": ("data", "binaryData")}


def check(subject: Subject) -> Iterator[Finding]:
    for hook in subject.hooks:
        for reference in references(hook):
            makers = list(subject.named(reference.kind, reference.name)) if reference.key else []
            held = [keys(item) for item in makers]
            # An object without any keys is filled by somebody else.
            if not held or reference.optional or any(not found or reference.key in found for found in held):
                continue
            yield hook.finding(
                f"{reference.title} has no key {reference.key!r}",
                reference.path,
                hint=f"It holds {', '.join(sorted(held[0]))}.",
            )


def keys(item: Item) -> set[str]:
    return {key for field in FIELDS[item.kind] if isinstance(values := item.object.get(field), dict) for key in values}


RULE = Rule(
    "reference-missing-key", "lifecycle", Severity.ERROR, "keys that a hook reads are in the chart's objects", check
)
