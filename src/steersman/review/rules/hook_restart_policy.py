"""A Pod that is started again and again never finishes, and a Job whose Pods would be is refused."""

from __future__ import annotations

from collections.abc import Iterator

from steersman.review.model import Finding, Rule, Severity
from steersman.review.subject import Item, Subject

FIELD = "restartPolicy"
ALLOWED = ("Never", "OnFailure")


def check(subject: Subject) -> Iterator[Finding]:
    for hook in subject.hooks:
        if hook.is_awaited and hook.containers and (message := wrong(hook)):
            yield hook.finding(message, (*hook.pod_path, FIELD), hint="Set restartPolicy: Never.")


def wrong(hook: Item) -> str:
    policy = hook.pod_spec.get(FIELD)
    if policy in ALLOWED:
        return ""
    said = f"restartPolicy {policy}" if policy else "no restartPolicy, which means Always"
    if hook.kind == "Job":
        return f"{said}: Kubernetes refuses such a Job"
    return f"{said}: the Pod is started again when it ends, and Helm waits for its end until the timeout"


RULE = Rule("hook-restart-policy", "pod", Severity.ERROR, "a hook's Pod ends when its work is done", check)
