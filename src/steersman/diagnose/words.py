"""Which words a text must contain for a pattern to be found in it: hundreds of patterns need not be tried on every line then."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

parser: Any
try:  # no public part of Python: where it is missing or another one, every pattern is tried
    from re import _parser as parser  # type: ignore[attr-defined,no-redef]
except ImportError:
    parser = None


@lru_cache(maxsize=4096)
def needed(pattern: re.Pattern[str]) -> frozenset[str]:
    """Words in small letters, one of which stands in every text (in small letters) that `pattern` matches; empty: not known."""
    try:
        return _of(parser.parse(pattern.pattern, pattern.flags & ~re.DEBUG)) or frozenset()
    except (AttributeError, TypeError, ValueError):
        return frozenset()


def possible(patterns: Iterable[re.Pattern[str]], text: str) -> list[re.Pattern[str]]:
    """The patterns that may be found in a text, which is given in small letters."""
    return [pattern for pattern in patterns if not (words := needed(pattern)) or any(word in text for word in words)]


def _of(parts: Any) -> frozenset[str] | None:
    """Of what must all be there, the words that are the longest; None where no word must."""
    found: list[frozenset[str]] = []
    run = ""
    for operation, argument in parts:
        if operation is parser.LITERAL:
            run += chr(argument).lower()
            continue
        if run:
            found.append(frozenset({run}))
            run = ""
        inside = _inside(operation, argument)
        if inside:
            found.append(inside)
    if run:
        found.append(frozenset({run}))
    return max(found, key=lambda words: min(map(len, words)), default=None)


def _inside(operation: Any, argument: Any) -> frozenset[str] | None:
    if operation is parser.SUBPATTERN:
        return _of(argument[3])
    if operation in (parser.MAX_REPEAT, parser.MIN_REPEAT) and argument[0] > 0:
        return _of(argument[2])
    if operation is parser.BRANCH:
        branches = [_of(branch) for branch in argument[1]]
        return None if None in branches else frozenset[str]().union(*(branch for branch in branches if branch))
    return None  # a class of characters, a place, a look around, what may be left out
