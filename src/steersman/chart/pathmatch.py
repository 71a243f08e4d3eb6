"""Shell patterns on paths, exactly as Go's path.Match reads them (https://pkg.go.dev/path#Match)."""

from __future__ import annotations

import re
from functools import lru_cache

from steersman.errors import SteersmanError


class BadPattern(SteersmanError):
    """A pattern that Go's path.Match refuses."""

    def __init__(self) -> None:
        super().__init__("syntax error in pattern")


def match(pattern: str, path: str) -> bool:
    """Whether the whole path matches: `*` and `?` do not cross a `/`. Raises BadPattern."""
    return compiled(pattern).fullmatch(path) is not None


@lru_cache(maxsize=256)
def compiled(pattern: str) -> re.Pattern[str]:
    """The pattern as a regular expression. Raises BadPattern."""
    parts: list[str] = []
    index = 0
    while index < len(pattern):
        character = pattern[index]
        index += 1
        if character == "*":
            parts.append("[^/]*")
        elif character == "?":
            parts.append("[^/]")
        elif character == "[":
            text, index = _bracket(pattern, index)
            parts.append(text)
        elif character == "\\":
            if index == len(pattern):
                raise BadPattern
            parts.append(re.escape(pattern[index]))
            index += 1
        else:
            parts.append(re.escape(character))
    return re.compile("".join(parts), re.DOTALL)


def _bracket(pattern: str, index: int) -> tuple[str, int]:
    """The class that starts after `[` at `index`, as a regular expression, and the index behind its `]`."""
    negated = pattern.startswith("^", index)
    index += negated
    ranges: list[str] = []
    while not (ranges and pattern.startswith("]", index)):
        low, index = _class_character(pattern, index)
        high = low
        if pattern.startswith("-", index):
            high, index = _class_character(pattern, index + 1)
        if low <= high:
            ranges.append(f"{re.escape(low)}-{re.escape(high)}")
        else:
            ranges.append("")
    members = "".join(ranges)
    if not members:
        return ("." if negated else "(?!)"), index + 1
    return f"[{'^' if negated else ''}{members}]", index + 1


def _class_character(pattern: str, index: int) -> tuple[str, int]:
    if index >= len(pattern) or pattern[index] in "-]":
        raise BadPattern
    if pattern[index] == "\\":
        index += 1
    if index >= len(pattern) - 1:
        raise BadPattern
    return pattern[index], index + 1
