"""A cluster in the process of whoever asks for it."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from steersman.cluster.local import local_cluster_in_thread


def test_what_hinders_the_start_is_raised_where_it_was_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))
    with pytest.raises(FileNotFoundError), local_cluster_in_thread():
        pass
