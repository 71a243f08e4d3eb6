"""`hook-failed` deletes the Job of a failed hook, and with it the only log that says why it failed."""

from __future__ import annotations

from collections.abc import Iterator

from steersman.manifest.hooks import DELETE_ANNOTATION, DeletePolicy
from steersman.review.model import Finding, Fix, Rule, Severity
from steersman.review.subject import Item, Subject

FAILED = str(DeletePolicy.HOOK_FAILED)


def check(subject: Subject) -> Iterator[Finding]:
    for hook in subject.hooks:
        if not hook.is_awaited or hook.hook is None or FAILED not in hook.delete_policies:
            continue
        if FAILED in hook.hook.output_log_policies:
            continue
        yield hook.finding(
            "hook-failed deletes a failed Job before anybody has read its log",
            ("metadata", "annotations", DELETE_ANNOTATION),
            hint="Leave hook-failed out, or print the log: helm.sh/hook-output-log-policy: hook-failed.",
            fix=fix(hook),
        )


def fix(hook: Item) -> Fix | None:
    value = hook.annotations[DELETE_ANNOTATION]
    kept = [word.strip() for word in value.split(",") if word.strip().lower() != FAILED]
    return Fix(value, ",".join(kept)) if DeletePolicy.BEFORE_HOOK_CREATION in kept else None


RULE = Rule(
    "delete-policy-destroys-evidence",
    "lifecycle",
    Severity.WARNING,
    "a failed hook's Job and log stay to be read",
    check,
)
