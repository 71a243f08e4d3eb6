"""A container mounts a volume that its Pod does not have (refused), or the Pod has a claim that no container mounts."""

from __future__ import annotations

from collections.abc import Iterator

from steersman.review.model import Finding, Rule, Severity
from steersman.review.shapes import as_object, entries
from steersman.review.subject import Item, Subject

USES = ("volumeMounts", "volumeDevices")


def check(subject: Subject) -> Iterator[Finding]:
    for hook in subject.running_hooks:
        volumes = names(hook.pod_spec.get("volumes"))
        if hook.kind == "StatefulSet":
            claims = hook.at(("spec", "volumeClaimTemplates"))
            volumes += [str(as_object(claim.get("metadata")).get("name")) for _, claim in entries(claims)]
        mounted: set[str] = set()
        for container in hook.containers:
            for use in USES:
                for at, name in enumerate(names(container.spec.get(use))):
                    mounted.add(name)
                    if name not in volumes:
                        yield hook.finding(
                            f"container {container.name} mounts {name!r}, and the Pod has no volume of that name",
                            (*container.path, use, at),
                            hint=f"Add it to {'.'.join(map(str, hook.pod_path))}.volumes.",
                        )
        yield from unused(hook, mounted)


def unused(hook: Item, mounted: set[str]) -> Iterator[Finding]:
    """A claim that nothing is written to. Secrets and the like that nobody mounts do no harm."""
    for at, volume in entries(hook.pod_spec.get("volumes")):
        if str(volume.get("name")) not in mounted and "persistentVolumeClaim" in volume:
            yield hook.finding(
                f"no container mounts the claim {volume.get('name')!r}: what is written goes into the container and is lost",
                (*hook.pod_path, "volumes", at),
                hint="Add a volumeMount, or leave the volume out.",
            )


def names(listed: object) -> list[str]:
    return [str(entry.get("name")) for _, entry in entries(listed)]


RULE = Rule("unmounted-volume", "pod", Severity.ERROR, "a hook's volumes and mounts belong together", check)
