"""TOML: toToml and fromToml."""

from __future__ import annotations

from steersman.lazy import TYPE_CHECKING
from steersman.template.functions.registry import FunctionError, function
from steersman.template.functions.toml_reader import loads
from steersman.template.functions.toml_scanner import TomlSyntaxError
from steersman.template.functions.toml_writer import TomlError, dumps

if TYPE_CHECKING:
    from typing import Any


def _dump(value: object) -> str:
    if value is None:
        raise FunctionError("reflect: call of reflect.Value.Type on zero Value")
    return dumps(value)


@function("toToml", "any", "string")
def to_toml(value: object) -> str:
    """A TOML document, or the error's text."""
    try:
        return _dump(value)
    except TomlError as error:
        return str(error)


@function("mustToToml", "any", "string")
def must_to_toml(value: object) -> str:
    try:
        return _dump(value)
    except TomlError as error:
        raise FunctionError(str(error)) from error


@function("fromToml", "string", "map[string]interface {}")
def from_toml(text: str) -> dict[str, Any]:
    """The table that `text` holds. Errors do not fail: they are told under the key `Error`."""
    try:
        return loads(text)
    except TomlSyntaxError as error:
        return {"Error": str(error)}
