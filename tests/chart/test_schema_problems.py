"""What is said of values that a schema refuses, and of what is no schema, beside helm. `schemas.jsonl` has [schema, values]."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from steersman.chart.schema import check
from steersman.errors import SchemaError

from .conftest import Helm, MakeChart

CASES: list[tuple[dict[str, Any], dict[str, Any]]] = [
    tuple(json.loads(line)) for line in (Path(__file__).parent / "schemas.jsonl").read_text().splitlines()
]


@pytest.mark.oracle
def test_refusals(make_chart: MakeChart, real_helm: Helm) -> None:
    charts = [
        make_chart(
            {
                "values.yaml": json.dumps(values),
                "values.schema.json": json.dumps(schema),
                "templates/a.yaml": "a: b\n",
            },
            f"c{number}",
        )
        for number, (schema, values) in enumerate(CASES)
    ]
    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(lambda chart: real_helm.run("template", "r", str(chart)), charts))
    for (schema, values), theirs in zip(CASES, done, strict=True):
        try:
            check("c", json.dumps(schema).encode(), values)
            ours: list[str] = []
        except SchemaError as error:
            ours = str(error).splitlines()
        # where Go goes through a map, the order is helm's whim
        said = [line for line in theirs.stderr.splitlines()[2:] if line]
        assert sorted(ours) == sorted(said), json.dumps(schema)
        assert bool(said) == bool(theirs.returncode)
