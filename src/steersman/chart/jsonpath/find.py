"""What a parsed template finds in values, and how that is printed."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any

from steersman.chart.jsonpath.parse import (
    Field,
    Filter,
    Literal,
    Nodes,
    Recursive,
    Slice,
    Union,
    Wildcard,
    Word,
    parse,
)
from steersman.errors import UsageError

_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


class NothingFound(Exception):
    """The path leads nowhere: nothing at all is printed then."""


def render(template: str, values: Any) -> str:
    """The template with what it finds in `values`; "" where one of its paths leads nowhere, as helm has it.

    Beyond helm, whole numbers compare with the numbers of values, and `{.}` is all of them. Raises UsageError for a
    template that does not parse.
    """
    try:
        actions = parse(template)
    except UsageError as error:
        raise UsageError(f"error parsing jsonpath {template}: {error}") from None
    try:
        results, _ = _run(actions, 0, values, depth=0)
    except NothingFound:
        return ""
    return "".join(" ".join(map(_text, found)) for found in results)


def _run(actions: Sequence[Nodes], at: int, data: Any, *, depth: int) -> tuple[list[list[Any]], int]:
    """The results of the actions from `at` to the end of their range, and where that is."""
    results: list[list[Any]] = []
    while at < len(actions):
        nodes = actions[at]
        at += 1
        if Word("end") in nodes:
            if not depth:
                raise NothingFound("not in range, nothing to end")
            return results, at
        found = _walk([data], nodes)
        if Word("range") not in nodes:
            results.append(found)
            continue
        after = at
        for value in found:
            inner, after = _run(actions, at, value, depth=depth + 1)
            results += inner
        at = after if found else _end_of_range(actions, at)
    if depth:
        raise NothingFound("a range without its end")
    return results, at


def _end_of_range(actions: Sequence[Nodes], at: int) -> int:
    depth = 1
    while at < len(actions) and depth:
        depth += (Word("range") in actions[at]) - (Word("end") in actions[at])
        at += 1
    return at


def _walk(values: list[Any], nodes: Nodes) -> list[Any]:
    for node in nodes:
        match node:
            case Literal(value=value):
                values = [value]
            case Field():
                values = _field(values, node.name)
            case Wildcard():
                values = [inner for value in values for inner in _entries(value)]
            case Recursive():
                values = _below(values)
            case Slice():
                values = [item for value in values if value is not None for item in _sliced(value, node)]
            case Union():
                values = [found for part in node.parts for found in _walk(values, part)]
            case Filter():
                values = [item for value in values for item in _list(value) if _passes(item, node)]
            case Word(word="range"):
                pass
            case Word():
                raise NothingFound(f"unrecognized identifier {node.word}")
    return values


def _field(values: list[Any], name: str) -> list[Any]:
    if not values or not name:
        return values
    found = [value[name] for value in values if isinstance(value, dict) and name in value]
    if not found:
        raise NothingFound(f"{name} is not found")
    return found


def _entries(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [value[key] for key in sorted(value)]
    return value if isinstance(value, list) else []


def _below(values: list[Any]) -> list[Any]:
    found = []
    for value in values:
        if inner := _entries(value):
            found += [value, *_below(inner)]
    return found


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise NothingFound("not an array or slice")
    return value


def _sliced(value: Any, wanted: Slice) -> list[Any]:
    items = _list(value)
    start = wanted.start or 0
    stop = start + 1 if wanted.single else len(items) if wanted.stop is None else wanted.stop
    if start < 0:
        start += len(items)
    if stop < 0 or (stop == 0 and wanted.single):
        stop += len(items)
    if start == stop:
        return []
    outside = not (0 <= start < len(items) and 0 <= stop <= len(items) and start <= stop)
    if outside or (wanted.step is not None and wanted.step <= 0):
        raise NothingFound("array index out of bounds")
    return items[start : stop : wanted.step or 1]


def _passes(item: Any, wanted: Filter) -> bool:
    if not wanted.operator:
        try:
            return bool(_walk([item], wanted.left))
        except NothingFound:
            return False
    left, right = _walk([item], wanted.left), _walk([item], wanted.right)
    if not left:
        return False
    if len(left) > 1 or len(right) != 1 or wanted.operator not in _OPERATORS or _kind(left[0]) != _kind(right[0]):
        raise NothingFound("incompatible types for comparison")
    return _OPERATORS[wanted.operator](left[0], right[0])


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "bool"
    return "number" if isinstance(value, int | float) else type(value).__name__


def _text(value: Any) -> str:
    """As helm prints it: numbers are float64 to it; maps and lists are JSON."""
    from steersman.template.functions.json_writer import dumps
    from steersman.template.gofmt import sprint

    if isinstance(value, dict | list):
        return dumps(value)
    if value is None:
        return "null"
    return sprint(float(value)) if isinstance(value, int) and not isinstance(value, bool) else sprint(value)
