"""The same roles and the same questions to a real API server and to the embedded one: decisions and their reasons."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from hypothesis import strategies as st

from ..api.conftest import Api, Reply  # noqa: TID252
from ..api.test_against_kubernetes import Both, both, for_examples  # noqa: TID252
from .conftest import RBAC

Json = dict[str, Any]

pytestmark = [pytest.mark.kube, pytest.mark.xdist_group("kube")]

__all__ = ["both"]

GROUPS = st.lists(st.sampled_from(["", "apps", "batch", "*"]), min_size=1, max_size=2, unique=True)
RESOURCES = st.lists(
    st.sampled_from(["pods", "pods/log", "*/status", "*", "deployments", "deployments/*", "jobs", "namespaces"]),
    min_size=1,
    max_size=3,
    unique=True,
)
VERBS = st.lists(
    st.sampled_from(["get", "list", "watch", "create", "delete", "*"]), min_size=1, max_size=3, unique=True
)
NAMES = st.lists(st.sampled_from(["a", "b"]), max_size=2, unique=True)
RULE = st.fixed_dictionaries({"apiGroups": GROUPS, "resources": RESOURCES, "verbs": VERBS, "resourceNames": NAMES})
URLS = st.lists(st.sampled_from(["*", "/metrics", "/metrics/*", "/logs*"]), min_size=1, max_size=2, unique=True)
URL_RULE = st.fixed_dictionaries({"nonResourceURLs": URLS, "verbs": VERBS})
SUBJECT = st.sampled_from(
    [
        {"kind": "ServiceAccount", "name": "s", "namespace": "NAMESPACE"},
        {"kind": "User", "name": "system:serviceaccount:NAMESPACE:s", "apiGroup": RBAC},
        {"kind": "Group", "name": "system:serviceaccounts:NAMESPACE", "apiGroup": RBAC},
        {"kind": "Group", "name": "team", "apiGroup": RBAC},
    ]
)
ROLE_KINDS = st.sampled_from(["Role", "ClusterRole", "everywhere", "missing"])
PATHS = ("/metrics", "/metrics/a", "/logs", "/logsx", "/none")
REQUESTS = (
    "GET /api/v1/namespaces/NAMESPACE/pods", "GET /api/v1/namespaces/NAMESPACE/pods/a", "GET /api/v1/pods",
    "GET /api/v1/namespaces/NAMESPACE/pods/b/log", "DELETE /api/v1/namespaces/NAMESPACE/pods/a",
    "GET /apis/apps/v1/namespaces/NAMESPACE/deployments/a/status", "GET /api/v1/namespaces/NAMESPACE",
    "GET /apis/apps/v1/namespaces/NAMESPACE/deployments?fieldSelector=metadata.name=a",
    "GET /apis/batch/v1/namespaces/NAMESPACE/jobs?limit=1", "GET /apis/apps/v1/deployments", "GET /nothing",
)  # fmt: skip


async def test_decisions_are_the_same(both: Both) -> None:
    number = 0

    async def check(rules: list[Json], urls: list[Json], subject: Json, kind: str) -> None:
        nonlocal number
        number += 1
        name = f"r{number}-{both.namespace}"
        clusterwide = kind == "everywhere"
        named = "Role" if kind == "Role" else "ClusterRole"
        plural = "clusterrolebindings" if clusterwide else f"namespaces/{both.namespace}/rolebindings"
        roles = f"/apis/{RBAC}/v1/" + (f"namespaces/{both.namespace}/roles" if named == "Role" else "clusterroles")
        who = json.loads(json.dumps(subject).replace("NAMESPACE", both.namespace))
        reference = {"apiGroup": RBAC, "kind": named, "name": name}
        for api in (both.ours, both.theirs):
            if kind != "missing":
                held = rules if named == "Role" else rules + urls
                await api.post(roles, {"metadata": {"name": name}, "rules": held})
            binding = {"metadata": {"name": name}, "roleRef": reference, "subjects": [who]}
            await api.post(f"/apis/{RBAC}/v1/{plural}", binding)
        await agree(both)
        for api in (both.ours, both.theirs):
            await api.call("DELETE", f"/apis/{RBAC}/v1/{plural}/{name}")
            await api.call("DELETE", f"{roles}/{name}")

    await for_examples(
        check,
        60,
        rules=st.lists(RULE, max_size=3),
        urls=st.lists(URL_RULE, max_size=1),
        subject=SUBJECT,
        kind=ROLE_KINDS,
    )


async def agree(both: Both) -> None:
    """The real server's authorizer hears of a role a moment after it was made."""
    for _ in range(20):
        problem = await compare(both)
        if not problem:
            return
        await asyncio.sleep(0.1)
    pytest.fail(problem, pytrace=False)


async def compare(both: Both) -> str:
    """The first difference in reviews with their reasons, in who is let in, and in the words of a refusal; "" for none."""
    user = f"system:serviceaccount:{both.namespace}:s"
    groups = ["system:serviceaccounts", f"system:serviceaccounts:{both.namespace}", "system:authenticated"]
    for path in PATHS:
        spec = {"user": user, "groups": groups, "nonResourceAttributes": {"verb": "get", "path": path}}
        ours, theirs = [await review(api, spec) for api in (both.ours, both.theirs)]
        if ours != theirs:
            return f"{spec}: {ours} and not {theirs}"
    for line in REQUESTS:
        method, path = line.replace("NAMESPACE", both.namespace).split()
        answers = [await api.call(method, path, headers={"Impersonate-User": user}) for api in (both.ours, both.theirs)]
        if outcome(answers[0]) != outcome(answers[1]):
            return f"{line}: {outcome(answers[0])} and not {outcome(answers[1])}"
    return ""


async def review(api: Api, spec: Json) -> Json:
    found: Json = (await api.post("/apis/authorization.k8s.io/v1/subjectaccessreviews", {"spec": spec}))["status"]
    return found


def outcome(reply: Reply) -> Any:
    return (reply.body["message"], reply.body["details"]) if reply.status == 403 else "let in"
