"""Nobody gives away what they do not have. The words are those of a real API server."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import RBAC, World

Json = dict[str, Any]
GROUPS = '["system:serviceaccounts" "system:serviceaccounts:app" "system:authenticated"]'
ATTEMPT = f'user "system:serviceaccount:app:hook" (groups={GROUPS}) is attempting to grant RBAC permissions not currently held:\n'
ROLES = f"/apis/{RBAC}/v1/namespaces/app/roles"
BINDINGS = f"/apis/{RBAC}/v1/namespaces/app/rolebindings"
CLUSTER_ROLES = f"/apis/{RBAC}/v1/clusterroles"
VERBS = ["create", "get", "update", "patch", "delete", "list"]
KEEPER: Json = {
    "apiGroups": [RBAC],
    "verbs": VERBS,
    "resources": ["roles", "rolebindings", "clusterroles", "clusterrolebindings"],
}


def rule(*resources: str, verbs: str = "get list watch", group: str = "") -> Json:
    return {"apiGroups": [group], "resources": list(resources), "verbs": verbs.split()}


def role(name: str, *rules: Json) -> Json:
    return {"metadata": {"name": name}, "rules": list(rules)}


def binding(kind: str, name: str) -> Json:
    reference = {"apiGroup": RBAC, "kind": kind, "name": name}
    return {"metadata": {"name": "b"}, "roleRef": reference, "subjects": [{"kind": "User", "name": "x"}]}


@pytest.fixture
async def keeper(world: World) -> World:
    """Its account may write roles and bindings everywhere."""
    world.role("keeper", KEEPER, namespace="")
    return world


@pytest.mark.parametrize(
    ("path", "body", "message"),
    [
        (ROLES, role("r", rule("pods", "pods/log"), rule("deployments", group="apps")),
         f'roles.{RBAC} "r" is forbidden: {ATTEMPT}'
         '{APIGroups:[""], Resources:["pods"], Verbs:["get" "list" "watch"]}\n'
         '{APIGroups:[""], Resources:["pods/log"], Verbs:["get" "list" "watch"]}\n'
         '{APIGroups:["apps"], Resources:["deployments"], Verbs:["get" "list" "watch"]}'),
        (ROLES, role("r", {**rule("pods", "configmaps", verbs="get list"), "resourceNames": ["a"]}),
         f'roles.{RBAC} "r" is forbidden: {ATTEMPT}'
         '{APIGroups:[""], Resources:["configmaps"], ResourceNames:["a"], Verbs:["get" "list"]}\n'
         '{APIGroups:[""], Resources:["pods"], ResourceNames:["a"], Verbs:["get" "list"]}'),
        (CLUSTER_ROLES, role("r", {"nonResourceURLs": ["/metrics"], "verbs": ["get"]}),
         f'clusterroles.{RBAC} "r" is forbidden: {ATTEMPT}{{NonResourceURLs:["/metrics"], Verbs:["get"]}}'),
        (CLUSTER_ROLES, {**role("r"), "aggregationRule": {"clusterRoleSelectors": [{"matchLabels": {"a": "b"}}]}},
         f'clusterroles.{RBAC} "r" is forbidden: must have cluster-admin privileges to use the aggregationRule'),
        (BINDINGS, binding("Role", "nope"), f'roles.{RBAC} "nope" not found'),
        (BINDINGS, binding("ClusterRole", "nope"), f'clusterroles.{RBAC} "nope" not found'),
        (BINDINGS, binding("ClusterRole", "system:auth-delegator"),
         f'rolebindings.{RBAC} "b" is forbidden: {ATTEMPT}'
         '{APIGroups:["authentication.k8s.io"], Resources:["tokenreviews"], Verbs:["create"]}\n'
         '{APIGroups:["authorization.k8s.io"], Resources:["subjectaccessreviews"], Verbs:["create"]}'),
    ],
)  # fmt: skip
async def test_what_one_does_not_have_is_not_given_away(keeper: World, path: str, body: Json, message: str) -> None:
    reply = await keeper.asked("POST", path, body)
    assert reply.body["message"] == message
    assert reply.status == (404 if "not found" in message else 403)


async def test_what_one_has_may_be_given_away(keeper: World) -> None:
    assert (await keeper.asked("POST", ROLES, role("ok", rule("roles", verbs="get", group=RBAC)))).status == 201
    assert (await keeper.asked("POST", BINDINGS, binding("Role", "ok"))).status == 201
    path = f"{ROLES}/ok"
    worse = (await keeper.asked("GET", path)).body
    worse["rules"][0]["verbs"].append("escalate")
    assert (await keeper.asked("PUT", path, worse)).status == 403
    worse["rules"][0]["verbs"] = ["get"]
    worse["metadata"]["labels"] = {"a": "c"}
    assert (await keeper.asked("PUT", path, worse)).status == 200


@pytest.mark.parametrize(("verb", "path", "body"), [
    ("escalate", ROLES, role("r", rule("secrets"))),
    ("bind", BINDINGS, binding("ClusterRole", "view")),
])  # fmt: skip
async def test_bind_and_escalate_lift_the_check(keeper: World, verb: str, path: str, body: Json) -> None:
    assert (await keeper.asked("POST", path, body)).status == 403
    keeper.role(verb, {"apiGroups": [RBAC], "resources": ["roles", "clusterroles"], "verbs": [verb]})
    assert (await keeper.asked("POST", path, body)).status == 201


async def test_problems_with_ones_own_roles_are_told(keeper: World) -> None:
    keeper.bind("gone", namespace="")
    reply = await keeper.asked("POST", ROLES, role("r", rule("pods", verbs="get")))
    assert reply.body["message"].endswith(f'Verbs:["get"]}}; resolution errors: [clusterroles.{RBAC} "gone" not found]')
