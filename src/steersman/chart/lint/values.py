"""Rules for values.yaml and its schema."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

from steersman.chart.coalesce import coalesce_tables, copy_table
from steersman.chart.lint.message import Message, Severity
from steersman.errors import SchemaError, YamlError
from steersman.lazy import TYPE_CHECKING
from steersman.manifest import yaml

if TYPE_CHECKING:
    from steersman.chart.notice import Warn

FILE = "values.yaml"


def check(folder: str, overrides: dict[str, Any], *, skip_schema_validation: bool, warn: Warn) -> Iterator[Message]:
    """Everything that Helm says of values.yaml, with the user's values over it. Subcharts are not looked at."""
    try:
        with open(os.path.join(folder, FILE), "rb") as stream:
            data = stream.read()
    except OSError:
        yield Message(Severity.INFO, FILE, "file does not exist")
        return
    try:
        values = yaml.load(data, FILE, numbers="float64")
    except YamlError as error:
        yield Message(Severity.ERROR, FILE, f"unable to parse YAML: {error}")
        return
    if values is not None and not isinstance(values, dict):
        kind = {str: "string", bool: "bool", list: "array"}.get(type(values), "number")
        yield Message(
            Severity.ERROR,
            FILE,
            "unable to parse YAML: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal "
            f"{kind} into Go value of type common.Values",
        )
        return
    schema = _schema(folder)
    joined = coalesce_tables(copy_table(overrides), values or {}, warn)
    if schema and not skip_schema_validation:
        from steersman.chart.schema import check as check_schema

        try:
            check_schema("", schema, joined)
        except SchemaError as error:
            yield Message(Severity.ERROR, FILE, str(error))


def _schema(folder: str) -> bytes:
    try:
        with open(os.path.join(folder, "values.schema.json"), "rb") as stream:
            return stream.read()
    except OSError:
        return b""
