"""Two documents of one kind and name in the same moment: one deletes or overwrites the other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from steersman.review.model import Finding, Rule, Severity
from steersman.review.subject import Item, Subject


def check(subject: Subject) -> Iterator[Finding]:
    groups: dict[tuple[str, str, str, str], list[Item]] = defaultdict(list)
    for item in subject.items:
        if item.name and not item.is_dropped:
            group = item.api_version.rpartition("/")[0]
            groups[group, item.kind, item.namespace, item.name].append(item)
    for items in groups.values():
        for position, item in enumerate(items):
            for other in items[:position]:
                if message := clash(item, other):
                    yield item.finding(message, ("metadata", "name"), hint="Give each a name of its own.")
                    break


def clash(item: Item, other: Item) -> str:
    if {item.only_at, other.only_at} == {"install", "upgrade"}:
        return ""  # never both at once
    if item.hook is None and other.hook is None:
        return f"{other.path} has another {item.title}: the last one wins"
    if item.hook is None or other.hook is None:
        hook = item if item.hook else other
        return f"{item.title} is both a hook ({', '.join(hook.events)}) and a resource of the release: each replaces the other"
    shared = [event for event in item.events if event in other.events]
    return (
        f"{other.path} has another {item.title} at {', '.join(shared)}: the second deletes the first" if shared else ""
    )


RULE = Rule("name-collision", "lifecycle", Severity.ERROR, "every document has a name of its own", check)
