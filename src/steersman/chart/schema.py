"""values.schema.json: what a chart, and each of its subcharts, asks of its values.

Every problem is reported, with its path, in the wording of Helm's validator (sorted by path, where Helm's order is random).
As in Helm, a `$ref` to another document is fetched (`schema_documents`), one to a `urn:` allows everything. The validator is
imported only where a schema is there.
"""

from __future__ import annotations

import json
from functools import lru_cache

from steersman.chart.model import Chart
from steersman.chart.remember import plain_bytes
from steersman.errors import SchemaError
from steersman.lazy import TYPE_CHECKING
from steersman.manifest.yaml.numbers import json_number
from steersman.memo import Memo
from steersman.record import record

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

Problem = tuple[str, str, str]

# Where Helm says that a schema lies; relative references start from it.
_BASE = "file:///values.schema.json"

_HINT = "Correct the values named above, or pass --skip-schema-validation."


def validate(chart: Chart, values: dict[str, Any], memo: Memo | None = None) -> None:
    """Check the coalesced values against the schemas of the chart and of its subcharts. Raises SchemaError.

    Values that the memo knows to be good are not checked again.
    """
    problems: list[Problem] = []
    sections: list[str] = []
    _collect(chart, values, problems, sections, memo)
    if sections:
        heading = "values don't meet the specifications of the schema(s) in the following chart(s):\n"
        raise SchemaError(heading + "".join(sections), problems=tuple(problems), hint=_HINT)


def check(chart_name: str, schema: bytes, values: dict[str, Any], memo: Memo | None = None) -> None:
    """Check values against one schema. Raises SchemaError whose text is the list of problems alone."""
    if memo is not None:
        key = schema + b"\0" + plain_bytes(_plain(values))
        if memo.recall("schema", key):
            return
    lines = list(_problems(schema, values))
    if lines:
        text = "".join(f"{line}\n" for _, line in lines)
        raise SchemaError(text, problems=tuple((chart_name, path, line.strip()) for path, line in lines), hint=_HINT)
    if memo is not None and not _validator(schema).refers:
        memo.keep("schema", key, True)


def _collect(
    chart: Chart, values: dict[str, Any], problems: list[Problem], sections: list[str], memo: Memo | None
) -> None:
    if chart.schema is not None:
        try:
            check(chart.name, chart.schema, values, memo)
        except SchemaError as error:
            sections.append(f"{chart.name}:\n{error}")
            problems.extend(error.problems)
    for subchart in chart.dependencies:
        inner = values.get(subchart.name)
        if isinstance(inner, dict):
            _collect(subchart, inner, problems, sections, memo)
        elif inner is not None:
            message = f"invalid type for values: expected object (map), got {type(inner).__name__}"
            sections.append(f"{subchart.name}:\n{message}\n")
            problems.append((subchart.name, "", message))


def _problems(schema: bytes, values: dict[str, Any]) -> Iterator[tuple[str, str]]:
    validator = _validator(schema).validator
    places = sorted(validator.iter_errors(_plain(values)), key=lambda problem: list(map(str, problem.instance_path)))
    yield from _listed(places, "")


@record(frozen=True)
class _Validator:
    """What was made of a schema's text. `refers`: to other documents, which may be others tomorrow."""

    validator: Any
    refers: bool


@lru_cache(maxsize=64)
def _validator(schema: bytes) -> _Validator:
    """The validator made of a schema's text. Raises SchemaError."""
    import jsonschema_rs

    documents = _Documents()
    try:
        parsed = _parsed(schema)
    except ValueError as error:
        raise SchemaError(str(error), hint="values.schema.json itself is at fault.") from error
    try:
        made = jsonschema_rs.validator_for(parsed, retriever=documents.retrieve, base_uri=_BASE)
    except (ValueError, jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError, RecursionError) as cause:
        text = documents.failure or cause
        raise SchemaError(f"{text}\n", hint="values.schema.json itself is at fault.") from cause
    return _Validator(made, documents.asked)


def _parsed(schema: bytes) -> Any:
    """The schema as JSON. Raises ValueError in Go's words."""
    try:
        return json.loads(schema)
    except ValueError:
        from steersman.template.functions.json_reader import loads

        try:
            loads(schema.decode("utf-8", "replace"))
        except ValueError as error:
            text = str(error).replace("unexpected end of JSON input", "unexpected EOF")
            if text.endswith(_AFTER):
                text = f"invalid character{_AFTER}"
            raise ValueError(text) from None
        raise


_AFTER = " after top-level value"


class _Documents:
    """Hands the validator what a schema refers to. It wraps the error of one that cannot be had in words of its own, so `failure`
    keeps it."""

    def __init__(self) -> None:
        self.asked = False
        self.failure = ""

    def retrieve(self, uri: str) -> Any:
        if uri.startswith("urn:"):
            return True
        from steersman.chart.schema_documents import NotLoaded, load

        self.asked = True
        try:
            return load(uri)
        except NotLoaded as error:
            self.failure = str(error)
            raise


def _listed(errors: list[Any], indent: str) -> Iterator[tuple[str, str]]:
    """The lines for these errors; the missing properties of one place are named together, as Helm does."""
    missing: dict[str, list[str]] = {}
    for error in errors:
        if error.kind.name == "required":
            missing.setdefault(_pointer(error), []).append(error.kind.property)
    for error in errors:
        path = _pointer(error)
        if error.kind.name != "required":
            yield path, f"{indent}- at '{path}': {_message(error)}"
        elif names := missing.pop(path, []):
            listed = ", ".join(f"'{name}'" for name in names)
            yield path, f"{indent}- at '{path}': missing propert{'y' if len(names) == 1 else 'ies'} {listed}"
        if error.kind.name in ("anyOf", "oneOf"):
            for branch in error.kind.context:
                yield from _listed(branch, indent + "  ")


def _message(error: Any) -> str:
    """One problem in the words of Helm's validator; in its own for the rare kinds."""
    kind = error.kind
    instance = error.instance
    match kind.name:
        case "type":
            return f"got {_type(instance)}, want {' or '.join(kind.types)}"
        case "enum" if len(kind.options) == 1:
            return f"value must be {_shown(kind.options[0])}"
        case "enum":
            return f"value must be one of {', '.join(map(_shown, kind.options))}"
        case "const":
            return f"value must be {_shown(kind.expected_value)}"
        case "additionalProperties":
            return f"additional properties {', '.join(map(_shown, kind.unexpected))} not allowed"
        case "additionalItems":
            return f"last {len(instance) - kind.limit} additionalItem(s) not allowed"
        case "pattern":
            return f"{_shown(instance)} does not match pattern {_shown(kind.pattern)}"
        case "format":
            return f"{_shown(instance)} is not valid {kind.format}"
        case "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum":
            return f"{kind.name}: got {_shown(instance)}, want {_shown(kind.limit)}"
        case "multipleOf":
            return f"multipleOf: got {_shown(instance)}, want {_shown(kind.multiple_of)}"
        case "minLength" | "maxLength" | "minItems" | "maxItems" | "minProperties" | "maxProperties":
            return f"{kind.name}: got {len(instance)}, want {kind.limit}"
        case "anyOf":
            return "'anyOf' failed"
        case "oneOf":
            valid = [str(number) for number, branch in enumerate(kind.context) if not branch]
            return f"'oneOf' failed, {'subschemas ' + ', '.join(valid) + ' matched' if valid else 'none matched'}"
        case "not":
            return "'not' failed"
        case "falseSchema":
            return "false schema"
        case "contains":
            return "no items match contains schema"
        case _:
            return str(error.message)


def _pointer(error: Any) -> str:
    """The place in the values, as a JSON pointer (RFC 6901)."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in error.instance_path)


def _type(value: Any) -> str:
    names: dict[type, str] = {str: "string", bool: "boolean", list: "array", dict: "object", type(None): "null"}
    return names.get(type(value), "number")


def _shown(value: Any) -> str:
    if isinstance(value, str):
        return f"'{value}'"
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    if isinstance(value, int | float):
        return json_number(value) if isinstance(value, float) else str(value)
    return json.dumps(value)


def _plain(value: Any) -> Any:
    """Values as the validator wants them: whole floats as int (JSON does not tell them apart), Go's integers as plain ones."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**63:
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return int(value)
    return value
