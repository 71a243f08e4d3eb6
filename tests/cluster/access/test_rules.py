"""What single rules allow and cover, and how requests become questions. Pinned as a real API server (1.20) decided."""

from __future__ import annotations

from typing import Any

import pytest

from steersman.cluster.access.attributes import Attributes, attributes_of
from steersman.cluster.access.identity import User
from steersman.cluster.access.rules import allows, compact, describe, uncovered

Json = dict[str, Any]

USER = User("system:serviceaccount:x:y", ("system:serviceaccounts",))


def rule(resources: str, verbs: str = "get", groups: str = "core", names: str = "") -> Json:
    found: Json = {"apiGroups": [each.replace("core", "") for each in groups.split()], "resources": resources.split()}
    found["verbs"] = verbs.split()
    return {**found, "resourceNames": names.split()} if names else found


def urls(text: str, verbs: str = "get") -> Json:
    return {"nonResourceURLs": text.split(), "verbs": verbs.split()}


def asks(text: str) -> Attributes:
    """`METHOD path`, or `verb group resource/subresource name`."""
    method, path = text.split()
    path, _, query = path.partition("?")
    return attributes_of(USER, method, path, dict(part.split("=", 1) for part in query.split("&") if part))


PODS = "/api/v1/namespaces/x/pods"


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (f"GET {PODS}", ("list", "", "pods", "", "", "x")),
        (f"GET {PODS}?watch=true", ("watch", "", "pods", "", "", "x")),
        (f"GET {PODS}?fieldSelector=metadata.name=p", ("list", "", "pods", "", "p", "x")),
        (f"GET {PODS}?watch=1&fieldSelector=metadata.name=p", ("watch", "", "pods", "", "p", "x")),
        (f"GET {PODS}/p", ("get", "", "pods", "", "p", "x")),
        (f"GET {PODS}/p/log", ("get", "", "pods", "log", "p", "x")),
        (f"POST {PODS}/p/eviction", ("create", "", "pods", "eviction", "p", "x")),
        (f"DELETE {PODS}", ("deletecollection", "", "pods", "", "", "x")),
        (f"DELETE {PODS}/p", ("delete", "", "pods", "", "p", "x")),
        (f"PATCH {PODS}/p", ("patch", "", "pods", "", "p", "x")),
        (f"PUT {PODS}/p/status", ("update", "", "pods", "status", "p", "x")),
        ("GET /api/v1/namespaces/x", ("get", "", "namespaces", "", "x", "x")),
        ("PUT /api/v1/namespaces/x/finalize", ("update", "", "namespaces", "finalize", "x", "x")),
        ("GET /api/v1/namespaces", ("list", "", "namespaces", "", "", "")),
        ("GET /api/v1/pods", ("list", "", "pods", "", "", "")),
        ("GET /apis/a.io/v1/namespaces/x/things/t", ("get", "a.io", "things", "", "t", "x")),
        ("GET /apis/apps/v1", ("get", "", "", "", "", "")),
        ("GET /api/v1", ("get", "", "", "", "", "")),
        ("POST /version", ("post", "", "", "", "", "")),
    ],
)
def test_a_request_is_one_question(request_: str, expected: tuple[str, ...]) -> None:
    found = asks(request_)
    assert (found.verb, found.group, found.resource, found.subresource, found.name, found.namespace) == expected


@pytest.mark.parametrize(
    ("held", "request_", "allowed"),
    [
        (rule("pods"), f"GET {PODS}/p", True),
        (rule("pods"), f"GET {PODS}", False),
        (rule("pods", "*"), f"DELETE {PODS}", True),
        (rule("*"), f"GET {PODS}/p/log", True),
        (rule("pods"), f"GET {PODS}/p/log", False),
        (rule("pods/log"), f"GET {PODS}/p/log", True),
        (rule("*/log"), f"GET {PODS}/p/log", True),
        (rule("*/log"), f"GET {PODS}/p", False),
        (rule("pods/*"), f"GET {PODS}/p/log", False),
        (rule("pods", groups="apps"), f"GET {PODS}/p", False),
        (rule("pods", groups="*"), f"GET {PODS}/p", True),
        (rule("pods", names="p q"), f"GET {PODS}/q", True),
        (rule("pods", names="p q"), f"GET {PODS}/r", False),
        (rule("pods", "list", names="p"), f"GET {PODS}", False),
        (rule("pods", "list", names="p"), f"GET {PODS}?fieldSelector=metadata.name=p", True),
        (rule("pods", "create", names="p"), f"POST {PODS}", False),
        (urls("/metrics"), "GET /metrics", True),
        (urls("/metrics"), "GET /metrics/slis", False),
        (urls("/metrics*"), "GET /metrics/slis", True),
        (urls("/metrics/*"), "GET /metrics", False),
        (urls("*"), "GET /anything", True),
        (urls("/metrics"), "POST /metrics", False),
        (urls("*", "*"), f"GET {PODS}", False),
        (rule("*", "*", "*"), "GET /metrics", False),
    ],
)
def test_a_rule_allows(held: Json, request_: str, allowed: bool) -> None:
    assert allows(held, asks(request_)) is allowed


@pytest.mark.parametrize(
    ("held", "wanted", "missing"),
    [
        ([rule("pods", "get list")], rule("pods", "get list"), []),
        ([rule("pods"), rule("pods", "list")], rule("pods", "get list"), []),
        ([rule("pods")], rule("pods", "get list"), ['{APIGroups:[""], Resources:["pods"], Verbs:["list"]}']),
        ([rule("*")], rule("pods"), []),
        ([rule("pods")], rule("*"), ['{APIGroups:[""], Resources:["*"], Verbs:["get"]}']),
        ([rule("*/log")], rule("pods/log"), []),
        ([rule("pods", names="a")], rule("pods"), ['{APIGroups:[""], Resources:["pods"], Verbs:["get"]}']),
        ([rule("pods")], rule("pods", names="a"), []),
        ([rule("pods", names="a b")], rule("pods", names="b"), []),
        (
            [rule("pods", names="a")],
            rule("pods", "get list", names="a b"),
            [
                '{APIGroups:[""], Resources:["pods"], ResourceNames:["b"], Verbs:["get" "list"]}',
                '{APIGroups:[""], Resources:["pods"], ResourceNames:["a"], Verbs:["list"]}',
            ],
        ),
        ([urls("/a/*")], urls("/a/b"), []),
        ([urls("/a")], urls("/b", "get post"), ['{NonResourceURLs:["/b"], Verbs:["get"]}',
                                                '{NonResourceURLs:["/b"], Verbs:["post"]}']),
        ([], rule("pods", "get", "apps core"), ['{APIGroups:["apps"], Resources:["pods"], Verbs:["get"]}',
                                                '{APIGroups:[""], Resources:["pods"], Verbs:["get"]}']),
    ],
)  # fmt: skip
def test_rules_cover_others(held: list[Json], wanted: Json, missing: list[str]) -> None:
    assert {describe(each) for each in compact(uncovered(held, [wanted]))} == set(missing)
