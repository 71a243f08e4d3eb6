"""A document against Kubernetes' own types: fields that its kind does not have, and values of another type.

Source: Kubernetes' OpenAPI document, condensed (`manifest.kubernetes`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from steersman.manifest.kubernetes import load_schema
from steersman.review.lines import Path
from steersman.review.shapes import Json

_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
}
_NAMES = {dict: "an object", list: "a list", str: "a string", bool: "a boolean", int: "a number", float: "a number"}
_DEEPEST = 8  # nothing that a chart's author moves by mistake lies deeper


@dataclass(frozen=True, slots=True)
class Problem:
    """`field` "" where the value has the wrong type, else the unknown field, which is the last step of `path`."""

    path: Path
    message: str
    field: str = ""


def known(api_version: str, kind: str) -> bool:
    return (api_version, kind) in _definitions()


def problems(obj: Json) -> Iterator[Problem]:
    """What does not fit, in the order of the document. Nothing for kinds that are not Kubernetes' own."""
    name = _definitions().get((str(obj.get("apiVersion")), str(obj.get("kind"))))
    if name is not None:
        yield from _check({"$ref": name}, obj, ())


def homes(api_version: str, kind: str, field: str) -> list[Path]:
    """Where in a kind a field of this name stands, the nearest to the root first."""
    name = _definitions()[api_version, kind]
    return [path for path in _fields(name) if path and path[-1] == field]


def fields(api_version: str, kind: str, path: Path) -> list[str]:
    """The fields that may stand at `path`."""
    schema: Json = {"$ref": _definitions()[api_version, kind]}
    for step in path:
        schema = _resolve(schema)
        inner = schema.get("items") if isinstance(step, int) else schema.get("properties", {}).get(step)
        schema = inner or schema.get("additionalProperties") or {}
    return list(_resolve(schema).get("properties", ()))


def _check(schema: Json, value: Any, path: Path) -> Iterator[Problem]:
    schema = _resolve(schema)
    properties = schema.get("properties")
    kind = schema.get("type")
    if value is None:
        return
    if properties:
        if not isinstance(value, dict):
            yield Problem(path, f"must be an object, not {_NAMES[type(value)]}")
            return
        for key, inner in value.items():
            if key in properties:
                yield from _check(properties[key], inner, (*path, key))
            else:
                yield Problem((*path, key), f"unknown field {key!r}", key)
    elif kind in _TYPES:
        if not isinstance(value, _TYPES[kind]) or (isinstance(value, bool) and kind != "boolean"):
            expected = {"string": "a string", "boolean": "true or false", "array": "a list"}.get(kind, "a number")
            yield Problem(path, f"must be {expected}, not {_NAMES[type(value)]}")
        elif isinstance(value, list) and "items" in schema:
            for at, inner in enumerate(value):
                yield from _check(schema["items"], inner, (*path, at))
    elif isinstance(schema.get("additionalProperties"), dict):
        if not isinstance(value, dict):
            yield Problem(path, f"must be an object, not {_NAMES[type(value)]}")
            return
        for key, inner in value.items():
            yield from _check(schema["additionalProperties"], inner, (*path, key))


# Strings that may be written as numbers, or hold anything.
_ANYTHING = ("Quantity", "IntOrString", "JSON", "JSONSchemaPropsOrArray", "JSONSchemaPropsOrBool", "RawExtension")


def _resolve(schema: Json) -> Json:
    while "$ref" in schema:
        name: str = schema["$ref"]
        schema = {} if name.rpartition(".")[2] in _ANYTHING else load_definitions()[name]
    return schema


@cache
def load_definitions() -> dict[str, Json]:
    definitions: dict[str, Json] = load_schema()["definitions"]
    return definitions


@cache
def _definitions() -> dict[tuple[str, str], str]:
    """The definition's name by apiVersion and kind."""
    found = {}
    for name, schema in load_definitions().items():
        for entry in schema.get("x-kubernetes-group-version-kind", ()):
            version = f"{entry['group']}/{entry['version']}" if entry.get("group") else entry["version"]
            found[version, entry["kind"]] = name
    return found


@cache
def _fields(name: str) -> tuple[Path, ...]:
    """Every field below a definition, breadth first, lists' items under index 0."""
    found: list[Path] = []
    level: list[tuple[Path, Json]] = [((), {"$ref": name})]
    for _ in range(_DEEPEST):
        below: list[tuple[Path, Json]] = []
        for path, schema in level:
            resolved = _resolve(schema)
            if "items" in resolved:
                path, resolved = (*path, 0), _resolve(resolved["items"])
            for key, inner in resolved.get("properties", {}).items():
                found.append((*path, key))
                below.append(((*path, key), inner))
        level = below
    return tuple(found)
