"""A hook's Pod needs an object of the chart that is not there yet, or no longer, when the hook runs.

The Pod then stays in ContainerCreating (or is never made, for a ServiceAccount) and Helm waits for it until the timeout.
"""

from __future__ import annotations

from collections.abc import Iterator

from steersman.review.lines import Path
from steersman.review.model import Finding, Rule, Severity
from steersman.review.references import references
from steersman.review.shapes import as_text, entries
from steersman.review.subject import Item, Subject
from steersman.review.timeline import Moment, moments

HINT = "Make it a hook of the same event with a lower weight, or let the hook run at a later event."
BINDINGS = ("RoleBinding", "ClusterRoleBinding")


def check(subject: Subject) -> Iterator[Finding]:
    for hook in subject.hooks:
        if not hook.is_awaited:
            continue
        told: set[tuple[str, str]] = set()
        for moment in moments(subject, hook):
            for kind, name, path, optional in needs(hook):
                makers = list(subject.named(kind, name))
                if not makers or optional or (kind, name) in told or any(item in moment.present for item in makers):
                    continue
                told.add((kind, name))
                yield hook.finding(f"{kind}/{name} {moment.why_absent(makers[0])}", path, hint=HINT)
            yield from bindings(subject, moment, told)


def needs(hook: Item) -> Iterator[tuple[str, str, Path, bool]]:
    for reference in references(hook):
        yield reference.kind, reference.name, reference.path, reference.optional
    if hook.namespace:
        yield "Namespace", hook.namespace, ("metadata", "namespace"), False


def bindings(subject: Subject, moment: Moment, told: set[tuple[str, str]]) -> Iterator[Finding]:
    """The ServiceAccount is there, but what gives it its rights is not."""
    hook = moment.hook
    field = "serviceAccountName" if hook.pod_spec.get("serviceAccountName") else "serviceAccount"
    account = as_text(hook.pod_spec.get(field))
    if not account or ("ServiceAccount", account) in told:
        return
    granting = [item for item in subject.items if item.kind in BINDINGS and grants(item, account)]
    if not granting or any(item in moment.present for item in granting):
        return
    binding = granting[0]
    if (binding.kind, binding.name) not in told:
        told.add((binding.kind, binding.name))
        yield hook.finding(
            f"{binding.title}, which gives ServiceAccount/{account} its rights, {moment.why_absent(binding)}",
            (*hook.pod_path, field),
            hint=HINT,
        )


def grants(binding: Item, account: str) -> bool:
    return any(
        entry.get("kind") == "ServiceAccount" and entry.get("name") == account
        for _, entry in entries(binding.object.get("subjects"))
    )


RULE = Rule(
    "hook-later-reference",
    "lifecycle",
    Severity.ERROR,
    "what a hook needs of the chart is there when it runs",
    check,
)
