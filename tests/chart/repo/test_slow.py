"""Downloads that take long are told of while they do."""

from __future__ import annotations

import pytest

from steersman.chart.repo import slow
from steersman.chart.repo.slow import on_slow, transfer
from steersman.cli.progress import Downloads, without_credentials


class Told:
    def __init__(self) -> None:
        self.words: list[tuple[str, int, int] | str] = []

    def under_way(self, url: str, size: int, total: int) -> None:
        self.words.append((url, size, total))

    def ended(self, url: str) -> None:
        self.words.append(url)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Told:
    monkeypatch.setattr(slow, "_tellers", [])
    listener = Told()
    on_slow(listener)
    return listener


def test_what_is_quick_is_not_told(told: Told) -> None:
    with transfer("u") as watched:
        watched.got(5)
    assert told.words == []


def test_what_comes_after_a_second_is_told(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slow, "SECONDS", 0.0)
    with transfer("u") as watched:
        watched.total = 9
        watched.got(5)
        watched.got(4)
    assert [word for word in told.words if word != ("u", 0, 0)] == [("u", 5, 9), ("u", 9, 9), "u"]


def test_where_lines_stay_there_are_few(capsys: pytest.CaptureFixture[str]) -> None:
    downloads = Downloads()
    for size in (0, 1_000_000, 2_000_000):
        downloads.under_way("http://x/c.tgz", size, 3_000_000)
    downloads.ended("http://x/c.tgz")
    assert capsys.readouterr().err == "downloading http://x/c.tgz …\n"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("http://x/a.tgz", "http://x/a.tgz"),
        ("http://ada:secret@x:1/a.tgz?token=secret", "http://x:1/a.tgz"),
        ("https://x", "https://x"),
    ],
)
def test_urls_are_shown_without_secrets(url: str, shown: str) -> None:
    assert without_credentials(url) == shown
