"""What holds for every rule."""

from __future__ import annotations

from pathlib import Path

import pytest

from steersman.review.model import Rule
from steersman.review.rules import all_rules

DOCS = Path(__file__).resolve().parents[2] / "docs" / "rules"
GROUPS = ("lifecycle", "script", "sql", "pod")


@pytest.mark.parametrize("rule", all_rules(), ids=lambda rule: rule.id)
def test_rule_is_named_after_its_module_and_documented(rule: Rule) -> None:
    assert rule.check.__module__.rpartition(".")[2] == rule.id.replace("-", "_")
    assert rule.group in GROUPS
    page = (DOCS / f"{rule.id}.md").read_text()
    assert page.startswith(f"# {rule.id}\n")
    assert "**Problem.**" in page
    assert "**Fix.**" in page


def test_every_page_has_its_rule() -> None:
    assert {page.stem for page in DOCS.glob("*.md")} == {rule.id for rule in all_rules()}
