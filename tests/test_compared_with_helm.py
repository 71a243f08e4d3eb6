"""docs/compared-with-helm.md claims nothing without a test that exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent
ROWS = re.findall(r"^\| (\d+) \|.*$", (PROJECT / "docs" / "compared-with-helm.md").read_text(encoding="utf-8"), re.M)
LINES = [
    line
    for line in (PROJECT / "docs" / "compared-with-helm.md").read_text(encoding="utf-8").splitlines()
    if re.match(r"\| \d", line)
]


def test_every_pain_has_a_row() -> None:
    assert [int(number) for number in ROWS] == list(range(1, 26))


@pytest.mark.parametrize("line", LINES, ids=ROWS)
def test_the_tests_that_are_named_exist(line: str) -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", line.rpartition(" | ")[2])
    assert named
    for path, name in named:
        assert re.search(rf"^(async )?def {name}\(", (PROJECT / path).read_text(encoding="utf-8"), re.M), (
            f"{path}::{name}"
        )
