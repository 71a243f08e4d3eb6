"""Questions about rights, and kubectl's ways of asking them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ..api.conftest import Tool  # noqa: TID252
from .conftest import World
from .test_authorization import POD_READER

Json = dict[str, Any]
SELF = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
SUBJECT = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
LOCAL = "/apis/authorization.k8s.io/v1/namespaces/app/localsubjectaccessreviews"
RULES = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews"
GET_PODS = {"verb": "get", "resource": "pods", "namespace": "app"}
HOOK = "system:serviceaccount:app:hook"


async def test_an_answer_names_the_binding(world: World) -> None:
    review = {"spec": {"user": HOOK, "resourceAttributes": GET_PODS}}
    assert (await world.api.post(SUBJECT, review))["status"] == {"allowed": False}
    world.role("reader", POD_READER)
    reason = 'RBAC: allowed by RoleBinding "reader-hook/app" of Role "reader" to ServiceAccount "hook/app"'
    assert (await world.api.post(SUBJECT, review))["status"] == {"allowed": True, "reason": reason}
    assert (await world.api.post(LOCAL, review))["status"]["allowed"] is True
    masters = {
        "spec": {"user": "x", "groups": ["system:masters"], "nonResourceAttributes": {"verb": "get", "path": "/x"}}
    }
    assert (await world.api.post(SUBJECT, masters))["status"] == {"allowed": True}
    world.bind("view", namespace="")
    cluster = 'RBAC: allowed by ClusterRoleBinding "view-hook" of ClusterRole "view" to ServiceAccount "hook/app"'
    assert (await world.asked("POST", SELF, {"spec": {"resourceAttributes": GET_PODS}})).body["status"][
        "reason"
    ] == cluster


@pytest.mark.parametrize(
    ("path", "spec", "message"),
    [
        (SUBJECT, {}, '.authorization.k8s.io "" is invalid: [spec.resourceAttributes: Invalid value: "null": exactly one of '
         "nonResourceAttributes or resourceAttributes must be specified, spec.user: Invalid value: \"\": at least one of user or "
         "group must be specified]"),
        (LOCAL, {"user": "x", "resourceAttributes": {**GET_PODS, "namespace": "other"}},
         '.authorization.k8s.io "" is invalid: spec.resourceAttributes.namespace: Invalid value: "other": must match '
         "metadata.namespace"),
        (RULES, {}, "no namespace on request"),
    ],
)  # fmt: skip
async def test_what_cannot_be_asked(world: World, path: str, spec: Json, message: str) -> None:
    assert (await world.api.call("POST", path, {"spec": spec})).body["message"] == message


async def test_all_rules_of_a_user_are_listed_cluster_wide_ones_first(world: World) -> None:
    world.role("reader", {**POD_READER, "resourceNames": ["p"]})
    status = (await world.asked("POST", RULES, {"spec": {"namespace": "app"}})).body["status"]
    assert status["resourceRules"][-1] == {**POD_READER, "resourceNames": ["p"]}
    assert status["resourceRules"][0]["resources"] == ["selfsubjectaccessreviews", "selfsubjectrulesreviews"]
    assert {"verbs": ["get"], "nonResourceURLs": ["/healthz", "/livez", "/readyz", "/version", "/version/"]} in (
        status["nonResourceRules"]
    )
    assert status["incomplete"] is False


RECONCILED = """
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: reader, namespace: app}
rules: [{apiGroups: [""], resources: [pods], verbs: [get, list]}]
"""


@pytest.mark.oracle
async def test_kubectl_asks_about_rights(world: World, kubectl: Path, tmp_path: Path) -> None:
    run = Tool(kubectl, world.kubeconfig, tmp_path)
    hook = ("-n", "app", f"--as={HOOK}")
    assert (await run.run("auth", "can-i", "list", "pods", *hook)) == (1, "no\n")
    assert "required create\n\tmissing rules added" in await run("auth", "reconcile", "-f", "-", stdin=RECONCILED)
    await run("create", "rolebinding", "reader", "--role=reader", "--serviceaccount=app:hook", "-n", "app")
    assert await run("auth", "can-i", "list", "pods", *hook) == "yes\n"
    listed = await run("auth", "can-i", "--list", *hook)
    assert listed.splitlines()[0].split() == ["Resources", "Non-Resource", "URLs", "Resource", "Names", "Verbs"]
    assert f"pods{44 * ' '}[]{36 * ' '}[]{15 * ' '}[get list]" in listed
    assert f"Username    {HOOK}" in await run("auth", "whoami", *hook)
    code, output = await run.run("get", "secrets", *hook)
    assert code == 1
    assert output == (
        f'Error from server (Forbidden): secrets is forbidden: User "{HOOK}" cannot list resource "secrets" in API group "" in '
        'the namespace "app"\n'
    )
    made = (await run("create", "token", "hook", "-n", "app")).strip()
    assert f"Username{44 * ' '}{HOOK}" in await run("auth", "whoami", f"--token={made}")
    assert await run("get", "pods", "-n", "app", f"--token={made}") == "No resources found in app namespace.\n"
    assert (await run.run("get", "pods", f"--token={made}x"))[
        1
    ] == "error: You must be logged in to the server (Unauthorized)\n"
