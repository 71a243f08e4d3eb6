"""How long a repository may take to answer is `--timeout`'s to say."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from .conftest import Steer


def test_a_repository_that_never_answers_is_given_up_after_the_timeout(
    steer: Steer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HELM_REPOSITORY_CONFIG", str(tmp_path / "repositories.yaml"))
    monkeypatch.setenv("HELM_REPOSITORY_CACHE", str(tmp_path / "cache"))
    with socket.create_server(("127.0.0.1", 0)) as silent:
        done = steer("repo", "add", "slow", f"http://127.0.0.1:{silent.getsockname()[1]}", "--timeout", "50ms")
    assert done.code == 1
    assert "timed out" in done.err
    assert not (tmp_path / "repositories.yaml").exists()


def test_a_timeout_that_is_no_duration_is_refused_in_the_words_of_helm(steer: Steer) -> None:
    done = steer("repo", "update", "--timeout", "nonsense")
    assert done.code != 0
    assert 'time: invalid duration "nonsense"' in done.err
