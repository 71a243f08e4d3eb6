"""A hook that may not do what it asks Kubernetes for: which right is missing, and the Role that gives it."""

from __future__ import annotations

import pytest

from steersman.diagnose.diagnosis import Confidence, Diagnosis
from steersman.diagnose.facts import ChartObject, Facts, HookFacts
from steersman.diagnose.ranking import diagnose
from steersman.manifest import yaml

KUBECTL = 'Error from server (Forbidden): {} is forbidden: User "system:serviceaccount:apps:{}" cannot {}'
NO_PODS = KUBECTL.format("pods", "default", 'list resource "pods" in API group "" in the namespace "apps"')


def diagnosed(
    *logs: str, command: str = "kubectl get pods", event: str = "pre-upgrade", chart: tuple[ChartObject, ...] = ()
) -> Diagnosis:
    spec = {"containers": [{"name": "c", "command": ["sh", "-c", command]}]}
    hook = HookFacts("restart", event=event, weight=1, path="c/templates/restart.yaml", spec=spec)
    return diagnose(Facts(release="my-app", namespace="apps", hook=hook, logs=logs, chart=chart))


def manifests(found: Diagnosis) -> list[dict[str, object]]:
    """The YAML in a fix."""
    text = "\n".join(line.removeprefix("    ") for line in found.fix.splitlines() if line.startswith("    "))
    return [document for document in yaml.load_all(text) if document]


def test_the_missing_right_and_the_role_that_gives_it() -> None:
    found = diagnosed(NO_PODS)
    assert (found.cause, found.confidence) == ("kubernetes-forbidden", Confidence.HIGH)
    assert found.problem == "The hook's ServiceAccount default may not list pods in namespace apps."
    assert "names no ServiceAccount of its own" in found.explanation
    assert "serviceAccountName: restart in c/templates/restart.yaml" in found.fix
    account, role, binding = manifests(found)
    assert account["kind"] == "ServiceAccount"
    assert role["rules"] == [{"apiGroups": [""], "resources": ["pods"], "verbs": ["list", "get"]}]
    annotations = {"helm.sh/hook": "pre-upgrade", "helm.sh/hook-weight": "-4"}
    assert role["metadata"] == {"name": "restart", "annotations": annotations}
    assert binding["roleRef"] == {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "restart"}
    assert binding["subjects"] == [{"kind": "ServiceAccount", "name": "restart", "namespace": "apps"}]
    assert found.verify[0] == "kubectl auth can-i list pods -n apps --as=system:serviceaccount:apps:default"


def test_the_role_is_there_at_every_event_of_the_hook() -> None:
    own = ChartObject("Job", "restart", events=("pre-install", "pre-upgrade"), weight=1)
    roles = manifests(diagnosed(NO_PODS, chart=(own,)))
    assert {role["metadata"]["annotations"]["helm.sh/hook"] for role in roles} == {"pre-install,pre-upgrade"}  # type: ignore[index]


@pytest.mark.parametrize(
    ("line", "problem", "rule"),
    [
        (KUBECTL.format('deployments.apps "web"', "deployer", 'get resource "deployments" in API group "apps" in the '
                        'namespace "apps"'),
         'deployer may not get deployments.apps "web" in namespace apps.',
         {"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["get", "patch"]}),
        ('{"error": "jobs.batch is forbidden: User \\"system:serviceaccount:apps:deployer\\" cannot create resource '
         '\\"jobs\\" in API group \\"batch\\" in the namespace \\"apps\\""}',
         "deployer may not create jobs.batch in namespace apps.",
         {"apiGroups": ["batch"], "resources": ["jobs"], "verbs": ["create"]}),
        (KUBECTL.format("nodes", "deployer", 'list resource "nodes" in API group "" at the cluster scope'),
         "deployer may not list nodes cluster-wide (in no namespace, or in all of them).",
         {"apiGroups": [""], "resources": ["nodes"], "verbs": ["list"]}),
        ('Error from server (Forbidden): forbidden: User "system:serviceaccount:apps:deployer" cannot get path "/metrics"',
         "deployer may not get the path /metrics.", {"nonResourceURLs": ["/metrics"], "verbs": ["get"]}),
    ],
)  # fmt: skip
def test_refusals_of_all_kinds(line: str, problem: str, rule: dict[str, object]) -> None:
    found = diagnosed(line, command="kubectl rollout restart deployment/web")
    assert found.problem == f"The hook's ServiceAccount {problem}"
    role, binding = manifests(found)
    assert role["rules"] == [rule]
    wide = "cluster-wide" in problem or "path" in problem
    assert (role["kind"], binding["kind"]) == (
        ("ClusterRole", "ClusterRoleBinding") if wide else ("Role", "RoleBinding")
    )


def test_all_that_was_refused_goes_into_one_role() -> None:
    secrets = KUBECTL.format("secrets", "default", 'list resource "secrets" in API group "" in the namespace "apps"')
    found = diagnosed(secrets, NO_PODS, event="post-install", command="kubectl get secrets,pods")
    _, role, _ = manifests(found)
    assert [rule["resources"] for rule in role["rules"]] == [["pods"], ["secrets"]]  # type: ignore[attr-defined]
    assert role["metadata"] == {"name": "restart"}  # created with the release, before a post hook runs


def binding(events: tuple[str, ...] = (), weight: int = 0) -> ChartObject:
    return ChartObject(
        "RoleBinding", "deployer", path="c/templates/rbac.yaml", events=events, weight=weight, subjects=("deployer",)
    )


@pytest.mark.parametrize(
    ("chart", "why"),
    [
        (binding(), "but as an ordinary resource, and this pre-upgrade hook of weight 1 runs before that"),
        (binding(("pre-install",)), "but as a hook of pre-install with weight 0, and this pre-upgrade hook"),
        (binding(("pre-upgrade",), 5), "but as a hook of pre-upgrade with weight 5, and this pre-upgrade hook"),
        (binding(("pre-upgrade",), 0), "but the role named there lacks this one"),
    ],
)
def test_a_binding_of_the_chart_that_does_not_help(chart: ChartObject, why: str) -> None:
    found = diagnosed(NO_PODS.replace(":default", ":deployer"), chart=(chart,))
    assert why in found.explanation
    assert ("Make RoleBinding deployer (c/templates/rbac.yaml)" in found.fix) == ("lacks" not in why)
