"""A delete policy without before-hook-creation leaves an old Job in the way of the next run.

Helm creates hooks by server-side apply: over an identical, finished Job that does nothing, and Helm reads the old result –
a success without anything having run, or a failure without a new try.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from steersman.manifest.hooks import DELETE_ANNOTATION, DeletePolicy
from steersman.review.model import Finding, Fix, Rule, Severity
from steersman.review.subject import Item, Subject

# Names that are new with every run cannot collide.
_CHANGING = re.compile(r"^\s*name:.*(Release\.Revision|randAlpha|randNumeric|uuidv4|\bnow\b)", re.MULTILINE)
BEFORE, SUCCEEDED, FAILED = DeletePolicy.BEFORE_HOOK_CREATION, DeletePolicy.HOOK_SUCCEEDED, DeletePolicy.HOOK_FAILED


def check(subject: Subject) -> Iterator[Finding]:
    for hook in subject.hooks:
        policies = hook.delete_policies
        if not hook.is_awaited or BEFORE in policies or {SUCCEEDED, FAILED} <= set(policies):
            continue
        if hook.template and _CHANGING.search(hook.template):
            continue
        yield hook.finding(
            message(policies),
            ("metadata", "annotations", DELETE_ANNOTATION),
            hint="Add before-hook-creation to the policies.",
            fix=fix(hook),
        )


def message(policies: tuple[str, ...]) -> str:
    if SUCCEEDED in policies:
        return "what failed stays: the next run finds the failed object and fails at once, without a new try"
    if FAILED in policies:
        return "what succeeded stays: the next run does not run, Helm reads the old success"
    return "the object stays: the next run does not run, Helm reads the old result"


def fix(hook: Item) -> Fix | None:
    """The annotation as it stands, with one more word."""
    value = hook.annotations[DELETE_ANNOTATION]
    return (
        Fix(value, f"{BEFORE},{value}")
        if re.fullmatch(r"[a-z, -]+", value) and set(hook.delete_policies) <= set(DeletePolicy)
        else None
    )


RULE = Rule(
    "delete-policy-old-result",
    "lifecycle",
    Severity.ERROR,
    "no hook finds its old Job in its way and reads its result",
    check,
)
