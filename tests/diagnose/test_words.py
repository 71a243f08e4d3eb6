"""That no pattern is left out for a text in which it would have been found."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from steersman.diagnose import reading, words
from steersman.diagnose.facts import Facts, HookFacts, RunFacts
from steersman.diagnose.ranking import diagnose
from steersman.diagnose.words import needed

RECORDED = sorted((Path(__file__).parent / "recorded").rglob("*.txt"))
FACTS = Facts(release="r", namespace="apps", hook=HookFacts("m"), run=RunFacts(exit_code=1))


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        (r"relation \"(?P<name>[^\"]+)\" does not exist", {'" does not exist'}),
        (r"(?i)ENOSPC|No space left", {"enospc", "no space left"}),
        (r"(?:Disk )?full\b", {"full"}),
        (r"(?:ab|c)+done(?!e)", {"done"}),
        (r"\d+|never", set()),
        (r"x*", set()),
    ],
)
def test_the_longest_words_that_must_be_there_are_found(pattern: str, expected: set[str]) -> None:
    assert needed(re.compile(pattern)) == expected


def test_what_is_left_out_would_not_have_been_found(monkeypatch: pytest.MonkeyPatch) -> None:
    logs = [tuple(path.read_bytes().decode().split("\n")) for path in RECORDED]
    quick = [diagnose(replace(FACTS, logs=log)) for log in logs]
    monkeypatch.setattr(reading, "possible", lambda patterns, text: patterns)
    assert [diagnose(replace(FACTS, logs=log)) for log in logs[::7]] == quick[::7]


@pytest.mark.parametrize("line", ["x" * 20000, "a: " * 5000, '"' * 5000, "/a" * 5000, 'exec: "' + "y" * 20000])
def test_patterns_never_see_a_very_long_line_whole(line: str) -> None:
    assert len(reading.plain(line)) < 4010
    assert diagnose(replace(FACTS, logs=(line,))).cause in ("exit-code", "unknown")


def test_where_pythons_parser_is_another_one_all_patterns_are_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(words, "parser", None)
    needed.cache_clear()
    try:
        assert needed(re.compile("ENOSPC")) == frozenset()
    finally:
        needed.cache_clear()


def test_the_end_of_a_very_long_line_counts() -> None:
    found = diagnose(replace(FACTS, logs=("x" * 20000 + ' ERROR:  relation "agents" does not exist',)))
    assert found.cause == "table-missing"
