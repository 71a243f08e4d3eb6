"""helm and steer side by side."""

from __future__ import annotations

from pathlib import Path

import pytest

from .toys import Pair


@pytest.fixture
def pair(helm: Path, tmp_path: Path) -> Pair:
    return Pair(helm, tmp_path)
