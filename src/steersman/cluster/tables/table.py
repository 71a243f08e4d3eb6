"""The Table of one resource: its printer's columns and one row for each object."""

from __future__ import annotations

from typing import Any

from steersman.cluster.resources import Resource
from steersman.cluster.tables import cluster, pods, services, workloads
from steersman.cluster.tables.custom import custom_printer
from steersman.cluster.tables.printer import Printer

Json = dict[str, Any]

PRINTERS: dict[str, Printer] = {
    **pods.PRINTERS,
    **workloads.PRINTERS,
    **services.PRINTERS,
    **cluster.PRINTERS,
}


def printer_of(resource: Resource) -> Printer:
    if resource.custom is not None:
        return custom_printer(resource)
    return PRINTERS.get(resource.storage, cluster.PLAIN)


def table(resource: Resource, items: list[Json], meta: Json, include: str) -> Json:
    """`include` (None, Metadata or Object) says what of each object goes with its row."""
    printer = printer_of(resource)
    columns: list[Json] = [
        {
            "name": column.name,
            "type": column.type,
            "format": column.format,
            "description": "",
            "priority": 1 if column.wide else 0,
        }
        for column in printer.columns
    ]
    rows: list[Json] = []
    for obj in items:
        row: Json = {"cells": printer.cells(obj)}
        if resource.storage == "pods" and (conditions := pods.pod_conditions(obj)):
            row["conditions"] = conditions
        row["object"] = _object(obj, include)
        rows.append(row)
    head = {"kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": meta}
    return {**head, "columnDefinitions": columns, "rows": rows}


def _object(obj: Json, include: str) -> Json | None:
    if include == "None":
        return None
    if include == "Object":
        return obj
    return {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": obj["metadata"]}
