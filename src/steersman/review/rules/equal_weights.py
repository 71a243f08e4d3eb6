"""Hooks that depend on each other and have equal weights: their names decide which runs first."""

from __future__ import annotations

import re
from collections.abc import Iterator

from steersman.manifest.hooks import WEIGHT_ANNOTATION, HookEvent
from steersman.review.migrations import migrates
from steersman.review.model import Finding, Rule, Severity
from steersman.review.references import references
from steersman.review.shapes import entries
from steersman.review.subject import Item, Subject

_PLACE = re.compile(r"host|url|uri|dsn|database|endpoint|server|addr", re.IGNORECASE)


def check(subject: Subject) -> Iterator[Finding]:
    told: set[Item] = set()
    for event in HookEvent:
        order = subject.event(event)
        for position, hook in enumerate(order):
            if not hook.is_awaited or hook in told:
                continue
            for other in order[:position]:
                if (
                    other.weight == hook.weight
                    and not certain(other, hook)
                    and (link := dependence(subject, event, other, hook))
                ):
                    told.add(hook)
                    yield hook.finding(
                        f"runs after {other.title} at {event} only because of its name: "
                        f"both have weight {hook.weight}, and {link}",
                        ("metadata", "annotations", WEIGHT_ANNOTATION),
                        hint="Give them different weights, with gaps: -10, 0, 10.",
                    )
                    break


def certain(first: Item, second: Item) -> bool:
    """Whether no name of the release can change the order: of one name the kinds decide, and `x` comes before `x-create`."""
    return not first.is_awaited and second.name.startswith(first.name)


def dependence(subject: Subject, event: HookEvent, first: Item, second: Item) -> str:
    """Why the order of two hooks matters; "" where nothing says so."""
    if any((found.kind, found.name) == (first.kind, first.name) for found in references(second)):
        return f"it needs {first.title}"
    if event is HookEvent.TEST or not first.is_awaited:
        return ""  # tests are independent of each other
    claims = {found.name for found in references(first) if found.kind == "PersistentVolumeClaim"}
    for found in references(second):
        if found.kind == "PersistentVolumeClaim" and found.name in claims:
            return f"both use {found.title}"
    if (migrates(subject, first) or migrates(subject, second)) and (place := places(first) & places(second)):
        return f"both work on {sorted(place)[0]}"
    return ""


def places(item: Item) -> set[str]:
    """The hosts, databases and addresses that the containers are given."""
    return {
        str(entry["value"])
        for container in item.containers
        for _, entry in entries(container.spec.get("env"))
        if entry.get("value") and _PLACE.search(str(entry.get("name")))
    }


RULE = Rule(
    "equal-weights", "lifecycle", Severity.WARNING, "hooks that depend on each other have different weights", check
)
