"""YAML: toYaml and fromYaml with their pretty, array and must forms."""

from __future__ import annotations

from steersman.errors import YamlError
from steersman.lazy import TYPE_CHECKING, pattern
from steersman.manifest import yaml
from steersman.template.functions.registry import FunctionError, function
from steersman.template.values import GoMethods, GoObject

if TYPE_CHECKING:
    from typing import Any

_SHAPED = frozenset((str, int, float, bool, type(None)))


@function("toYaml", "any", "string")
def to_yaml(value: object) -> str:
    """YAML without the last line break; empty for what has no YAML form."""
    try:
        return _dump(value)
    except YamlError:
        return ""


@function("mustToYaml", "any", "string")
def must_to_yaml(value: object) -> str:
    try:
        return _dump(value)
    except YamlError as error:
        raise FunctionError(str(error)) from error


def _dump(value: object) -> str:
    return yaml.dump(value if _is_shaped(value, 0) else _shaped(value)).removesuffix("\n")


def _shaped(value: object) -> Any:
    """The value as it comes out of JSON, by way of which Helm writes YAML. Raises YamlError."""
    from steersman.template.functions.json_writer import JsonError, plain

    try:
        return plain(value)
    except JsonError as error:
        raise YamlError(f"error marshaling into JSON: {error}") from error


def _is_shaped(value: object, depth: int) -> bool:
    """Whether there is nothing in `value` that only Go knows, so that it can be written as it is."""
    kind = type(value)
    if kind in _SHAPED:
        return True
    if depth > 200:
        return False
    if kind is dict:
        return all(_is_shaped(item, depth + 1) for item in value.values())  # type: ignore[attr-defined]
    return kind is list and all(_is_shaped(item, depth + 1) for item in value)  # type: ignore[attr-defined]


@function("toYamlPretty", "any", "string")
def to_yaml_pretty(value: object) -> str:
    """YAML with indented lists, as newer tools write it."""
    moments: list[str] = []
    try:
        text = yaml.dump_pretty(_direct(value, moments)).removesuffix("\n")
    except (YamlError, RecursionError):
        return ""
    return _MOMENT.sub(lambda found: moments[int(found[1])], text) if moments else text


# Stands for a time while the text is written: a time is the one scalar that looks like text to quote and is not quoted.
_MOMENT = pattern("TheMomentNumber([0-9]+)InThisDocument")


def _direct(value: object, moments: list[str]) -> Any:
    """The value as Go's YAML library sees it without the way through JSON: struct fields in lower case, bytes as numbers."""
    if isinstance(value, GoObject) and value.go_type == "time.Time":
        from steersman.template.functions.time_encoding import (
            RFC3339,
        )  # here: times are rare, and what they import is much

        moments.append(value.format(RFC3339))  # type: ignore[attr-defined]
        return f"TheMomentNumber{len(moments) - 1}InThisDocument"
    if isinstance(value, GoObject) and not hasattr(value, "go_json"):
        fields = value.go_fields.items()
        return {name.lower(): _direct(getattr(value, attribute), moments) for name, attribute in fields}
    if isinstance(value, GoMethods) and not isinstance(value, (dict, list)):
        return int(value) if isinstance(value, int) and value.go_type != "time.Duration" else value.go_string()
    if isinstance(value, dict):
        return {key: _direct(item, moments) for key, item in value.items()}
    if isinstance(value, (list, bytes)):
        return [_direct(item, moments) for item in value]
    return value


# --- reading -------------------------------------------------------------------------------------------------------


def _mismatch(value: object, wanted: str) -> str:
    from steersman.template.functions.json import mismatch

    return "error unmarshaling JSON: while decoding JSON: " + mismatch(value, wanted)


@function("fromYaml", "string", "map[string]interface {}")
def from_yaml(text: str) -> dict[str, Any]:
    """The mapping that `text` holds. Errors do not fail: they are told under the key `Error`."""
    try:
        value = yaml.load(text, numbers="float64")
    except YamlError as error:
        return {"Error": str(error)}
    if value is None:
        return {}
    if not isinstance(value, dict):
        return {"Error": _mismatch(value, "map[string]interface {}")}
    return value


@function("fromYamlArray", "string", "[]interface {}")
def from_yaml_array(text: str) -> list[Any]:
    """The list that `text` holds, or a list with nothing but the error's text."""
    try:
        value = yaml.load(text, numbers="float64")
    except YamlError as error:
        return [str(error)]
    if value is None:
        return []
    if not isinstance(value, list):
        return [_mismatch(value, "[]interface {}")]
    return value
