"""Every row of every table: helm and we give the same text, or the same error."""

from __future__ import annotations

import re
from copy import deepcopy
from pathlib import Path

import pytest

from steersman.template.functions.registry import FUNCTIONS

from .oracle import helm_errors, helm_lint_errors, helm_renders, steersman_renders
from .rows import VALUES, Row, read_rows

pytestmark = pytest.mark.oracle

_RENDERS, _FAILS = read_rows()


def _ours(snippet: str) -> str:
    # a copy for each snippet, as some change what they are given
    return steersman_renders(snippet, deepcopy(VALUES))


@pytest.fixture(scope="module")
def helm_texts(helm: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[Row, str]:
    snippets = [row.snippet for row in _RENDERS]
    answers = helm_renders(helm, tmp_path_factory.mktemp("renders"), snippets, VALUES)
    return dict(zip(_RENDERS, answers, strict=True))


@pytest.fixture(scope="module")
def helm_failures(helm: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[Row, str]:
    snippets = [row.snippet for row in _FAILS]
    answers = helm_lint_errors(helm, tmp_path_factory.mktemp("fails"), snippets, VALUES)
    return dict(zip(_FAILS, answers, strict=True))


@pytest.mark.parametrize("row", _RENDERS, ids=str)
def test_text(row: Row, helm_texts: dict[Row, str]) -> None:
    assert _ours(row.snippet) == helm_texts[row]


@pytest.mark.parametrize("row", _FAILS, ids=str)
def test_error(row: Row, helm_failures: dict[Row, str]) -> None:
    assert helm_failures[row], "helm does not fail here"
    assert _ours(row.snippet) == f"Error: {helm_failures[row]}"


def test_messages_of_the_charts_author(helm: Path, tmp_path: Path) -> None:
    snippets = [
        '{{ fail "no: way\\nat all" }}',
        '{{ required "a value is needed" .Values.nothing }}',
        '{{ required "empty counts" "" }}',
        '{{ define "inner" }}{{ .Values.nope | required "deep inside" }}{{ end }}{{ include "inner" . }}',
    ]
    assert [_ours(snippet) for snippet in snippets] == helm_errors(helm, tmp_path, snippets, VALUES)


def test_every_function_has_a_row() -> None:
    words = set(re.findall(r"\w+", " ".join(row.snippet for row in [*_RENDERS, *_FAILS])))
    assert sorted(set(FUNCTIONS) - words) == []
