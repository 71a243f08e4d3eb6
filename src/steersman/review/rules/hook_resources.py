"""A hook without resource requests is the first to be evicted, and refused where a quota asks for them."""

from __future__ import annotations

from collections.abc import Iterator

from steersman.review.model import Finding, Rule, Severity
from steersman.review.subject import Container, Subject


def check(subject: Subject) -> Iterator[Finding]:
    for hook in subject.running_hooks:
        bare = [container for container in hook.containers if not wants(container)]
        if bare and not hook.pod_spec.get("resources"):
            names = ", ".join(container.name for container in bare)
            yield hook.finding(
                f"no resource requests or limits for {names}: the first to be evicted, and refused under a quota",
                bare[0].path,
                hint="Set requests for cpu and memory, and a limit for memory.",
            )


def wants(container: Container) -> bool:
    resources = container.spec.get("resources")
    return isinstance(resources, dict) and bool(resources.get("requests") or resources.get("limits"))


RULE = Rule("hook-resources", "pod", Severity.INFO, "a hook says what it needs of cpu and memory", check)
