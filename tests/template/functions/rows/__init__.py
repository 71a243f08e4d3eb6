"""Snippets to be rendered by helm and by us, a text file for each theme of functions.

A line is a snippet; lines that begin with `#` are comments. What comes after the line `--- fails` gives an error, all before it
gives text. All see the values of `VALUES`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

# Numbers of a values file are float64 for templates; `--set` would make them int64. Helm drops keys whose value is null.
VALUES: dict[str, Any] = {
    "text": "Hello, Wörld",
    "empty": "",
    "number": 3.0,
    "float": 2.5,
    "big": 12345678.0,
    "negative": -7.0,
    "yes": True,
    "no": False,
    "list": [1.0, "two", 3.5, None, True],
    "names": ["web", "db", "cache", "db"],
    "map": {"b": 1.0, "a": {"c": "deep", "d": [1.0, 2.0]}, "z": ""},
    "nested": {"a": {"b": {"c": "found"}}},
}


class Row(NamedTuple):
    theme: str
    line: int
    snippet: str

    def __str__(self) -> str:
        return f"{self.theme}:{self.line}"


def read_rows() -> tuple[list[Row], list[Row]]:
    """The rows that give text, and those that fail."""
    renders: list[Row] = []
    fails: list[Row] = []
    for file in sorted(Path(__file__).parent.glob("*.txt")):
        rows = renders
        for number, line in enumerate(file.read_text(encoding="utf-8").split("\n"), start=1):
            if line == "--- fails":
                rows = fails
            elif line and not line.startswith("#"):
                rows.append(Row(file.stem, number, line))
    return renders, fails
