"""An image name under which Docker Hub has no official image, though one expects it."""

from __future__ import annotations

from collections.abc import Iterator

from steersman.review.images import parse
from steersman.review.model import Finding, Rule, Severity
from steersman.review.subject import Subject

# Tools that have no official image of their own name, and who publishes one.
PUBLISHED = {
    "curl": "curlimages/curl",
    "kubectl": "registry.k8s.io/kubectl",
    "helm": "alpine/helm",
    "psql": "postgres",
    "redis-cli": "redis",
    "aws-cli": "amazon/aws-cli",
    "awscli": "amazon/aws-cli",
    "flyway": "flyway/flyway",
    "git": "alpine/git",
}


def check(subject: Subject) -> Iterator[Finding]:
    for hook in subject.running_hooks:
        for container in hook.containers:
            image = parse(container.image)
            name = image.repository.removeprefix("library/")
            if image.registry not in ("", "docker.io") or name not in PUBLISHED:
                continue
            yield hook.finding(
                f"there is no official image {name!r} on Docker Hub: the Pod cannot pull it",
                (*container.path, "image"),
                hint=f"Published is {PUBLISHED[name]}.",
            )


RULE = Rule("unlikely-image", "pod", Severity.ERROR, "a hook's image exists under its name", check)
