"""A hook asks Kubernetes for what its account may not do: it fails with `forbidden`."""

from __future__ import annotations

from collections.abc import Iterator

from steersman.review.commands import Command
from steersman.review.model import Finding, Rule, Severity
from steersman.review.rules.hook_later_reference import BINDINGS, grants
from steersman.review.rules.kubectl_deletes_data import operands
from steersman.review.shapes import Json, as_list, as_object, entries
from steersman.review.shell import scripts
from steersman.review.subject import Subject

# kubectl's short and singular words, and the resource that RBAC knows.
_RESOURCES = {
    word: plural
    for plural, words in {
        "pods": "po pod", "services": "svc service", "secrets": "secret", "configmaps": "cm configmap",
        "persistentvolumeclaims": "pvc persistentvolumeclaim", "persistentvolumes": "pv persistentvolume",
        "namespaces": "ns namespace", "nodes": "no node", "serviceaccounts": "sa serviceaccount",
        "deployments": "deploy deployment", "statefulsets": "sts statefulset", "daemonsets": "ds daemonset",
        "jobs": "job", "cronjobs": "cj cronjob", "ingresses": "ing ingress",
        "customresourcedefinitions": "crd crds customresourcedefinition",
    }.items()
    for word in (plural, *words.split())
}  # fmt: skip
_VERBS = {"delete": "delete", "patch": "patch", "label": "patch", "annotate": "patch"}


def check(subject: Subject) -> Iterator[Finding]:
    for script in scripts(subject):
        spec = script.item.pod_spec
        account = str(spec.get("serviceAccountName") or spec.get("serviceAccount") or "")
        if not account or not any(True for _ in subject.named("ServiceAccount", account)):
            continue  # an account from elsewhere may have any rights
        rules = _rules(subject, account)
        if rules is None or "KUBECONFIG" in script.text:
            continue
        for command in script.every_command:
            verb, resource = _needed(command)
            if verb and not any(_allows(rule, verb, resource) for rule in rules):
                yield script.finding(
                    f"no role that the chart binds to ServiceAccount/{account} allows it to {verb} {resource}: "
                    "`kubectl` fails with `forbidden`",
                    command.line,
                    hint=f"Add {resource} with the verb {verb} to its Role.",
                )
                break


def _rules(subject: Subject, account: str) -> list[Json] | None:
    """The rules of all roles that the chart binds to an account; None where a role is not the chart's own, or none is bound."""
    found: list[Json] = []
    bound = [item for item in subject.items if item.kind in BINDINGS and grants(item, account)]
    for binding in bound:
        role = as_object(binding.object.get("roleRef"))
        roles = list(subject.named(str(role.get("kind")), str(role.get("name"))))
        if not roles or any(item.object.get("aggregationRule") for item in roles):
            return None
        found += [rule for item in roles for _, rule in entries(item.object.get("rules"))]
    return found if bound else None


def _needed(command: Command) -> tuple[str, str]:
    """The verb and the resource that a kubectl command needs, where it needs one certain one."""
    if command.name not in ("kubectl", "oc") or command.option("--kubeconfig", "--token", "--as", "-f", "-k"):
        return "", ""
    verb, *named = operands(command.words) or [""]
    kind, slash, _ = named[0].partition("/") if named else ("", "", "")
    if verb == "rollout" and named[:1] == ["restart"] and len(named) > 1:
        kind, slash, _ = named[1].partition("/")
        return ("patch", _RESOURCES[kind.lower()]) if kind.lower() in _RESOURCES else ("", "")
    resource = _RESOURCES.get(kind.lower(), "")
    if not resource:
        return "", ""
    if verb == "get":
        return ("get" if slash or len(named) > 1 else "list"), resource
    return (_VERBS[verb], resource) if verb in _VERBS else ("", "")


def _allows(rule: Json, verb: str, resource: str) -> bool:
    resources, verbs = ({str(word) for word in as_list(rule.get(field))} for field in ("resources", "verbs"))
    return bool({resource, "*"} & resources) and bool({verb, "*"} & verbs)


RULE = Rule("rights-missing", "script", Severity.ERROR, "a hook's account may do what the hook does", check)
