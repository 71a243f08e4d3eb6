"""An image whose tag means another content tomorrow."""

from __future__ import annotations

from collections.abc import Iterator

from steersman.review.images import parse
from steersman.review.model import Finding, Rule, Severity
from steersman.review.subject import Subject

MOVING = ("latest", "main", "master", "edge", "nightly", "stable", "dev", "develop", "snapshot", "canary", "head")


def check(subject: Subject) -> Iterator[Finding]:
    for hook in subject.running_hooks:
        for container in hook.containers:
            image = parse(container.image)
            if not image.repository.strip(":/") or image.digest or (image.tag and image.tag.lower() not in MOVING):
                continue
            said = f"the tag {image.tag!r} moves" if image.tag else "has no tag, which means `latest`"
            yield hook.finding(
                f"image {container.image}: {said}: the hook that was tested is not the one that will run",
                (*container.path, "image"),
                hint="Name a version, or a digest.",
            )


RULE = Rule("mutable-image-tag", "pod", Severity.WARNING, "a hook's image is one version", check)
