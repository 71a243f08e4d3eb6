"""A hook that asks Kubernetes and has no token to do it with."""

from __future__ import annotations

from collections.abc import Iterator

from steersman.review.commands import Command
from steersman.review.model import Finding, Rule, Severity
from steersman.review.rules.unused_service_account_token import FIELD
from steersman.review.shapes import as_list, as_object
from steersman.review.shell import scripts
from steersman.review.subject import Item, Subject

_CLIENTS = ("kubectl", "oc", "helm")
_LOCAL = ("version", "completion", "kustomize", "explain", "template", "lint", "package", "pull", "repo", "config")


def check(subject: Subject) -> Iterator[Finding]:
    told: set[str] = set()
    for script in scripts(subject):
        item = script.item
        if item.title in told or not _without_token(subject, item):
            continue
        command = next((each for each in script.commands if _asks(each)), None)
        if command is not None and "KUBECONFIG" not in script.container.text + script.text:
            told.add(item.title)
            yield script.finding(
                f"`{command.name}` asks Kubernetes, but the Pod is given no token: {FIELD} is false",
                command.line,
                hint=f"Leave {FIELD} out, or set it to true, and give the hook a ServiceAccount with the rights it needs.",
            )


def _asks(command: Command) -> bool:
    verb = next((word for word in command.words if not word.startswith("-")), "")
    return command.name in _CLIENTS and verb not in _LOCAL and not command.option("--kubeconfig", "--token", "--client")


def _without_token(subject: Subject, item: Item) -> bool:
    own = item.pod_spec.get(FIELD)
    if own is None:
        name = item.pod_spec.get("serviceAccountName") or "default"
        accounts = subject.named("ServiceAccount", str(name))
        own = next((account.object.get(FIELD) for account in accounts), None)
    return own is False and not _projected(item)


def _projected(item: Item) -> bool:
    """Whether a volume brings a token of its own."""
    for volume in as_list(item.pod_spec.get("volumes")):
        sources = as_list(as_object(as_object(volume).get("projected")).get("sources"))
        if any("serviceAccountToken" in as_object(source) for source in sources):
            return True
    return False


RULE = Rule(
    "service-account-token-missing", "pod", Severity.ERROR, "a hook that asks Kubernetes has a token for it", check
)
