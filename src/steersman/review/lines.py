"""From a place in an object to a line: of the rendered document always, of the template where that is certain."""

from __future__ import annotations

from typing import Any

Path = tuple[str | int, ...]


def line_of(text: str, path: Path) -> int:
    """The 1-based line of `text` on which the key or item at `path` stands; the nearest parent's where it is not there."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        node: Any = yaml.compose(text, Loader=loader)
    except yaml.YAMLError:
        return 1
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
    """The template's line that gave line `line` of the rendered document, where only one can have given it."""
    lines = rendered.splitlines()
    if not 1 <= line <= len(lines):
        return None
    wanted = lines[line - 1].strip()
    if not wanted:
        return None
    sources = template.splitlines()
    same = [number for number, source in enumerate(sources, 1) if source.strip() == wanted]
    if len(same) == 1:
        return same[0]
    return _by_fixed_parts(sources, wanted) if not same else None


def _by_fixed_parts(sources: list[str], wanted: str) -> int | None:
    """The one line whose text around its actions fits."""
    import re

    fitting = []
    for number, source in enumerate(sources, 1):
        if "{{" not in source:
            continue
        parts = re.split(r"\{\{.*?\}\}", source.strip())
        if sum(map(len, parts)) < 3:  # hardly any fixed text: it would fit everything
            continue
        if re.fullmatch(".*".join(map(re.escape, parts)), wanted):
            fitting.append(number)
    return fitting[0] if len(fitting) == 1 else None
