"""`plain_json` says what `json` says, of good and of bad texts."""

from __future__ import annotations

import _json
import json
import sys
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steersman import plain_json

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.integers() | st.none() | st.booleans(), inner),
    max_leaves=20,
)


def said(function: Callable[..., Any], *arguments: Any, **options: Any) -> str:
    """The answer, or the error."""
    try:
        return repr(function(*arguments, **options))
    except (ValueError, TypeError) as error:
        return f"{type(error).__name__}: {error}"


@given(ANYTHING, st.booleans())
def test_written_as_json_writes_it(data: Any, ensure_ascii: bool) -> None:
    expected = said(json.dumps, data, ensure_ascii=ensure_ascii, separators=(",", ":"))
    assert said(plain_json.dumps, data, ensure_ascii=ensure_ascii) == expected


@given(
    ANYTHING,
    st.sampled_from([None, 1]),
    st.integers(0, 60),
    st.sampled_from(["", "x", "}", " ", "\n", ",", "\\", "\0"]),
)
def test_read_as_json_reads_it(data: Any, indent: int | None, place: int, more: str) -> None:
    text = json.dumps(data, indent=indent)
    for version in (text, f" {text}\r\n", text[:place] + more + text[place:], text[:place]):
        assert said(plain_json.loads, version) == said(json.loads, version)
        for code in ("utf-8", "utf-8-sig", "utf-16"):
            assert said(plain_json.loads, version.encode(code)) == said(json.loads, version.encode(code))


@pytest.mark.parametrize(
    "text", ["", " ", "[NaN,-Infinity]", '"\t"', b"\xff", b'"\xed\xa0\x80"', "\ufeff{}", "{} {}", "[1,]"]
)
def test_odd_texts(text: str | bytes) -> None:
    assert said(plain_json.loads, text) == said(json.loads, text)


def test_what_json_cannot_say() -> None:
    circle: list[Any] = []
    circle.append(circle)
    for data in (circle, object(), {(1, 2): 3}, {"a": {1, 2}}):
        assert said(plain_json.dumps, data) == said(json.dumps, data)


def of_another_kind(*given: object) -> None:
    raise TypeError("make_encoder() takes more than that")


@pytest.mark.parametrize(
    "part", [None, SimpleNamespace(), SimpleNamespace(**{**vars(_json), "make_encoder": of_another_kind})]
)
def test_where_cpythons_own_part_is_missing_or_another_one(monkeypatch: pytest.MonkeyPatch, part: Any) -> None:
    monkeypatch.setitem(sys.modules, "_json", part)
    monkeypatch.setattr(plain_json, "_scan", None)
    scan, writer = plain_json._parts()
    assert (scan, writer) == (None, None)
    monkeypatch.setattr(plain_json, "_writer", None)
    assert plain_json.loads(b'{"a": [1, 2.5, "\xc3\xa4"]}') == {"a": [1, 2.5, "ä"]}
    assert plain_json.dumps({"a": "ä"}) == '{"a":"\\u00e4"}'
    assert plain_json.dumps({"a": "ä"}, ensure_ascii=False) == '{"a":"ä"}'


def test_depth_is_bounded_by_the_interpreter() -> None:
    with pytest.raises(RecursionError):
        plain_json.loads("[" * (sys.getrecursionlimit() * 100))
