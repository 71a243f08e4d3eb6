"""JSON: toJson and fromJson with their pretty, raw, array and must forms."""

from __future__ import annotations

from steersman.lazy import TYPE_CHECKING
from steersman.template.functions.json_reader import JsonRangeError, JsonSyntaxError, loads
from steersman.template.functions.json_writer import JsonError, dumps
from steersman.template.functions.nil import NilMap, NilSlice
from steersman.template.functions.registry import FunctionError, function

if TYPE_CHECKING:
    from typing import Any

_INDENT = "  "


def _must_dump(value: object, *, indent: str = "", html: bool = True) -> str:
    try:
        return dumps(value, indent=indent, html=html)
    except JsonError as error:
        raise FunctionError(str(error)) from error


@function("toJson", "any", "string")
def to_json(value: object) -> str:
    """JSON on one line; empty for what has no JSON form."""
    try:
        return dumps(value)
    except JsonError:
        return ""


@function("mustToJson", "any", "string")
def must_to_json(value: object) -> str:
    return _must_dump(value)


@function("toPrettyJson", "any", "string")
def to_pretty_json(value: object) -> str:
    try:
        return dumps(value, indent=_INDENT)
    except JsonError:
        return ""


@function("mustToPrettyJson", "any", "string")
def must_to_pretty_json(value: object) -> str:
    return _must_dump(value, indent=_INDENT)


@function("toRawJson", "any", "string", "mustToRawJson")
def to_raw_json(value: object) -> str:
    """JSON without the escapes that HTML asks for. Sprig's plain form fails as the must form does."""
    return _must_dump(value, html=False)


# --- reading -------------------------------------------------------------------------------------------------------


@function("fromJson", "string", "map[string]interface {}")
def from_json(text: str) -> dict[str, Any]:
    """The object that `text` holds. Errors do not fail: they are told under the key `Error`."""
    error = ""
    try:
        value = loads(text)
    except JsonSyntaxError as syntax:
        return {"Error": str(syntax)}
    except JsonRangeError as out_of_range:
        error, value = str(out_of_range), out_of_range.value
    if value is None:
        return NilMap()
    if not isinstance(value, dict):
        return {"Error": mismatch(value, "map[string]interface {}")}
    return value | {"Error": error} if error else value


@function("fromJsonArray", "string", "[]interface {}")
def from_json_array(text: str) -> list[Any]:
    """The array that `text` holds, or a list with nothing but the error's text."""
    try:
        value = loads(text)
    except JsonSyntaxError as error:
        return [str(error)]
    except JsonRangeError as error:
        value = error.value
        return [str(error) if isinstance(value, list) else mismatch(value, "[]interface {}")]
    if value is None:
        return NilSlice()
    if not isinstance(value, list):
        return [mismatch(value, "[]interface {}")]
    return value


@function("mustFromJson", "string", "any")
def must_from_json(text: str) -> Any:
    try:
        return loads(text)
    except (JsonSyntaxError, JsonRangeError) as error:
        raise FunctionError(str(error)) from error


def mismatch(value: object, wanted: str) -> str:
    """What encoding/json says where the text holds another kind of value than `wanted`, a Go type."""
    return f"json: cannot unmarshal {_json_kind(value)} into Go value of type {wanted}"


def _json_kind(value: object) -> str:
    if isinstance(value, dict):
        return "object"
    if isinstance(value, list):
        return "array"
    if isinstance(value, bool):
        return "bool"
    return "string" if isinstance(value, str) else "number"
