"""ValidatingAdmissionPolicies: which writes they judge, and what they say."""

from __future__ import annotations

from typing import Any

import pytest

from steersman.cluster.cel import engine

from ..api.conftest import Api, Reply, api, cluster  # noqa: TID252

__all__ = ["api", "cluster"]

pytestmark = pytest.mark.skipif(not engine.available(), reason="common-expression-language is not installed")

Json = dict[str, Any]
GROUP = "/apis/admissionregistration.k8s.io/v1"
CONFIGMAPS = "/api/v1/namespaces/default/configmaps"
RULE = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE", "UPDATE"], "resources": ["configmaps"]}
SMALL = {"expression": "object.data.size() <= 1"}


async def policy(api: Api, *validations: Json, binding: Json | None = None, **spec: Any) -> None:
    """A policy `p` with a binding `b`."""
    constraints = {"resourceRules": [RULE]}
    body = {"matchConstraints": constraints, "validations": list(validations), **spec}
    made = await api.call("POST", f"{GROUP}/validatingadmissionpolicies", {"metadata": {"name": "p"}, "spec": body})
    assert (made.status, made.header("Warning")) == (201, "")
    bound = {"policyName": "p", "validationActions": ["Deny"], **(binding or {})}
    made = await api.call(
        "POST", f"{GROUP}/validatingadmissionpolicybindings", {"metadata": {"name": "b"}, "spec": bound}
    )
    assert (made.status, made.header("Warning")) == (201, "")


async def create(api: Api, **data: str) -> Reply:
    return await api.call("POST", CONFIGMAPS, {"metadata": {"name": "c", "labels": {"x": "y"}}, "data": data})


DENIED = "configmaps \"c\" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request: "


@pytest.mark.parametrize(
    ("validation", "code", "reason", "said"),
    [
        (SMALL, 422, "Invalid", "failed expression: object.data.size() <= 1"),
        ({**SMALL, "message": " too big "}, 422, "Invalid", "too big"),
        ({**SMALL, "messageExpression": "'has ' + string(object.data.size())"}, 422, "Invalid", "has 2"),
        ({**SMALL, "message": "no", "reason": "Forbidden"}, 403, "Forbidden", "no"),
        ({"expression": "object.nope"}, 422, "Invalid", "expression 'object.nope' resulted in error: no such key: nope"),
        ({"expression": "request.userInfo.username != 'steersman'"}, 422, "Invalid",
         "failed expression: request.userInfo.username != 'steersman'"),
        ({"expression": "namespaceObject.metadata.name == 'other'"}, 422, "Invalid",
         "failed expression: namespaceObject.metadata.name == 'other'"),
    ],
)  # fmt: skip
async def test_a_policy_denies(api: Api, validation: Json, code: int, reason: str, said: str) -> None:
    await policy(api, validation)
    reply = await create(api, a="1", b="2")
    assert (reply.status, reply.body["reason"], reply.body["message"]) == (code, reason, DENIED + said)


async def test_a_policy_lets_pass_what_it_likes_and_what_is_not_its_business(api: Api) -> None:
    await policy(api, SMALL)
    assert (await create(api, a="1")).status == 201
    changed = await api.call("PATCH", f"{CONFIGMAPS}/c", '{"data": {"b": "2"}}', "application/merge-patch+json")
    assert changed.status == 422
    assert (await api.call("DELETE", f"{CONFIGMAPS}/c")).status == 200
    secret = {"metadata": {"name": "s"}, "stringData": {"a": "1", "b": "2"}}
    assert (await api.call("POST", "/api/v1/namespaces/default/secrets", secret)).status == 201


@pytest.mark.parametrize(
    ("spec", "binding"),
    [
        ({"matchConditions": [{"name": "m", "expression": "object.metadata.name == 'other'"}]}, {}),
        (
            {"matchConstraints": {"resourceRules": [RULE], "excludeResourceRules": [{**RULE, "resourceNames": ["c"]}]}},
            {},
        ),
        ({"matchConstraints": {"resourceRules": [RULE], "objectSelector": {"matchLabels": {"x": "z"}}}}, {}),
        ({}, {"matchResources": {"namespaceSelector": {"matchLabels": {"env": "prod"}}}}),
        ({"failurePolicy": "Ignore", "validations": [{"expression": "object.nope"}]}, {}),
    ],
)
async def test_what_is_left_alone(api: Api, spec: Json, binding: Json) -> None:
    await policy(api, SMALL, binding=binding, **spec)
    assert (await create(api, a="1", b="2")).status == 201


async def test_a_binding_may_only_warn(api: Api) -> None:
    await policy(api, {**SMALL, "message": "too big"}, binding={"validationActions": ["Warn", "Audit"]})
    reply = await create(api, a="1", b="2")
    assert reply.status == 201
    assert "Validation failed for ValidatingAdmissionPolicy 'p' with binding 'b': too big" in reply.header("Warning")


async def test_variables_and_parameters(api: Api) -> None:
    params = {"metadata": {"name": "limits"}, "data": {"most": "1"}}
    await api.post("/api/v1/namespaces/default/configmaps", params)
    validation = {"expression": "variables.count <= int(params.data.most)", "message": "too many"}
    reference = {"name": "limits", "namespace": "default", "parameterNotFoundAction": "Deny"}
    await policy(
        api, validation, binding={"paramRef": reference}, paramKind={"apiVersion": "v1", "kind": "ConfigMap"},
        variables=[{"name": "count", "expression": "object.data.size()"}],
    )  # fmt: skip
    assert (await create(api, a="1", b="2")).body["message"] == f"{DENIED}too many"
    await api.call("DELETE", "/api/v1/namespaces/default/configmaps/limits")
    reply = await create(api, a="1")
    assert (reply.status, "no params found for policy binding" in reply.body["message"]) == (403, True)


async def test_a_policy_that_cannot_be_evaluated_here_is_told(api: Api) -> None:
    spec = {"matchConstraints": {"resourceRules": [RULE]}, "validations": [{"expression": "object.?data == 1"}]}
    made = await api.call("POST", f"{GROUP}/validatingadmissionpolicies", {"metadata": {"name": "p"}, "spec": spec})
    assert "this policy is stored, but not applied here" in made.header("Warning")
