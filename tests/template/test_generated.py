"""A thousand random templates in a row: what runs gives helm's text, what fails gives helm's error."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from random import Random

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from .generator import TemplateGenerator, random_values
from .helm_oracle import helm_errors, helm_renders, steersman_renders

RUNNING = 500
FAILING = 12


@pytest.mark.oracle
@settings(max_examples=2, database=None, phases=[Phase.generate])
@given(seed=st.integers(0, 2**32))
def test_generated_templates(helm: Path, tmp_path_factory: pytest.TempPathFactory, seed: int) -> None:
    random = Random(seed)
    values = random_values(random)
    running: dict[str, str] = {}
    failing: dict[str, str] = {}
    while len(running) < RUNNING:
        template = TemplateGenerator(random).template()
        text = steersman_renders(template, deepcopy(values))
        (failing if text.startswith("Error: ") else running)[template] = text
    rendered = helm_renders(helm, tmp_path_factory.mktemp("running"), list(running), values)
    assert {
        template: (ours, theirs)
        for (template, ours), theirs in zip(running.items(), rendered, strict=True)
        if ours != theirs
    } == {}
    sample = dict(list(failing.items())[:FAILING])
    errors = helm_errors(helm, tmp_path_factory.mktemp("failing"), list(sample), values)
    assert sample == dict(zip(sample, map(str.strip, errors), strict=True))
