"""A hook with one name for all releases of its chart: in one namespace they delete each other's."""

from __future__ import annotations

import re
from collections.abc import Iterator

from steersman.review.model import Finding, Rule, Severity
from steersman.review.subject import Item, Subject


def check(subject: Subject) -> Iterator[Finding]:
    if not subject.release:
        return
    # A chart whose own workloads have fixed names, too, is made to be installed once.
    by_release = {chart(item) for item in subject.resources if item.pod_path and subject.release in item.name}
    for hook in subject.hooks:
        if hook.is_awaited and not hook.namespace and chart(hook) in by_release and written_out(hook):
            yield hook.finding(
                f"every release of this chart calls it {hook.name}: of two in one namespace the one deletes the other's "
                f"{hook.kind} while it runs",
                ("metadata", "name"),
                hint="Put the release's name in front: {{ .Release.Name }}-…",
            )


def chart(item: Item) -> str:
    """The chart or subchart that a document comes from, as its path."""
    return item.path.partition("/templates/")[0]


def written_out(item: Item) -> bool:
    """Whether the name stands in the template as it is."""
    name = rf"^\s*(?:metadata:\s*\{{\s*)?name:\s*[\"']?{re.escape(item.name)}[\"']?\s*(?:#.*)?(?:[,}}].*)?$"
    return item.template is not None and re.search(name, item.template, re.MULTILINE) is not None


RULE = Rule(
    "name-shared-by-releases",
    "lifecycle",
    Severity.INFO,
    "hooks of two releases do not get into each other's way",
    check,
)
