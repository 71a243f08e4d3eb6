"""A field that the kind does not have where it stands, or a value of another type: the API server refuses it.

A misplaced field (the Pod's `volumes` in the Job's spec) is the most usual one: the place where it belongs is told.
"""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

from steersman.review import schema
from steersman.review.model import Finding, Rule, Severity
from steersman.review.subject import Item, Subject, dotted


def check(subject: Subject) -> Iterator[Finding]:
    for item in subject.items:
        for problem in schema.problems(item.object):
            if problem.field:
                message = f"{item.kind} has no field {dotted(problem.path)}"
                yield item.finding(message, problem.path, hint=place(item, problem))
            else:
                yield item.finding(f"{dotted(problem.path)} {problem.message}", problem.path, hint=plain(problem))


def place(item: Item, problem: schema.Problem) -> str:
    """Where the field belongs, or which one is meant."""
    homes = schema.homes(item.api_version, item.kind, problem.field)
    if homes:
        parent = tuple(0 if isinstance(step, int) else step for step in problem.path[:-1])
        # The home that is meant lies along the same way down, or up.
        home = min(homes, key=lambda home: (-shared(home, parent), len(home)))
        same = shared(home, parent)
        return f"It belongs into {dotted((*problem.path[:same], *home[same:-1]))}."
    near = get_close_matches(problem.field, schema.fields(item.api_version, item.kind, problem.path[:-1]), 1)
    return f"Is {near[0]} meant?" if near else ""


def shared(one: tuple[object, ...], other: tuple[object, ...]) -> int:
    """How many steps two paths have in common."""
    count = 0
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        count += 1
    return count


def plain(problem: schema.Problem) -> str:
    if problem.message.endswith("not an object") and "string" in problem.message:
        return "A colon and a blank in plain text make YAML read an object: quote it, or use a block (|)."
    return "Quote it." if problem.message.startswith("must be a string, not") else ""


RULE = Rule("unknown-field", "lifecycle", Severity.ERROR, "every field stands where Kubernetes' schema knows it", check)
