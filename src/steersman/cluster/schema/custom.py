"""Custom resources by their CRD's schema: defaults, and what is wrong with a value.

Keywords and wording follow apiextensions-apiserver and kube-openapi's validation. Rules in CEL (x-kubernetes-validations) are in
`cluster.cel.rules`.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from steersman.cluster.patch.json_patch import same
from steersman.cluster.status import Cause, required, unsupported

Json = dict[str, Any]

_ROOT = ("apiVersion", "kind", "metadata")
_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
}


def apply_defaults(schema: Json, value: Any) -> None:
    """Fill in `default`s, in place."""
    if isinstance(value, dict):
        for key, inner in schema.get("properties", {}).items():
            if "default" in inner and (key not in value or (value[key] is None and not inner.get("nullable"))):
                value[key] = copy.deepcopy(inner["default"])
            elif key in value and value[key] is None and not inner.get("nullable"):
                continue
            if key in value:
                apply_defaults(inner, value[key])
        values = schema.get("additionalProperties")
        if isinstance(values, dict):
            for item in value.values():
                apply_defaults(values, item)
    elif isinstance(value, list) and isinstance(schema.get("items"), dict):
        for item in value:
            apply_defaults(schema["items"], item)


def causes(schema: Json, obj: Json) -> list[Cause]:
    """All that is wrong with a custom resource, apart from its metadata."""
    body = {key: value for key, value in obj.items() if key not in _ROOT}
    top = {**schema, "properties": {k: v for k, v in schema.get("properties", {}).items() if k not in _ROOT}}
    top["required"] = [key for key in schema.get("required", ()) if key not in _ROOT]
    return list(_check(top, body, ""))


def _invalid(path: str, value: Any, what: str) -> Cause:
    shown = json.dumps(value, ensure_ascii=False) if isinstance(value, str | int | float) else f'"{_kind(value)}"'
    return Cause(path, "Invalid value", f"Invalid value: {shown}: {path} in body {what}")


def _mistyped(path: str, value: Any, kind: str) -> Cause:
    shown = _kind(value)
    text = f'Invalid value: "{shown}": {path} in body must be of type {kind}: "{shown}"'
    return Cause(path, "Invalid value", text)


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "integer"
    return {float: "number", str: "string", list: "array", dict: "object"}[type(value)]


def _fits(kind: str, value: Any) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    if kind == "integer" and isinstance(value, float):
        return value.is_integer()
    return isinstance(value, _TYPES.get(kind, (object,)))


def _check(schema: Json, value: Any, path: str) -> Iterator[Cause]:
    if value is None and schema.get("nullable"):
        return
    kind = schema.get("type", "")
    if schema.get("x-kubernetes-int-or-string"):
        if not isinstance(value, int | str) or isinstance(value, bool):
            yield _mistyped(path, value, "integer,string")
            return
    elif kind and not _fits(kind, value):
        yield _mistyped(path, value, kind)
        return
    if "enum" in schema and not any(same(value, item) for item in schema["enum"]):
        yield unsupported(path, value, tuple(schema["enum"]))
    if isinstance(value, str):
        yield from _string(schema, value, path)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield from _number(schema, value, path)
    elif isinstance(value, list):
        yield from _array(schema, value, path)
    elif isinstance(value, dict):
        yield from _object(schema, value, path)
    yield from _combined(schema, value, path)


def _string(schema: Json, value: str, path: str) -> Iterator[Cause]:
    if len(value) < schema.get("minLength", 0):
        yield _invalid(path, value, f"should be at least {schema['minLength']} chars long")
    if len(value) > schema.get("maxLength", len(value)):
        yield Cause(path, "Too long", f"Too long: may not be more than {schema['maxLength']} bytes")
    if "pattern" in schema and not re.search(_python_pattern(schema["pattern"]), value):
        yield _invalid(path, value, f"should match '{schema['pattern']}'")
    if schema.get("format") in ("date-time", "date") and not _is_time(schema["format"], value):
        yield _invalid(path, value, f'must be of type {schema["format"]}: "{value}"')


def _python_pattern(pattern: str) -> str:
    """RE2's spelling of the end of the text."""
    return pattern.replace("\\z", "\\Z")


def _is_time(kind: str, value: str) -> bool:
    try:
        datetime.fromisoformat(value.replace("Z", "+00:00"))
    except ValueError:
        return False
    return ("T" in value) is (kind == "date-time")


def _number(schema: Json, value: float, path: str) -> Iterator[Cause]:
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is not None and (value <= low if schema.get("exclusiveMinimum") else value < low):
        word = "greater than" if schema.get("exclusiveMinimum") else "greater than or equal to"
        yield _invalid(path, value, f"should be {word} {low}")
    if high is not None and (value >= high if schema.get("exclusiveMaximum") else value > high):
        word = "less than" if schema.get("exclusiveMaximum") else "less than or equal to"
        yield _invalid(path, value, f"should be {word} {high}")
    if schema.get("multipleOf") and value % schema["multipleOf"]:
        yield _invalid(path, value, f"should be a multiple of {schema['multipleOf']}")


def _array(schema: Json, value: list[Any], path: str) -> Iterator[Cause]:
    if len(value) < schema.get("minItems", 0):
        yield _invalid(path, len(value), f"should have at least {schema['minItems']} items")
    if len(value) > schema.get("maxItems", len(value)):
        text = f"Too many: {len(value)}: must have at most {schema['maxItems']} items"
        yield Cause(path, "Too many", text)
    if isinstance(schema.get("items"), dict):
        for index, item in enumerate(value):
            yield from _check(schema["items"], item, f"{path}[{index}]")
    yield from _unique(schema, value, path)


def _unique(schema: Json, value: list[Any], path: str) -> Iterator[Cause]:
    kind = schema.get("x-kubernetes-list-type")
    keys = schema.get("x-kubernetes-list-map-keys", ())
    seen: list[Any] = []
    for index, item in enumerate(value):
        if kind == "map" and isinstance(item, dict):
            item = {key: item.get(key) for key in keys}
        elif kind != "set":
            return
        if any(same(item, other) for other in seen):
            shown = json.dumps(item, separators=(",", ":"))
            yield Cause(f"{path}[{index}]", "Duplicate value", f"Duplicate value: {shown}")
        seen.append(item)


def _object(schema: Json, value: Json, path: str) -> Iterator[Cause]:
    for key in schema.get("required", ()):
        if key not in value:
            yield required(f"{path}.{key}" if path else key)
    properties: Json = schema.get("properties", {})
    values = schema.get("additionalProperties")
    for key, item in value.items():
        below = f"{path}.{key}" if path else key
        if key in properties:
            yield from _check(properties[key], item, below)
        elif isinstance(values, dict):
            yield from _check(values, item, below)
    if len(value) < schema.get("minProperties", 0):
        yield _invalid(path, len(value), f"should have at least {schema['minProperties']} properties")
    if len(value) > schema.get("maxProperties", len(value)):
        yield _invalid(path, len(value), f"should have at most {schema['maxProperties']} properties")


def _combined(schema: Json, value: Any, path: str) -> Iterator[Cause]:
    for inner in schema.get("allOf", ()):
        yield from _check(inner, value, path)
    if "anyOf" in schema and not any(not list(_check(inner, value, path)) for inner in schema["anyOf"]):
        yield _invalid(path, value, "must validate at least one schema (anyOf)")
    if "oneOf" in schema:
        good = sum(not list(_check(inner, value, path)) for inner in schema["oneOf"])
        if good != 1:
            found = "none valid" if not good else f"{good} valid alternatives"
            yield _invalid(path, value, f"must validate one and only one schema (oneOf). Found {found}")
    if "not" in schema and not list(_check(schema["not"], value, path)):
        yield _invalid(path, value, "must not validate the schema (not)")
