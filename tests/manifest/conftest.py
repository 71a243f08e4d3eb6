"""What the manifest tests share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from .helm_oracle import ask_each

Ask = Callable[[str, Sequence[object]], list[str]]


@pytest.fixture
def ask(helm: Path, tmp_path: Path) -> Ask:
    """ask(expression, cases): what the real helm's template expression gives for each case."""

    def ask(expression: str, cases: Sequence[object]) -> list[str]:
        return ask_each(helm, tmp_path, expression, cases)

    return ask
