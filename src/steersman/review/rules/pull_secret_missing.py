"""The workloads pull their image with a Secret, and the hook, which has the same image, does not."""

from __future__ import annotations

from collections.abc import Iterator

from steersman.review.images import parse
from steersman.review.model import Finding, Rule, Severity
from steersman.review.shapes import as_list, entries
from steersman.review.subject import Item, Subject

FIELD = "imagePullSecrets"


def check(subject: Subject) -> Iterator[Finding]:
    for hook in subject.running_hooks:
        if as_list(hook.pod_spec.get(FIELD)) or by_account(subject, hook):
            continue
        for resource in subject.resources:
            shared = repositories(hook) & repositories(resource)
            if shared and as_list(resource.pod_spec.get(FIELD)):
                registry, repository = sorted(shared)[0]
                names = ", ".join(str(each.get("name")) for _, each in entries(resource.pod_spec.get(FIELD)))
                image = "/".join(filter(None, (registry, repository)))
                yield hook.finding(
                    f"{resource.title} pulls {image} with the Secret {names}, this hook without: "
                    "where the image is private, it cannot start",
                    hook.pod_path,
                    hint=f"Give the hook's Pod the same {FIELD}.",
                )
                break


def repositories(item: Item) -> set[tuple[str, str]]:
    return {(image.registry, image.repository) for each in item.containers if (image := parse(each.image)).repository}


def by_account(subject: Subject, hook: Item) -> bool:
    """Whether its ServiceAccount brings a Secret along; one that is not in the chart may."""
    name = str(hook.pod_spec.get("serviceAccountName") or hook.pod_spec.get("serviceAccount") or "")
    if not name:
        return False
    accounts = list(subject.named("ServiceAccount", name))
    return not accounts or any(as_list(account.object.get(FIELD)) for account in accounts)


RULE = Rule("pull-secret-missing", "pod", Severity.WARNING, "a hook can pull its image as the workloads can", check)
