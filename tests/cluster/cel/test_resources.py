"""Custom resources with rules in CEL, over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from steersman.cluster.cel import engine

from ..api.conftest import Api, api, cluster  # noqa: TID252

__all__ = ["api", "cluster"]

pytestmark = pytest.mark.skipif(not engine.available(), reason="common-expression-language is not installed")

Json = dict[str, Any]

RULES = [
    {"rule": "self.min <= self.max", "messageExpression": "'min ' + string(self.min) + ' is above max'"},
    {"rule": "self.min == oldSelf.min", "message": "min is immutable"},
]
SPEC = {
    "type": "object",
    "properties": {"min": {"type": "integer"}, "max": {"type": "integer"}},
    "x-kubernetes-validations": RULES,
}
CRD: Json = {
    "metadata": {"name": "ranges.example.com"},
    "spec": {
        "group": "example.com",
        "scope": "Namespaced",
        "names": {"plural": "ranges", "kind": "Range"},
        "versions": [
            {"name": "v1", "served": True, "storage": True,
             "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": SPEC}}}}
        ],
    },
}  # fmt: skip


async def test_rules_refuse_what_they_do_not_like(api: Api) -> None:
    reply = await api.call("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", CRD)
    assert (reply.status, reply.header("Warning")) == (201, "")
    path = "/apis/example.com/v1/namespaces/default/ranges"
    bad = await api.call("POST", path, {"metadata": {"name": "r"}, "spec": {"min": 3, "max": 2}})
    message = 'Range.example.com "r" is invalid: spec: Invalid value: "object": min 3 is above max'
    assert (bad.status, bad.body["message"]) == (422, message)
    await api.post(path, {"metadata": {"name": "r"}, "spec": {"min": 1, "max": 2}})
    changed = await api.call("PATCH", f"{path}/r", '{"spec": {"min": 2}}', "application/merge-patch+json")
    assert changed.body["message"].endswith('spec: Invalid value: "object": min is immutable')
    assert (await api.call("PATCH", f"{path}/r", '{"spec": {"max": 9}}', "application/merge-patch+json")).status == 200
