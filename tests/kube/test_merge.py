"""Three-way strategic merge and two-way JSON merge, as tables; what kubectl and helm make of the same is in test_apply."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steersman.kube.merge import same, three_way_strategic, two_way_merge
from steersman.kube.merge_keys import MergeSchema, schema_of

POD = MergeSchema("core.v1.PodSpec")


def containers(*items: dict[str, Any]) -> dict[str, Any]:
    return {"containers": list(items)}


TABLE: list[tuple[str, dict[str, Any], dict[str, Any], dict[str, Any], dict[str, Any]]] = [
    ("nothing", {"a": 1}, {"a": 1}, {"a": 1, "b": 2}, {}),
    ("a change", {"a": 1}, {"a": 2}, {"a": 1}, {"a": 2}),
    ("drift is put right", {"a": 1}, {"a": 1}, {"a": 5}, {"a": 1}),
    ("what others added stays", {}, {"a": 1}, {"a": 1, "theirs": 1}, {}),
    ("what was dropped goes", {"a": 1, "b": 1}, {"a": 1}, {"a": 1, "b": 9}, {"b": None}),
    ("what was dropped and is gone", {"a": 1, "b": 1}, {"a": 1}, {"a": 1}, {}),
    ("a whole map is dropped", {"m": {"x": 1}}, {}, {"m": {"x": 1}}, {"m": None}),
    ("one key of a map", {"m": {"x": 1, "y": 1}}, {"m": {"x": 1}}, {"m": {"x": 1, "y": 1, "z": 1}}, {"m": {"y": None}}),
    ("a new map", {}, {"m": {"x": 1}}, {}, {"m": {"x": 1}}),
    ("a type changes", {"a": {"x": 1}}, {"a": [1]}, {"a": {"x": 1}}, {"a": [1]}),
    ("a plain list is replaced", {"l": [1]}, {"l": [1, 2]}, {"l": [1, 3]}, {"l": [1, 2]}),
    ("true is not 1", {}, {"a": True}, {"a": 1}, {"a": True}),
    ("1 is 1.0", {}, {"a": 1}, {"a": 1.0}, {}),
    (
        "one container of two",
        containers({"name": "a", "image": "1"}, {"name": "b", "image": "1"}),
        containers({"name": "a", "image": "2"}, {"name": "b", "image": "1"}),
        containers({"name": "a", "image": "1", "tty": False}, {"name": "b", "image": "1"}, {"name": "injected"}),
        {"$setElementOrder/containers": [{"name": "a"}, {"name": "b"}], "containers": [{"name": "a", "image": "2"}]},
    ),
    (
        "a container goes, an injected one stays",
        containers({"name": "a"}, {"name": "b"}),
        containers({"name": "a"}),
        containers({"name": "a"}, {"name": "b"}, {"name": "injected"}),
        {"$setElementOrder/containers": [{"name": "a"}], "containers": [{"$patch": "delete", "name": "b"}]},
    ),
    (
        "containers change places",
        containers({"name": "a"}, {"name": "b"}),
        containers({"name": "b"}, {"name": "a"}),
        containers({"name": "a"}, {"name": "b"}),
        {"$setElementOrder/containers": [{"name": "b"}, {"name": "a"}]},
    ),
    (
        "the env of a container",
        containers({"name": "a", "env": [{"name": "X", "value": "1"}, {"name": "Y", "value": "1"}]}),
        containers({"name": "a", "env": [{"name": "X", "value": "2"}]}),
        containers({"name": "a", "env": [{"name": "X", "value": "1"}, {"name": "Y", "value": "1"}]}),
        {
            "$setElementOrder/containers": [{"name": "a"}],
            "containers": [
                {
                    "name": "a",
                    "$setElementOrder/env": [{"name": "X"}],
                    "env": [{"name": "X", "value": "2"}, {"$patch": "delete", "name": "Y"}],
                }
            ],
        },
    ),
    (
        "a volume turns from one source to another",
        {"volumes": [{"name": "v", "emptyDir": {}}]},
        {"volumes": [{"name": "v", "configMap": {"name": "c"}}]},
        {"volumes": [{"name": "v", "emptyDir": {}}]},
        {
            "$setElementOrder/volumes": [{"name": "v"}],
            "volumes": [
                {"name": "v", "configMap": {"name": "c"}, "emptyDir": None, "$retainKeys": ["configMap", "name"]}
            ],
        },
    ),
    (
        "args are no set: order and repetition count",
        containers({"name": "a", "args": ["-x", "1"]}),
        containers({"name": "a", "args": ["-x", "1", "-x"]}),
        containers({"name": "a", "args": ["-x", "1"]}),
        {"$setElementOrder/containers": [{"name": "a"}], "containers": [{"name": "a", "args": ["-x", "1", "-x"]}]},
    ),
]


@pytest.mark.parametrize(
    ("original", "modified", "current", "patch"), [row[1:] for row in TABLE], ids=[r[0] for r in TABLE]
)
def test_three_way(
    original: dict[str, Any], modified: dict[str, Any], current: dict[str, Any], patch: dict[str, Any]
) -> None:
    before = copy.deepcopy((original, modified, current))
    assert three_way_strategic(original, modified, current, POD) == patch
    assert (original, modified, current) == before


def test_ports_that_share_their_key_are_replaced_together() -> None:
    """A Service's ports merge by `port`, which cannot tell DNS over TCP from DNS over UDP."""
    schema = MergeSchema("core.v1.ServiceSpec")
    both = [{"port": 53, "protocol": "TCP"}, {"port": 53, "protocol": "UDP"}]
    assert three_way_strategic({"ports": both}, {"ports": both}, {"ports": both}, schema) == {}
    patch = three_way_strategic({"ports": both}, {"ports": [both[1]]}, {"ports": both}, schema)
    assert patch == {"ports": [{"$patch": "replace"}, both[1]]}


def test_finalizers_are_a_set() -> None:
    schema = schema_of("v1", "ConfigMap")
    assert schema is not None
    patch = three_way_strategic(
        {"metadata": {"finalizers": ["a", "b"]}},
        {"metadata": {"finalizers": ["b", "c"]}},
        {"metadata": {"finalizers": ["a", "b", "theirs"]}},
        schema,
    )
    assert patch == {
        "metadata": {
            "$setElementOrder/finalizers": ["b", "c"],
            "finalizers": ["c"],
            "$deleteFromPrimitiveList/finalizers": ["a"],
        }
    }


def test_a_strategy_that_becomes_another_drops_its_old_parameters() -> None:
    schema = MergeSchema("apps.v1.DeploymentSpec")
    patch = three_way_strategic(
        {},
        {"strategy": {"type": "Recreate"}},
        {"strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%"}}},
        schema,
    )
    assert patch == {"strategy": {"type": "Recreate", "$retainKeys": ["type"]}}


@pytest.mark.parametrize(
    ("api_version", "kind", "built_in"),
    [
        ("v1", "ConfigMap", True),
        ("apps/v1", "Deployment", True),
        ("policy/v1", "PodDisruptionBudget", True),
        ("autoscaling/v2", "HorizontalPodAutoscaler", True),
        ("networking.k8s.io/v1", "Ingress", True),
        ("apiextensions.k8s.io/v1", "CustomResourceDefinition", True),
        ("apiregistration.k8s.io/v1", "APIService", False),
        ("cert-manager.io/v1", "Certificate", False),
        ("gateway.networking.k8s.io/v1", "HTTPRoute", False),
    ],
)
def test_which_kinds_are_kubernetes_own(api_version: str, kind: str, built_in: bool) -> None:
    assert (schema_of(api_version, kind) is not None) is built_in


JSON = st.recursive(
    st.booleans() | st.integers(-3, 3) | st.text("ab", max_size=2),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abcd"), inner, max_size=3),
    max_leaves=10,
)
MAPS = st.dictionaries(st.sampled_from("abcd"), JSON, max_size=4)


def apply_merge_patch(target: Any, patch: Any) -> Any:
    """RFC 7386, section 2."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = apply_merge_patch(result.get(key), value)
    return result


@given(MAPS, MAPS)
def test_a_merge_patch_leads_from_old_to_new(old: dict[str, Any], new: dict[str, Any]) -> None:
    patch = two_way_merge(old, new)
    assert same(apply_merge_patch(old, patch), new)
    assert (patch == {}) == same(old, new)


@given(MAPS, MAPS, MAPS)
def test_three_ways_where_nothing_merges(original: dict[str, Any], new: dict[str, Any], live: dict[str, Any]) -> None:
    """All that the new manifest says is there afterwards, and a second time there is nothing to do."""
    after = apply_merge_patch(live, three_way_strategic(original, new, live, MergeSchema()))
    assert all(key in after for key in new)
    assert three_way_strategic(new, new, after, MergeSchema()) == {}
    assert all(key not in after for key in original if key not in new)
