"""From a place in an object to a line: of the rendered document always, of the template where that is certain."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

Path = tuple[str | int, ...]


@lru_cache(maxsize=512)
def _compose(text: str) -> Any:
    """The document's YAML nodes, which know their places; None where it is no YAML."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return yaml.compose(text, Loader=loader)
    except yaml.YAMLError:
        return None


def line_of(text: str, path: Path) -> int:
    """The 1-based line of `text` on which the key or item at `path` stands; the nearest parent's where it is not there."""
    import yaml

    node = _compose(text)
    line = node.start_mark.line + 1 if node is not None else 1
    for step in path:
        found = None
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                if key.value == str(step):
                    found, line = value, key.start_mark.line + 1
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            found = node.value[step]
            line = found.start_mark.line + 1
        if found is None:
            break
        node = found
    return line


def scalar_line(text: str, path: Path, offset: int) -> int:
    """The line of `text` that holds line `offset` (0-based) of the block scalar at `path`.

    Exact for literal blocks (`|`), whose lines stand one below the other; the scalar's own line for all others.
    """
    first = line_of(text, path)
    lines = text.splitlines()
    head = lines[first - 1].rstrip() if first <= len(lines) else ""
    is_block = head.endswith(("|", "|-", "|+")) or head.rstrip("0123456789").endswith(("|", "|-", "|+"))
    return min(first + 1 + offset, len(lines)) if is_block else first


def template_line(template: str, rendered: str, line: int) -> int | None:
    """The template's line that gave line `line` of the rendered document, where only one can have given it.

    Of several equal lines the one is taken that alone stands between the sources of the document's lines around.
    """
    places = _places(template, rendered)
    if not 1 <= line <= len(places):
        return None
    candidates = places[line - 1]
    if len(candidates) > 1:
        above = max((found[0] for found in places[: line - 1] if len(found) == 1), default=0)
        below = min((found[0] for found in places[line:] if len(found) == 1), default=len(template) + 1)
        if above < below:
            candidates = tuple(number for number in candidates if above < number < below)
    return candidates[0] if len(candidates) == 1 else None


@lru_cache(maxsize=512)
def _places(template: str, rendered: str) -> tuple[tuple[int, ...], ...]:
    """For each line of the document the template's lines that can have given it."""
    sources = [source.strip() for source in template.splitlines()]
    known: dict[str, list[int]] = {}
    for number, source in enumerate(sources, 1):
        known.setdefault(source, []).append(number)
    patterns = _patterns(sources)
    places = []
    for line in map(str.strip, rendered.splitlines()):
        found = known.get(line, []) if line else []
        if line and not found:
            found = [number for number, pattern in patterns if pattern.fullmatch(line)]
        places.append(tuple(found))
    return tuple(places)


def _patterns(sources: list[str]) -> list[tuple[int, re.Pattern[str]]]:
    """What the lines that hold actions can have become: their fixed text with anything in place of the actions."""
    patterns = []
    for number, source in enumerate(sources, 1):
        if "{{" not in source:
            continue
        parts = re.split(r"\{\{.*?\}\}", source)
        if sum(map(len, parts)) >= 3:  # with hardly any fixed text it would fit everything
            patterns.append((number, re.compile(".*".join(map(re.escape, parts)))))
    return patterns
