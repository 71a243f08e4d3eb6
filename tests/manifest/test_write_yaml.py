"""Writing YAML, compared with helm's toYaml and toYamlPretty of the same value."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from steersman.errors import YamlError
from steersman.manifest import yaml

from .conftest import Ask

ALPHABET = "ab yn01.:-#'\"\\\n\t&*!|>%@`{}[],?~=<é😀\u2028\x85\x7f\x01\ufeff\r/_eE+xXoOZT"
texts = st.text(alphabet=ALPHABET, max_size=12) | st.text(alphabet="ab c:'\n-#\\\"é", min_size=60, max_size=240)
SPECIAL = "yes no null ~ true 0x1 1e3 1_000 0o7 08 2001-12-14 12:30:45 1:2 .5 .inf << - -- --- ... a10 a2 A b1 b01 b001"
words = st.sampled_from([*SPECIAL.split(), ""])
numbers = st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
values = st.recursive(
    st.none() | st.booleans() | numbers | texts | words,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts | words, inner, max_size=5),
    max_leaves=12,
)


def as_go_has_it(value: Any) -> Any:
    """The value after a way through JSON into Go's interface{}: every number is a float."""
    return json.loads(json.dumps(value), parse_int=float)


def written(dump: Callable[[Any], str], value: Any) -> str:
    try:
        return dump(as_go_has_it(value)).removesuffix("\n")
    except YamlError:
        return ""


def examples(strategy: st.SearchStrategy[Any], count: int) -> list[Any]:
    """Generated values, gathered so that helm can be asked about all of them at once."""
    found: list[Any] = []

    @settings(max_examples=count, deadline=None, database=None)
    @given(strategy)
    def gather(value: Any) -> None:
        found.append(value)

    gather()
    return found


@pytest.mark.oracle
@pytest.mark.parametrize(
    ("dump", "expression"), [(yaml.dump, "toYaml $case"), (yaml.dump_pretty, "toYamlPretty $case")]
)
def test_written_as_helm_writes(ask: Ask, dump: Callable[[Any], str], expression: str) -> None:
    cases = examples(values, 400)
    different = [
        (value, ours, said)
        for value, said in zip(cases, ask(expression, cases), strict=True)
        if (ours := written(dump, value)) != said
    ]
    assert different == []


def has_merge_key(value: Any) -> bool:
    if isinstance(value, dict):
        return "<<" in value or any(has_merge_key(item) for item in value.values())
    return isinstance(value, list) and any(has_merge_key(item) for item in value)


@settings(deadline=None)
@given(values)
def test_what_is_written_reads_the_same(value: Any) -> None:
    value = as_go_has_it(value)
    # Two things that Go's writer writes are not what its reader reads: the key `<<` and, by way of JSON, U+0085.
    assume(not has_merge_key(value) and "\\u0085" not in json.dumps(value))
    for dump in (yaml.dump, yaml.dump_pretty):
        try:
            text = dump(value)
        except YamlError:
            continue
        assert yaml.load(text, numbers="float64") == value
