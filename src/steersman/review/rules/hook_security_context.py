"""A hook without any security context: refused in namespaces with the Pod security level `restricted`."""

from __future__ import annotations

from collections.abc import Iterator

from steersman.review.model import Finding, Rule, Severity
from steersman.review.shapes import Json, as_object
from steersman.review.subject import Container, Subject


def check(subject: Subject) -> Iterator[Finding]:
    for hook in subject.running_hooks:
        around = as_object(hook.pod_spec.get("securityContext"))
        open_ones = [container for container in hook.containers if not confined(container, around)]
        if open_ones:
            names = ", ".join(container.name for container in open_ones)
            yield hook.finding(
                f"{names}: may run as root and gain privileges; refused at the Pod security level `restricted`",
                open_ones[0].path,
                hint="Set in its securityContext allowPrivilegeEscalation: false and capabilities: {drop: [ALL]}; "
                "runAsNonRoot: true where the image can.",
            )


def confined(container: Container, around: Json) -> bool:
    """Whether at least one of the two is ruled out: being root, or becoming it."""
    merged = {**around, **as_object(container.spec.get("securityContext"))}
    user = merged.get("runAsUser")
    return (
        merged.get("allowPrivilegeEscalation") is False
        or merged.get("runAsNonRoot") is True
        or (isinstance(user, int) and user > 0)
    )


RULE = Rule("hook-security-context", "pod", Severity.INFO, "a hook cannot become root without need", check)
