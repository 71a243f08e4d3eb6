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
from steersman.lazy import TYPE_CHECKING, pattern
from steersman.memo import Memo
from steersman.record import record

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

Problem = tuple[str, str, str]

# Where Helm says that a schema lies; relative references start from it.
_BASE = "file:///values.schema.json"

_DRAFT = "https://json-schema.org/draft/2020-12/schema"
_BUILT_IN = ("http://json-schema.org/", "https://json-schema.org/")
# Helm takes this for the newest draft; the validator would fetch it.
_NEWEST = ("http://json-schema.org/schema", "https://json-schema.org/schema")
_NOT_THERE = pattern(r"(?s)\APointer '(/[^']*)' does not exist.*")

_AT_FAULT = "values.schema.json itself is at fault."
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
    from steersman.chart.schema_problems import failures

    checked = _validator(schema)
    errors = list(checked.validator.iter_errors(_plain(values)))
    for failure in failures(errors, checked.document) if errors else ():
        for place, line in failure.lines():
            yield place, _as_written(line, checked.written)


def _as_written(line: str, written: dict[str, str]) -> str:
    """A problem told with the regular expression that stands in the schema."""
    from steersman.chart.schema_problems import shown

    for spelled, expression in written.items():
        end = f"match pattern {shown(spelled)}"
        if line.endswith(end):
            return f"{line.removesuffix(end)}match pattern {shown(expression)}"
    return line


@record(frozen=True)
class _Validator:
    """What was made of a schema's text. `refers`: to other documents, which may be others tomorrow. `written`: the regular
    expressions that the validator was given in another spelling, as they stand in the schema."""

    document: Any
    validator: Any
    refers: bool
    written: dict[str, str]


@lru_cache(maxsize=64)
def _validator(schema: bytes) -> _Validator:
    """The validator made of a schema's text. Raises SchemaError."""
    import jsonschema_rs

    documents = _Documents()
    try:
        document = _parsed(schema)
    except ValueError as error:
        raise SchemaError(str(error), hint=_AT_FAULT) from error
    document, written = _adapted(_dated(document), schema)
    try:
        try:
            made = jsonschema_rs.validator_for(document, retriever=documents.retrieve, base_uri=_BASE)
        except (ValueError, jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError):
            if not documents.failures or documents.failure(document):
                raise
            documents.all_needed_are_there = True
            made = jsonschema_rs.validator_for(document, retriever=documents.retrieve, base_uri=_BASE)
    except (ValueError, jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError, RecursionError) as cause:
        text = documents.failure(document)
        if not text and isinstance(cause, jsonschema_rs.ValidationError):
            text = _no_schema(document)
        text = text or _NOT_THERE.sub(rf'json-pointer in "{_BASE}#\1" not found', str(cause))
        raise SchemaError(f"{text}\n", hint=_AT_FAULT) from cause
    return _Validator(document, made, documents.asked, written)


def _dated(document: Any) -> Any:
    """The schema with the name of its draft where it asks for the newest one."""
    named = document.get("$schema") if isinstance(document, dict) else None
    return {**document, "$schema": _DRAFT} if isinstance(named, str) and named.rstrip("#") in _NEWEST else document


def _adapted(document: Any, text: bytes) -> tuple[Any, dict[str, str]]:
    """The schema as the validator is to be given it, and the regular expressions that it is given in another spelling.

    Raises SchemaError where one is none for Go.
    """
    if b'"pattern' not in text and b'"additionalProperties"' not in text:
        return document, {}
    from steersman.chart.schema_dialect import adapted, is_expression, spelled, unlike

    found = unlike(document)
    if not all(map(is_expression, found)) and (said := _no_schema(document)):
        raise SchemaError(f"{said}\n", hint=_AT_FAULT)
    spelling = {each: new for each in found if is_expression(each) and (new := spelled(each)) != each}
    return adapted(document, spelling), {new: each for each, new in spelling.items()}


def _no_schema(document: Any) -> str:
    """Why a document is no schema: what the schema of schemas says of it, or "" if it says nothing."""
    import jsonschema_rs

    from steersman.chart.schema_dialect import is_expression
    from steersman.chart.schema_problems import failures

    named = document.get("$schema") if isinstance(document, dict) else None
    draft = (named if isinstance(named, str) else _DRAFT).rstrip("#")
    try:
        judge = jsonschema_rs.validator_for(
            {"$schema": draft, "$ref": draft}, validate_formats=True, formats={"regex": is_expression}
        )
    except (ValueError, jsonschema_rs.ValidationError):
        return ""
    errors = list(judge.iter_errors(document))
    if not errors:
        return ""
    lines = [line for failure in failures(errors, document, steps=1) for _, line in failure.lines()]
    heading = f"\"{_BASE}#\" is not valid against metaschema: jsonschema validation failed with '{draft}#'"
    return "\n".join([heading, *lines])


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
    """Hands the validator what a schema refers to. It wraps the error of one that cannot be had in words of its own, so
    `failures` keeps it by the document's URI. `all_needed_are_there`: what is not is not needed either."""

    def __init__(self) -> None:
        self.asked = False
        self.failures: dict[str, str] = {}
        self.all_needed_are_there = False

    def retrieve(self, uri: str) -> Any:
        if uri.startswith("urn:") or uri in _NEWEST:
            return True
        from steersman.chart.schema_documents import NotLoaded, load

        self.asked = True
        if uri in self.failures and self.all_needed_are_there:
            return True
        try:
            return load(uri)
        except NotLoaded as error:
            self.failures[uri] = str(error)
            if self.all_needed_are_there:
                return True
            raise

    def failure(self, document: Any) -> str:
        """Why a document that the schema needs cannot be had, or "": of several, the one that Helm comes to first."""
        if not self.failures:
            return ""
        from steersman.chart.schema_reach import first_missing

        return self.failures.get(first_missing(document, _BASE, self._if_there), "")

    def _if_there(self, uri: str) -> Any:
        from steersman.chart.schema_documents import NotLoaded

        if uri in self.failures:
            return None
        if uri.startswith(_BUILT_IN):
            return True
        try:
            return self.retrieve(uri)
        except NotLoaded:
            return None


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
