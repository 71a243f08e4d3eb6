"""Who gets in, who does not, and in which words: as Kubernetes 1.20 said them, whose words have not changed since."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import RBAC, World

Json = dict[str, Any]

PODS = "/api/v1/namespaces/app/pods"
ACCOUNT = 'User "system:serviceaccount:app:hook" cannot'
POD_READER: Json = {"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list"]}


@pytest.mark.parametrize(
    ("method", "path", "subject", "what"),
    [
        ("GET", PODS, "pods is", 'list resource "pods" in API group "" in the namespace "app"'),
        ("GET", f"{PODS}/x", 'pods "x" is', 'get resource "pods" in API group "" in the namespace "app"'),
        ("GET", f"{PODS}/x/log", 'pods "x" is', 'get resource "pods/log" in API group "" in the namespace "app"'),
        ("POST", f"{PODS}/x/exec", 'pods "x" is', 'create resource "pods/exec" in API group "" in the namespace "app"'),
        ("GET", "/api/v1/pods", "pods is", 'list resource "pods" in API group "" at the cluster scope'),
        ("GET", "/api/v1/namespaces/app", 'namespaces "app" is',
         'get resource "namespaces" in API group "" in the namespace "app"'),
        ("GET", "/apis/apps/v1/namespaces/app/deployments/d/status", 'deployments.apps "d" is',
         'get resource "deployments/status" in API group "apps" in the namespace "app"'),
        ("GET", "/apis/foo.io/v1/namespaces/app/foos", "foos.foo.io is",
         'list resource "foos" in API group "foo.io" in the namespace "app"'),
        ("DELETE", PODS, "pods is", 'deletecollection resource "pods" in API group "" in the namespace "app"'),
        ("GET", "/metrics", "", 'get path "/metrics"'),
    ],
)  # fmt: skip
async def test_a_service_account_without_a_role_may_nothing(
    world: World, method: str, path: str, subject: str, what: str
) -> None:
    reply = await world.asked(method, path)
    assert (reply.status, reply.body["reason"]) == (403, "Forbidden")
    assert reply.body["message"] == f"{subject} forbidden: {ACCOUNT} {what}".strip()


async def test_everybody_may_look_around(world: World) -> None:
    for path in ("/api", "/apis/apps/v1", "/version", "/openapi/v2", "/healthz"):
        assert (await world.asked("GET", path)).status == 200, path
    for path in ("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",):
        review = {"spec": {"resourceAttributes": {"verb": "get", "resource": "pods", "namespace": "app"}}}
        assert (await world.asked("POST", path, review)).body["status"] == {"allowed": False}


async def test_a_role_gives_what_it_names_at_once_and_takes_it_away_with_it(world: World) -> None:
    assert not await world.can("GET", PODS)
    world.role("reader", POD_READER)
    assert await world.can("GET", PODS)
    assert await world.can("GET", f"{PODS}/x")
    assert not await world.can("DELETE", f"{PODS}/x")
    assert not await world.can("GET", "/api/v1/namespaces/default/pods")
    assert not await world.can("GET", "/api/v1/pods")
    world.objects.patch(f"roles.{RBAC}", "reader", {"rules": [{**POD_READER, "verbs": ["delete"]}]}, "app")
    assert not await world.can("GET", PODS)
    assert await world.can("DELETE", f"{PODS}/x")
    world.objects.delete(f"rolebindings.{RBAC}", "reader-hook", "app")
    assert not await world.can("DELETE", f"{PODS}/x")


async def test_a_cluster_role_is_good_where_it_is_bound(world: World) -> None:
    world.bind("view", namespace="app")
    assert await world.can("GET", PODS)
    assert not await world.can("GET", "/api/v1/namespaces/app/secrets")
    assert not await world.can("GET", "/api/v1/nodes")
    world.bind("cluster-admin", namespace="")
    assert await world.can("GET", "/api/v1/nodes")
    assert await world.can("GET", "/metrics")


@pytest.mark.parametrize(
    ("role", "may", "may_not"),
    [
        ("view", ["GET pods", "GET configmaps"], ["GET secrets", "POST pods", "GET roles"]),
        (
            "edit",
            ["GET pods", "GET secrets", "POST pods/x/eviction", "DELETE jobs"],
            ["POST roles", "POST resourcequotas"],
        ),
        ("admin", ["GET secrets", "GET roles", "DELETE rolebindings"], ["POST resourcequotas", "GET pods/x/nothing"]),
    ],
)
async def test_the_roles_for_people(world: World, role: str, may: list[str], may_not: list[str]) -> None:
    world.bind(role)
    groups = {"jobs": "apis/batch/v1", "roles": f"apis/{RBAC}/v1", "rolebindings": f"apis/{RBAC}/v1"}
    for line in may + may_not:
        method, what = line.split()
        path = f"/{groups.get(what, 'api/v1')}/namespaces/app/{what}"
        assert await world.can(method, path) is (line in may), line


async def test_bindings_to_roles_that_are_missing_are_told(world: World) -> None:
    world.bind("nope", namespace="")
    world.bind("nope2", "Role")
    missing = [f'clusterrole.{RBAC} "nope" not found', f'role.{RBAC} "nope2" not found']
    message = (await world.asked("GET", PODS)).body["message"]
    assert message.endswith(f'in the namespace "app": RBAC: [{", ".join(missing)}]')
    message = (await world.asked("GET", "/api/v1/pods")).body["message"]
    assert message.endswith(f"at the cluster scope: RBAC: {missing[0]}")


async def test_applying_what_is_not_there_takes_the_right_to_create(world: World) -> None:
    world.role("patcher", {"apiGroups": [""], "resources": ["configmaps"], "verbs": ["patch", "get"]})
    path = "/api/v1/namespaces/app/configmaps/c?fieldManager=me"
    body = '{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}}'
    as_hook = {"Impersonate-User": "system:serviceaccount:app:hook"}
    reply = await world.api.call("PATCH", path, body, "application/apply-patch+yaml", headers=as_hook)
    assert (reply.status, reply.body["message"]) == (403, 'configmaps "c" is forbidden: ')
    world.objects.create("configmaps", {"metadata": {"name": "c"}}, "app")
    assert (await world.api.call("PATCH", path, body, "application/apply-patch+yaml", headers=as_hook)).status == 200


async def test_a_session_in_a_pod_takes_the_right_to_create_besides(world: World) -> None:
    execute: Json = {"apiGroups": [""], "resources": ["pods/exec"], "verbs": ["get"]}
    world.role("looker", execute)
    reply = await world.asked("GET", f"{PODS}/x/exec")
    assert (reply.status, reply.body["message"].split(" cannot ")[1][:27]) == (403, 'create resource "pods/exec"')
    world.role("doer", {**execute, "verbs": ["create"]})
    assert await world.can("GET", f"{PODS}/x/exec")


async def test_acting_as_somebody_else_takes_a_right_for_each_thing_claimed(world: World) -> None:
    account = {"Authorization": f"Bearer {await token(world)}"}

    async def acting(**claims: str) -> tuple[int, str]:
        named = {name.replace("_", "-"): value for name, value in claims.items()}
        reply = await world.api.call("GET", "/api", headers={**account, **named})
        return reply.status, reply.body.get("message", "")

    status, message = await acting(Impersonate_User="jane")
    assert status == 403
    assert (
        message
        == f'users "jane" is forbidden: {ACCOUNT} impersonate resource "users" in API group "" at the cluster scope'
    )
    for resource, group, names in (
        ("users", "", ["jane"]),
        ("groups", "", ["dev"]),
        ("uids", "authentication.k8s.io", []),
    ):
        rule: Json = {"apiGroups": [group], "resources": [resource], "verbs": ["impersonate"], "resourceNames": names}
        world.role(f"as-{resource}", rule, namespace="")
    assert (await acting(Impersonate_User="jane"))[0] == 200
    assert (await acting(Impersonate_User="joe"))[0] == 403
    assert (await acting(Impersonate_User="jane", Impersonate_Group="dev", Impersonate_Uid="7"))[0] == 200
    assert (await acting(Impersonate_User="jane", Impersonate_Group="ops"))[1].startswith('groups "ops" is forbidden')
    _, message = await acting(Impersonate_User="jane", Impersonate_Extra_Team="a")
    assert 'cannot impersonate resource "userextras/team" in API group "authentication.k8s.io"' in message
    _, message = await acting(Impersonate_User="system:serviceaccount:default:x")
    assert 'serviceaccounts "x" is forbidden' in message
    assert message.endswith('in the namespace "default"')
    assert (await acting(Impersonate_Group="dev"))[0] == 500


async def token(world: World, **spec: Any) -> str:
    """Of the account `hook`."""
    path = "/api/v1/namespaces/app/serviceaccounts/hook/token"
    made: str = (await world.api.post(path, {"spec": spec}))["status"]["token"]
    return made


async def who(world: World, **headers: str) -> Json:
    path = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    found: Json = (await world.api.call("POST", path, {}, headers=named)).body["status"]["userInfo"]
    return found


async def test_users_have_the_groups_that_go_with_them(world: World) -> None:
    accounts = ["system:serviceaccounts", "system:serviceaccounts:app", "system:authenticated"]
    found = await who(world, Authorization=f"Bearer {await token(world)}")
    assert (found["username"], found["groups"]) == ("system:serviceaccount:app:hook", accounts)
    assert found["uid"] == world.objects.get("serviceaccounts", "hook", "app")["metadata"]["uid"]
    assert found["extra"]["authentication.kubernetes.io/credential-id"][0].startswith("JTI=")
    assert await who(world) == {"username": "steersman", "groups": ["system:masters", "system:authenticated"]}
    found = await who(world, Impersonate_User="system:serviceaccount:app:hook")
    assert found["groups"] == accounts
    assert (await who(world, Impersonate_User="jane"))["groups"] == ["system:authenticated"]
    claims = {"Impersonate_User": "jane", "Impersonate_Group": "dev", "Impersonate_Uid": "7"}
    assert await who(world, **claims, Impersonate_Extra_Team="a") == {
        "username": "jane", "uid": "7", "groups": ["dev", "system:authenticated"], "extra": {"team": ["a"]},
    }  # fmt: skip


@pytest.mark.parametrize("header", ["Bearer nonsense", "Bearer a.b.c", "Basic eDp5"])
async def test_without_a_good_token_nobody_is_let_in(world: World, header: str) -> None:
    for path in (PODS, "/version"):
        reply = await world.api.call("GET", path, headers={"Authorization": header})
        assert (reply.status, reply.body["reason"]) == (401, "Unauthorized")


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/version", ""),
        ("/healthz", ""),
        ("/", 'forbidden: User "system:anonymous" cannot get path "/"'),
        ("/apis", 'forbidden: User "system:anonymous" cannot get path "/apis"'),
        (
            "/api/v1/namespaces",
            'namespaces is forbidden: User "system:anonymous" cannot list resource "namespaces" in API group "" at the cluster '
            "scope",
        ),
    ],
)
async def test_whoever_shows_no_token_is_anonymous(world: World, path: str, words: str) -> None:
    """Source: what Kubernetes 1.20 answered."""
    reply = await world.api.call("GET", path, headers={"Authorization": ""})
    assert reply.status == (403 if words else 200)
    if words:
        assert (reply.body["message"], reply.body["reason"]) == (words, "Forbidden")
