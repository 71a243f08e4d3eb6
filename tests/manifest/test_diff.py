"""Differences between objects and between manifest sets, and what is never shown."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steersman.manifest.diff import (
    MASKED,
    MASKED_NEW,
    MASKED_OLD,
    Change,
    ChangeKind,
    diff_objects,
    diff_sets,
    masked,
    text_diff,
)

ADDED, REMOVED, CHANGED, REORDERED = ChangeKind


def pod(name: str = "web", **spec: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec}


CASES: list[tuple[dict[str, Any], dict[str, Any], list[Change]]] = [
    ({"a": 1}, {"a": 1}, []),
    ({"a": 1}, {"a": 2}, [Change("a", CHANGED, 1, 2)]),
    ({"a": 1}, {"a": True}, [Change("a", CHANGED, 1, True)]),
    ({"a": 1}, {"b": 1}, [Change("a", REMOVED, 1), Change("b", ADDED, None, 1)]),
    ({"a": None}, {}, [Change("a", REMOVED, None)]),
    ({"a": {"b": {"c": 1}}}, {"a": {"b": {"c": 2}}}, [Change("a.b.c", CHANGED, 1, 2)]),
    ({"a": {"x.y/z": 1}}, {"a": {"x.y/z": 2}}, [Change('a["x.y/z"]', CHANGED, 1, 2)]),
    ({"a": [1, 2]}, {"a": [1, 3, 4]}, [Change("a[1]", CHANGED, 2, 3), Change("a[2]", ADDED, None, 4)]),
    ({"a": [1, 2]}, {"a": [1]}, [Change("a[1]", REMOVED, 2)]),
    (
        {"a": [{"name": "x", "v": 1}, {"name": "y"}]},
        {"a": [{"name": "z"}, {"name": "x", "v": 2}]},
        [
            Change("a[x].v", CHANGED, 1, 2),
            Change("a[y]", REMOVED, {"name": "y"}),
            Change("a[z]", ADDED, None, {"name": "z"}),
        ],
    ),
    (
        {"a": [{"name": "x"}, {"name": "y"}]},
        {"a": [{"name": "y"}, {"name": "x"}]},
        [Change("a", REORDERED, ["x", "y"], ["y", "x"])],
    ),
    ({"a": [{"name": "x"}, {"name": "x"}]}, {"a": [{"name": "x"}]}, [Change("a[1]", REMOVED, {"name": "x"})]),
    ({"a": [1]}, {"a": {"b": 1}}, [Change("a", CHANGED, [1], {"b": 1})]),
]


@pytest.mark.parametrize(("old", "new", "changes"), CASES)
def test_changes(old: dict[str, Any], new: dict[str, Any], changes: list[Change]) -> None:
    assert diff_objects(old, new) == changes


def test_server_fields_are_ignored_on_request() -> None:
    live = pod(image="x")
    live["metadata"] |= {
        "uid": "u",
        "resourceVersion": "7",
        "generation": 2,
        "managedFields": [],
        "creationTimestamp": "t",
    }
    live["status"] = {"phase": "Running"}
    assert diff_objects(pod(image="x"), live, ignore_server_fields=True) == []
    assert {change.path for change in diff_objects(pod(image="x"), live)} >= {"status", "metadata.uid"}
    assert text_diff(pod(image="x"), live, ignore_server_fields=True) == ""


def test_sets() -> None:
    old = [pod("a", image="1"), pod("b"), pod("c")]
    new = [pod("d"), pod("a", image="2"), pod("c")]
    found = diff_sets(old, new)
    assert [(str(one.identity), one.kind) for one in found] == [
        ("Pod/a", CHANGED),
        ("Pod/b", REMOVED),
        ("Pod/d", ADDED),
    ]
    assert found[0].changes == (Change("spec.image", CHANGED, "1", "2"),)


def test_an_object_that_moves_to_another_version_is_the_same() -> None:
    old = {"apiVersion": "batch/v1beta1", "kind": "CronJob", "metadata": {"name": "x"}}
    (found,) = diff_sets([old], [old | {"apiVersion": "batch/v1"}])
    assert [change.path for change in found.changes] == ["apiVersion"]


def test_text() -> None:
    assert text_diff(pod(image="1", tty=True), pod(image="2", tty=True), context=1) == (
        '--- Pod/web\n+++ Pod/web\n@@ -5,3 +5,3 @@\n spec:\n-  image: "1"\n+  image: "2"\n   tty: true\n'
    )
    assert text_diff(None, {"kind": "Pod"}) == "--- /dev/null\n+++ Pod\n@@ -0,0 +1 @@\n+kind: Pod\n"
    assert text_diff({"kind": "Pod"}, None) == "--- Pod\n+++ /dev/null\n@@ -1 +0,0 @@\n-kind: Pod\n"


def secret(**data: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "data": data}


def test_secrets_show_that_they_changed_but_never_what_they_hold() -> None:
    old = secret(same="c2FtZQ==", changed="b2xk", gone="Z29uZQ==")
    new = secret(same="c2FtZQ==", changed="bmV3", come="Y29tZQ==")
    assert diff_objects(old, new) == [
        Change("data.changed", CHANGED, MASKED_OLD, MASKED_NEW),
        Change("data.come", ADDED, None, MASKED),
        Change("data.gone", REMOVED, MASKED),
    ]
    assert f"-  changed: '{MASKED_OLD}'\n" in text_diff(old, new)
    assert old["data"]["changed"] == "b2xk"


def test_string_data_is_what_the_server_makes_of_it() -> None:
    given_text = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "stringData": {"a": "old"}}
    assert diff_objects(secret(a="b2xk"), given_text) == []
    assert diff_objects(secret(a="bmV3"), given_text) == [Change("data.a", CHANGED, MASKED_OLD, MASKED_NEW)]


def test_secrets_inside_lists_and_annotations_are_masked() -> None:
    annotated = secret(a="aHVzaA==")
    annotated["metadata"] |= {"annotations": {"kubectl.kubernetes.io/last-applied-configuration": "aHVzaA=="}}
    wrapped: dict[str, Any] = {"apiVersion": "v1", "kind": "List", "items": [annotated, pod()]}
    changed = copy.deepcopy(wrapped)
    changed["items"][0]["data"]["a"] = "bG91ZA=="
    for shown in (masked(annotated), masked(wrapped), diff_sets([wrapped], [changed]), text_diff(wrapped, changed)):
        assert "aHVzaA" not in str(shown)
        assert "bG91ZA" not in str(shown)
    assert diff_objects(wrapped, changed) == [Change("items[0].data.a", CHANGED, MASKED_OLD, MASKED_NEW)]


scalars = st.none() | st.booleans() | st.integers(0, 2) | st.sampled_from(["a", "b"])
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["name", "x", "y.z"]), inner, max_size=3)
    ),
    max_leaves=8,
)
objects = st.dictionaries(st.sampled_from(["name", "x", "y.z"]), values, max_size=3)


@given(objects, objects)
def test_there_are_changes_exactly_where_there_is_a_text_diff(old: dict[str, Any], new: dict[str, Any]) -> None:
    assert bool(diff_objects(old, new)) == bool(text_diff(old, new))
    assert diff_objects(old, old) == []
