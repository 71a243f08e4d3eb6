"""Rules in CEL of custom resources: what they find, and in which words."""

from __future__ import annotations

from typing import Any

import pytest

from steersman.cluster.cel import engine
from steersman.cluster.cel.rules import KEY, rule_causes, unevaluated
from steersman.cluster.schema import custom

pytestmark = pytest.mark.skipif(not engine.available(), reason="common-expression-language is not installed")

Json = dict[str, Any]

INTEGER: Json = {"type": "integer"}
SPEC: dict[str, Json] = {
    "replicas": INTEGER, "minReplicas": INTEGER, "ratio": {"type": "number"}, "name": {"type": "string"},
    "namespace": {"type": "string"}, "dash-ed": {"type": "string"}, "start": {"type": "string", "format": "date-time"},
    "every": {"type": "string", "format": "duration"}, "memory": {"type": "string"},
    "tags": {"type": "array", "items": {"type": "string"}},
    "limits": {"type": "object", "additionalProperties": {"type": "string"}},
    "ports": {"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"], "items": {
        "type": "object", "properties": {"name": {"type": "string"}, "port": {
            **INTEGER, KEY: [{"rule": "self == oldSelf", "message": "a port stays"}]}}}},
}  # fmt: skip


def schema(*rules: Json | str) -> Json:
    found = [rule if isinstance(rule, dict) else {"rule": rule} for rule in rules]
    return {"type": "object", "properties": {"spec": {"type": "object", "properties": SPEC, KEY: found}}}


def problems(rules: Json, spec: Json, old: Json | None = None) -> list[str]:
    obj: Json = {"apiVersion": "e.com/v1", "kind": "W", "metadata": {"name": "w"}, "spec": spec}
    before = {**obj, "spec": old} if old is not None else None
    found = custom.causes(rules, obj)
    return [str(each) for each in rule_causes(rules, obj, before, found)]


@pytest.mark.parametrize(
    ("rule", "good", "bad"),
    [
        ("self.minReplicas <= self.replicas", {"minReplicas": 1, "replicas": 2}, {"minReplicas": 3, "replicas": 2}),
        ("!has(self.name) || self.name.size() < 4", {}, {"name": "long"}),
        ("self.ratio / 2.0 < 1.0", {"ratio": 1}, {"ratio": 2}),
        ("self.__namespace__ != 'kube-system'", {"namespace": "a"}, {"namespace": "kube-system"}),
        ("self.dash__dash__ed == 'x'", {"dash-ed": "x"}, {"dash-ed": "y"}),
        ("self.start < timestamp('2030-01-01T00:00:00Z')", {"start": "2029-01-01T00:00:00Z"}, {"start": "2031-01-01T00:00:00Z"}),
        ("self.every >= duration('1h30m')", {"every": "2h"}, {"every": "80m"}),
        ("self.tags.all(t, t.startsWith('x'))", {"tags": ["xa"]}, {"tags": ["xa", "b"]}),
        ("self.tags.isSorted() && self.tags.indexOf('z') == -1", {"tags": ["a", "b"]}, {"tags": ["b", "a"]}),
        ("self.tags.exists_one(t, t == 'a')", {"tags": ["a", "b"]}, {"tags": ["a", "a"]}),
        ("self.limits.all(k, k in ['cpu', 'memory'])", {"limits": {"cpu": "1"}}, {"limits": {"disk": "1"}}),
        ("quantity(self.memory).isLessThan(quantity('1Gi'))", {"memory": "900Mi"}, {"memory": "2G"}),
        ("self.name.lowerAscii().split('-').join('') == 'ab'", {"name": "A-B"}, {"name": "A-C"}),
        ("self.name.find('[0-9]+') == '12'", {"name": "x12y3"}, {"name": "xy"}),
        ("self.name.matches('^[a-z]+$')", {"name": "abc"}, {"name": "a1"}),
        ("url(self.name).getScheme() == 'https'", {"name": "https://a/b"}, {"name": "http://a/b"}),
        ("self.tags.map(t, t.size()).sum() == 3", {"tags": ["a", "bb"]}, {"tags": ["a"]}),
    ],
)  # fmt: skip
def test_a_rule_holds_or_not(rule: str, good: Json, bad: Json) -> None:
    assert problems(schema(rule), good) == []
    assert problems(schema(rule), bad) == [f'spec: Invalid value: "object": failed rule: {rule}']


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"message": " too many "}, 'spec: Invalid value: "object": too many'),
        ({"messageExpression": "'have ' + string(self.replicas)"}, 'spec: Invalid value: "object": have 5'),
        ({"messageExpression": "self.nope", "message": "m"}, 'spec: Invalid value: "object": m'),
        ({"reason": "FieldValueForbidden", "message": "m"}, "spec: Forbidden: m"),
        ({"fieldPath": ".replicas", "message": "m"}, 'spec.replicas: Invalid value: "object": m'),
    ],
)
def test_what_a_broken_rule_says(more: Json, expected: str) -> None:
    assert problems(schema({"rule": "self.replicas < 3", **more}), {"replicas": 5}) == [expected]


def test_rules_of_the_root_see_the_name() -> None:
    found = {**schema(), KEY: [{"rule": "self.metadata.name.startsWith('x')", "message": "begin with x"}]}
    assert problems(found, {}) == ['<nil>: Invalid value: "object": begin with x']


def test_transition_rules_compare_with_what_was() -> None:
    rules = schema({"rule": "self.replicas >= oldSelf.replicas", "message": "never down"})
    assert problems(rules, {"replicas": 1}) == []
    assert problems(rules, {"replicas": 2}, {"replicas": 1}) == []
    assert problems(rules, {"replicas": 1}, {"replicas": 2}) == ['spec: Invalid value: "object": never down']
    ports = [{"name": "a", "port": 1}, {"name": "b", "port": 2}]
    swapped = {"ports": [{"name": "b", "port": 3}, {"name": "a", "port": 1}, {"name": "c", "port": 9}]}
    assert problems(schema(), swapped, {"ports": ports}) == [
        'spec.ports[0].port: Invalid value: "integer": a port stays'
    ]


def test_what_has_not_changed_is_not_judged_again() -> None:
    rules = schema("self.replicas < 3")
    assert problems(rules, {"replicas": 5}, {"replicas": 5}) == []
    assert len(problems(rules, {"replicas": 6}, {"replicas": 5})) == 1


@pytest.mark.parametrize(
    ("rule", "spec", "detail"),
    [
        ("self.name == 'a'", {}, "no such key: name evaluating rule: self.name == 'a'"),
        ("self.replicas / self.minReplicas == 1", {"replicas": 1, "minReplicas": 0}, "division by zero evaluating rule: "
         "self.replicas / self.minReplicas == 1"),
    ],
)  # fmt: skip
def test_a_rule_that_cannot_be_evaluated(rule: str, spec: Json, detail: str) -> None:
    assert problems(schema(rule), spec) == [f'spec: Invalid value: "object": {detail}']


def test_rules_wait_for_the_rest_of_the_schema() -> None:
    assert problems(schema("self.replicas < 3"), {"replicas": "x"}) == [
        '<nil>: Invalid value: "null": some validation rules were not checked because the object was invalid; correct the '
        "existing errors to complete validation"
    ]


def test_what_is_not_evaluated_here_is_said() -> None:
    assert unevaluated(schema("self.replicas < 3")) == []
    (unknown,) = unevaluated(schema("isIP(self.name)"))
    assert unknown.endswith("this rule is stored, but not evaluated here (the function isIP): isIP(self.name)")
    (syntax,) = unevaluated(schema("self.?name == 'x'"))
    assert "unsupported syntax" in syntax
    assert problems(schema("isIP(self.name)"), {"name": "x"}) == []
