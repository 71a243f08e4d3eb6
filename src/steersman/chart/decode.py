"""Reading YAML into typed fields as Helm's library does: YAML → JSON → Go structs.

What matters of that detour: field names match without regard to case, null changes nothing, unknown fields are left alone,
and a number or boolean where text is wanted becomes its text (`version: 1.10` is "1.1"). Errors are worded like Go's.
Source: the behaviour of helm 4.3.1 (sigs.k8s.io/yaml over encoding/json).
"""

from __future__ import annotations

from steersman.errors import YamlError
from steersman.lazy import TYPE_CHECKING
from steersman.manifest.yaml.jsonable import string_of
from steersman.record import record

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any


@record(frozen=True, slots=True)
class Shape:
    """What Go type a value is read into; `go` is its name in error messages."""

    go: str


@record(frozen=True, slots=True)
class ListOf(Shape):
    element: Shape


@record(frozen=True, slots=True)
class MapOf(Shape):
    element: Shape


@record(frozen=True, slots=True)
class Struct(Shape):
    """Fields by JSON name; `cls` is made from the keyword arguments that `attributes` names."""

    cls: type[Any]
    fields: Mapping[str, tuple[str, Shape]]


STRING = Shape("string")
BOOL = Shape("bool")
TIME = Shape("time.Time")
ANY = Shape("interface {}")


def decode(value: Any, shape: Struct, *, into: Any = None) -> Any:
    """An instance of the struct's class, or `into` with the given fields set. Raises YamlError."""
    target = shape.cls() if into is None else into
    if value is None:
        return target
    if not isinstance(value, dict):
        raise _error(value, f"Go value of type {shape.go}")
    _fill(target, value, shape, "")
    return target


def _fill(target: Any, value: dict[str, Any], shape: Struct, path: str) -> None:
    # encoding/json sees the keys in the order in which sigs.k8s.io/yaml wrote them: sorted.
    folded = {name.lower(): name for name in shape.fields}
    for key in sorted(value):
        name = key if key in shape.fields else folded.get(key.lower())
        if name is None or value[key] is None:
            continue
        attribute, wanted = shape.fields[name]
        setattr(target, attribute, _convert(value[key], wanted, f"{path}.{name}"))


def _convert(value: Any, shape: Shape, path: str) -> Any:
    if shape is ANY:
        return value
    if shape is STRING:
        return _text(value, path)
    if shape is BOOL and isinstance(value, bool):
        return value
    if shape is TIME and isinstance(value, str):
        return value
    if isinstance(shape, ListOf) and isinstance(value, list):
        return [None if item is None else _convert(item, shape.element, f"{path}.{i}") for i, item in enumerate(value)]
    if isinstance(shape, MapOf) and isinstance(value, dict):
        return {
            key: "" if item is None else _convert(item, shape.element, f"{path}.{key}") for key, item in value.items()
        }
    if isinstance(shape, Struct) and isinstance(value, dict):
        target = shape.cls()
        _fill(target, value, shape, path)
        return target
    if isinstance(shape, Struct):
        raise _error(value, f"{path} of type {shape.go}")
    raise _error(value, f"Go struct field {path} of type {shape.go}")


def _text(value: Any, path: str) -> str:
    text = string_of(value)
    if text is None:
        raise _error(value, f"Go struct field {path} of type string")
    # beyond a 32-bit float; map keys spell it as YAML does, text as Go does
    return {".inf": "+Inf", "-.inf": "-Inf"}.get(text, text) if isinstance(value, float) else text


def _error(value: Any, target: str) -> YamlError:
    kinds: dict[type, str] = {
        str: "string",
        bool: "bool",
        int: "number",
        float: "number",
        list: "array",
        dict: "object",
    }
    kind = kinds.get(type(value), "number")
    return YamlError(f"error unmarshaling JSON: while decoding JSON: json: cannot unmarshal {kind} into {target}")
