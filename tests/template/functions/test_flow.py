"""Other ways to run: with a cluster to look things up in, with DNS, and for lint."""

from __future__ import annotations

from typing import Any

from steersman.template.environment import Environment
from steersman.template.functions.flow import RunOptions, for_run
from steersman.template.functions.registry import FUNCTIONS


def _render(snippet: str, options: RunOptions) -> str:
    environment = Environment({**FUNCTIONS, **for_run(options)}, cache=False)
    environment.parse("t", snippet)
    return environment.render("t", {})


def test_lookup_asks_the_cluster() -> None:
    asked: list[tuple[str, ...]] = []

    def lookup(*question: str) -> dict[str, Any]:
        asked.append(question)
        return {"metadata": {"name": "found"}}

    text = _render('{{ (lookup "v1" "Secret" "ns" "x").metadata.name }}', RunOptions(lookup=lookup))
    assert text == "found"
    assert asked == [("v1", "Secret", "ns", "x")]


def test_lint_tells_of_what_is_missing_and_goes_on() -> None:
    told: list[tuple[str, str, str]] = []
    snippet = '<{{ required "a is needed" .a }}{{ required "b" "b" }}{{ fail "no" }}>{{ lookup "v1" "Pod" "" "" }}'
    options = RunOptions(lint=True, tell=lambda *words: told.append(words), lookup=lambda *question: {"never": "asked"})
    assert _render(snippet, options) == "<b>map[]"
    assert told == [("WARN", "missing required value", "a is needed"), ("INFO", "funcMap fail", "no")]


def test_dns_only_where_it_is_enabled() -> None:
    assert _render('{{ getHostByName "localhost" }}', RunOptions()) == ""
    assert _render('{{ getHostByName "localhost" }}', RunOptions(dns=True)) in ("127.0.0.1", "::1")
