"""The patterns of `.Files.Glob`: https://github.com/gobwas/glob with `/` as the separator.

`*` stays within a path segment, `**` does not; `?` is one character but the separator; `[abc]`, `[a-z]`, `[!a-z]` and
`{one,two}` as in a shell.
"""

from __future__ import annotations

import re
from functools import lru_cache


class BadGlob(ValueError):
    """A pattern that the library refuses to compile."""


@lru_cache(maxsize=256)
def compiled(pattern: str) -> re.Pattern[str]:
    """The pattern as a regular expression for the whole path. Raises BadGlob."""
    text, index = _sequence(pattern, 0, nested=False)
    if index != len(pattern):
        raise BadGlob(pattern)
    return re.compile(text, re.DOTALL)


def _sequence(pattern: str, index: int, *, nested: bool) -> tuple[str, int]:
    parts: list[str] = []
    while index < len(pattern):
        character = pattern[index]
        if nested and character in ",}":
            break
        index += 1
        if character == "*":
            stars = index
            while pattern.startswith("*", index):
                index += 1
            parts.append("[^/]*" if index == stars else ".*")
        elif character == "?":
            parts.append("[^/]")
        elif character == "[":
            part, index = _characters(pattern, index)
            parts.append(part)
        elif character == "{":
            part, index = _alternatives(pattern, index)
            parts.append(part)
        elif character == "\\":
            parts.append(re.escape(pattern[index : index + 1]))
            index = min(index + 1, len(pattern))
        else:
            parts.append(re.escape(character))
    return "".join(parts), index


def _alternatives(pattern: str, index: int) -> tuple[str, int]:
    options: list[str] = []
    while True:
        option, index = _sequence(pattern, index, nested=True)
        options.append(option)
        if index >= len(pattern):
            # a brace that nothing closes stands for its first alternative
            return options[0], index
        index += 1
        if pattern[index - 1] == "}":
            return f"(?:{'|'.join(options)})", index


def _characters(pattern: str, index: int) -> tuple[str, int]:
    """`[…]`: either one range or a list; the text behind `[` starts at `index`."""
    negated = pattern.startswith("!", index)
    index += negated
    if pattern.startswith("-", index + 1):
        low, high = pattern[index], pattern[index + 2 : index + 3]
        if not pattern.startswith("]", index + 3) or low > high:
            raise BadGlob(pattern)
        members, end = f"{re.escape(low)}-{re.escape(high)}", index + 3
    else:
        found = re.compile(r"(?:[^\]\\]|\\.)+", re.DOTALL).match(pattern, index)
        if found is None or not pattern.startswith("]", found.end()):
            raise BadGlob(pattern)
        members, end = re.escape(re.sub(r"\\(.)", r"\1", found[0], flags=re.DOTALL)), found.end()
    return f"[{'^' if negated else ''}{members}]", end + 1
