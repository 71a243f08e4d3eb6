"""The rows of custom resources: `additionalPrinterColumns`, whose cells are given by simple JSON paths."""

from __future__ import annotations

import re
from typing import Any

from steersman.cluster.resources import Resource
from steersman.cluster.tables.ages import age
from steersman.cluster.tables.printer import Column, Json, Printer, columns, name, obj_age

_STEP = re.compile(
    r"\.?([A-Za-z0-9_\-/\\.]+?)(?=[.\[]|$)|\[(\d+|\*)\]|\[['\"](.+?)['\"]\]|\[\?\(@\.(.+?)\s*==\s*['\"](.*?)['\"]\)\]"
)


def custom_printer(resource: Resource) -> Printer:
    """The columns that the CRD's version names; the age where it names none."""
    assert resource.custom is not None
    declared: list[Json] = resource.custom["version"].get("additionalPrinterColumns") or []
    if not declared:
        return Printer(columns("Name|Age"), lambda obj: [name(obj), obj_age(obj)])
    found = tuple(
        Column(item["name"], item["type"], item.get("priority", 0) > 0, item.get("format", "")) for item in declared
    )
    return Printer(
        (Column("Name", format="name"), *found),
        lambda obj: [name(obj), *(_cell(item, obj) for item in declared)],
    )


def _cell(column: Json, obj: Json) -> Any:
    values = find(obj, column["jsonPath"])
    if not values:
        return "<unknown>" if column["type"] == "date" else None
    value = values[0]
    match column["type"]:
        case "date":
            return age(value) if isinstance(value, str) else "<unknown>"
        case "string":
            return _text(value) if len(values) == 1 else ",".join(_text(item) for item in values)
        case "integer":
            return int(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
        case _:
            return value


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict | list):
        import json

        return json.dumps(value, separators=(",", ":"))
    return str(value)


def find(obj: Any, path: str) -> list[Any]:
    """The values at a path such as `.spec.list[0].name` or `.status.conditions[?(@.type=="Ready")].status`."""
    found: list[Any] = [obj]
    position = 0
    while position < len(path):
        match = _STEP.match(path, position)
        if match is None or match.end() == position:
            return []
        position = match.end()
        key, index, quoted, test, wanted = match.groups()
        found = [value for item in found for value in _step(item, key or quoted, index, test, wanted)]
    return [value for value in found if value is not None]


def _step(item: Any, key: str | None, index: str | None, test: str | None, wanted: str | None) -> list[Any]:
    if test is not None and isinstance(item, list):
        return [each for each in item if isinstance(each, dict) and _text(each.get(test)) == wanted]
    if index is not None and isinstance(item, list):
        return item if index == "*" else item[int(index) : int(index) + 1]
    if key is not None and isinstance(item, dict):
        plain = key.replace("\\.", ".")
        return [item[plain]] if plain in item else []
    return []
