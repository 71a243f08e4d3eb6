"""An unknown hook event, delete policy or log policy, or a weight that is no integer."""

from __future__ import annotations

from collections.abc import Iterator

from steersman.manifest.hooks import DeletePolicy, HookEvent
from steersman.review.model import Finding, Rule, Severity
from steersman.review.subject import Item, Subject

EVENT, WEIGHT = "helm.sh/hook", "helm.sh/hook-weight"
POLICIES = {
    "helm.sh/hook-delete-policy": tuple(DeletePolicy),
    "helm.sh/hook-output-log-policy": ("hook-succeeded", "hook-failed"),
}
# Helm 2 words: the first is another name of `test`, the second was replaced by the folder crds/.
EVENTS = (*HookEvent, "test-success", "crd-install")


def check(subject: Subject) -> Iterator[Finding]:
    for item in subject.items:
        annotations = item.annotations
        if EVENT not in annotations:
            continue
        for word in words(annotations[EVENT]):
            if word not in EVENTS:
                yield said(
                    item, EVENT, f"{word!r} is no hook event: Helm drops the whole manifest without a word", HookEvent
                )
        weight = annotations.get(WEIGHT)
        if weight is not None and not weight.strip().lstrip("+-").isdigit():
            yield said(item, WEIGHT, f"{weight!r} is no integer: Helm takes it for 0", ())
        for annotation, allowed in POLICIES.items():
            for word in words(annotations.get(annotation, "")):
                if word not in allowed:
                    yield said(item, annotation, f"{word!r} is no policy: Helm takes it and does nothing", allowed)


def words(text: str) -> list[str]:
    return [word.strip().lower() for word in text.split(",") if word.strip()]


def said(item: Item, annotation: str, message: str, allowed: object) -> Finding:
    names = ", ".join(str(word) for word in allowed) if isinstance(allowed, tuple | type(HookEvent)) and allowed else ""
    return item.finding(
        message, ("metadata", "annotations", annotation), hint=f"It is one of {names}." if names else ""
    )


RULE = Rule("hook-unknown-word", "lifecycle", Severity.ERROR, "hook annotations say only what Helm knows", check)
