"""Laws that hold for every object: of field sets, of patches, of server-side apply, of quantities, of durations."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from steersman.cluster.fields import fieldset
from steersman.cluster.fields.typed import compare, merge, remove, to_set
from steersman.cluster.patch.json_patch import json_patch, same
from steersman.cluster.patch.merge import merge_patch
from steersman.cluster.patch.strategic import strategic_merge_patch
from steersman.cluster.resources import Registry
from steersman.cluster.schema import quantity
from steersman.cluster.schema.decode import decode
from steersman.cluster.selectors import label_test, match_labels

Json = dict[str, Any]

REGISTRY = Registry()
DEPLOYMENT = REGISTRY.node("apps/v1", "Deployment")
PLAIN = settings(max_examples=40, derandomize=True)

WORD = st.sampled_from(["a", "b", "c"])
ENV = st.lists(
    st.fixed_dictionaries({"name": WORD, "value": WORD}), min_size=1, max_size=3, unique_by=lambda item: item["name"]
)
CONTAINERS = st.lists(
    st.fixed_dictionaries(
        {"name": WORD, "image": WORD}, optional={"env": ENV, "args": st.lists(WORD, min_size=1, max_size=2)}
    ),
    min_size=1,
    max_size=3,
    unique_by=lambda item: item["name"],
)
OBJECTS = st.builds(
    lambda containers, labels: {
        "metadata": {"name": "d", "labels": labels},
        "spec": {"template": {"metadata": {}, "spec": {"containers": containers}}},
    },
    CONTAINERS,
    st.dictionaries(WORD, WORD, min_size=1),
)
JSON_VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-5, 5), st.text("ab", max_size=2)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text("ab", max_size=2), inner, max_size=3)),
    max_leaves=8,
)


@PLAIN
@given(OBJECTS, OBJECTS)
def test_field_sets_obey_the_algebra_of_sets(one: Json, two: Json) -> None:
    left, right = to_set(DEPLOYMENT, one), to_set(DEPLOYMENT, two)
    assert fieldset.union(left, right) == fieldset.union(right, left)
    assert fieldset.difference(left, left) == {}
    assert fieldset.intersection(left, left) == left
    both = fieldset.intersection(left, right)
    assert fieldset.union(fieldset.difference(left, right), both) == left
    assert fieldset.difference(both, right) == {}
    assert set(fieldset.paths(both)) == set(fieldset.paths(left)) & set(fieldset.paths(right))


@PLAIN
@given(OBJECTS, OBJECTS)
def test_merging_takes_all_that_is_applied_and_keeps_the_rest(live: Json, config: Json) -> None:
    merged = merge(DEPLOYMENT, live, config)
    assert merge(DEPLOYMENT, merged, config) == merged
    found = to_set(DEPLOYMENT, merged)
    assert found == fieldset.union(to_set(DEPLOYMENT, live), to_set(DEPLOYMENT, config))
    changed = compare(DEPLOYMENT, live, merged)
    assert changed.removed == {}
    assert fieldset.difference(changed.modified, to_set(DEPLOYMENT, config)) == {}


@PLAIN
@given(OBJECTS)
def test_removing_every_field_leaves_nothing(obj: Json) -> None:
    assert remove(DEPLOYMENT, obj, {}) == obj
    assert remove(DEPLOYMENT, obj, to_set(DEPLOYMENT, obj)) in (None, {"spec": {"template": {"metadata": {}}}})


@PLAIN
@given(OBJECTS)
def test_reading_what_was_read_changes_nothing(obj: Json) -> None:
    unknown: list[str] = []
    once = decode(DEPLOYMENT, obj, unknown)
    assert unknown == []
    assert decode(DEPLOYMENT, once, unknown) == once


@PLAIN
@given(OBJECTS, OBJECTS)
def test_a_strategic_patch_twice_is_the_patch_once(obj: Json, patch: Json) -> None:
    before = copy.deepcopy(obj)
    once = strategic_merge_patch(DEPLOYMENT, obj, patch)
    assert strategic_merge_patch(DEPLOYMENT, once, patch) == once
    assert obj == before


@PLAIN
@given(JSON_VALUES, JSON_VALUES)
def test_a_merge_patch_twice_is_the_patch_once(target: Any, patch: Any) -> None:
    once = merge_patch(target, patch)
    assert same(merge_patch(once, patch), once)


@PLAIN
@given(
    st.dictionaries(st.text("a~/", min_size=1, max_size=3), JSON_VALUES, max_size=4),
    st.text("a~/", max_size=3),
    JSON_VALUES,
)
def test_what_a_json_patch_adds_it_can_test_and_remove(target: Json, key: str, value: Any) -> None:
    path = "/" + key.replace("~", "~0").replace("/", "~1")
    add, test, drop = ({"op": op, "path": path, "value": value} for op in ("add", "test", "remove"))
    assert same(json_patch(target, [add, test]), {**target, key: value})
    rest = {name: item for name, item in target.items() if name != key}
    assert same(json_patch(target, [add, drop]), rest)


@PLAIN
@given(st.integers(-(10**6), 10**6), st.sampled_from(["", "m", "k", "M", "Ki", "Mi", "Gi", "u", "e3"]))
def test_a_canonical_quantity_is_the_same_amount(number: int, suffix: str) -> None:
    text = f"{number}{suffix}"
    shown = quantity.canonical(text)
    assert quantity.value(shown) == quantity.value(text)
    assert quantity.canonical(shown) == shown


@PLAIN
@given(st.dictionaries(WORD, WORD), st.dictionaries(WORD, WORD, min_size=1))
def test_a_selector_means_the_same_as_text_and_as_object(labels: dict[str, str], wanted: dict[str, str]) -> None:
    text = ",".join(f"{key}={value}" for key, value in wanted.items())
    test = label_test(text)
    assert test is not None
    assert test(labels) == match_labels({"matchLabels": wanted})(labels) == (wanted.items() <= labels.items())
