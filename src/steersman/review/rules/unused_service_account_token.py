"""A hook that never speaks to Kubernetes gets a token for it all the same."""

from __future__ import annotations

import re
from collections.abc import Iterator

from steersman.review.model import Finding, Rule, Severity
from steersman.review.subject import Item, Subject

_USES = re.compile(
    r"kubectl|kube|helm|k8s|oc\b|operator|serviceaccount|in-?cluster|istioctl|certgen|cert-manager|consul|vault|kubernetes|\\bhal\\b|argo|flux|velero",
    re.IGNORECASE,
)
FIELD = "automountServiceAccountToken"


def check(subject: Subject) -> Iterator[Finding]:
    for hook in subject.hooks:
        if not hook.is_awaited or not hook.containers or speaks(hook):
            continue
        if hook.pod_spec.get(FIELD) is not False:
            yield hook.finding(
                "the Pod is given a token for Kubernetes' API, which nothing in it uses",
                hook.pod_path,
                hint=f"Set {FIELD}: false in the Pod's spec.",
            )


def speaks(hook: Item) -> bool:
    """An account of its own, a tool, a file or a variable that has to do with the API; or a program that nobody can see into."""
    account = hook.pod_spec.get("serviceAccountName") or hook.pod_spec.get("serviceAccount")
    if account not in (None, "", "default"):
        return True
    return any(
        not container.words or _USES.search(f"{container.image}\n{container.text}") for container in hook.containers
    )


RULE = Rule("unused-service-account-token", "pod", Severity.INFO, "only a hook that uses a token has one", check)
