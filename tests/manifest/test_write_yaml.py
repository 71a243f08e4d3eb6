"""Writing YAML, compared with helm's toYaml and toYamlPretty of the same value."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from steersman.errors import YamlError
from steersman.manifest import yaml

from .conftest import Ask
from .helm_oracle import examples

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
NUMBERS = """0 -0.0 1e20 1e21 1e22 9223372036854775808 18446744073709551616 -1e19 1e-6 1e-7 123456 1234567.5 1e6 0.1
5e-324 1.7e308 100000 1000000 0.00001 0.0001 -1.5 1e15 123456789012345678"""
KEYS = "a10 a2 a1 a02 a01 a b A B 1 10 2 02 a-1 a-10 a-2 a_b aB ab a.b é è ١ ٢ 100 19 007 07 a1- 1.5 1.10 1.2"


def as_go_has_it(value: Any) -> Any:
    """The value after a way through JSON into Go's interface{}: every number is a float."""
    return json.loads(json.dumps(value), parse_int=float)


def written(dump: Callable[[Any], str], value: Any) -> str:
    try:
        return dump(as_go_has_it(value)).removesuffix("\n")
    except YamlError:
        return ""


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


def test_nesting_beyond_reason_is_one_clear_error() -> None:
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(YamlError, match="nested too deeply"):
        yaml.dump(deep)


@pytest.mark.oracle
def test_numbers_and_keys_written_as_helm_writes(ask: Ask) -> None:
    numbers = [float(number) for number in NUMBERS.split()]
    # Without such as 10, 1a and 2: of these Go's order makes a circle, and helm writes them as chance has it.
    cases = [*numbers, *([one, two] for one in numbers[:3] for two in numbers[3:6]), dict.fromkeys(KEYS.split(), 1.0)]
    for dump, expression in ((yaml.dump, "toYaml $case"), (yaml.dump_pretty, "toYamlPretty $case")):
        assert [written(dump, case) for case in cases] == ask(expression, cases)
