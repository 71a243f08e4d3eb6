"""The Table of one resource: columns from its printer, or of its CRD, or just name and age."""

from __future__ import annotations

from typing import Any

from steersman.cluster.resources import Resource
from steersman.cluster.tables.ages import age

Json = dict[str, Any]


def table(resource: Resource, items: list[Json], meta: Json, include: str) -> Json:
    """`include` (None, Metadata or Object) says what of each object goes with its row."""
    columns: list[Json] = [
        {"name": "Name", "type": "string", "format": "name", "description": "", "priority": 0},
        {"name": "Age", "type": "string", "format": "", "description": "", "priority": 0},
    ]
    rows: list[Json] = []
    for obj in items:
        row: Json = {"cells": [obj["metadata"]["name"], age(obj["metadata"].get("creationTimestamp"))]}
        row["object"] = _object(obj, include)
        rows.append(row)
    return {
        "kind": "Table",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": meta,
        "columnDefinitions": columns,
        "rows": rows,
    }


def _object(obj: Json, include: str) -> Json | None:
    if include == "None":
        return None
    if include == "Object":
        return obj
    return {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": obj["metadata"]}
