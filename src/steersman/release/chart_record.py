"""A chart as release records keep it: metadata, templates, default values and files, without its subcharts.

Source: the records of helm 4.3.1; contents are in base64, times those of the files.
"""

from __future__ import annotations

import base64

from steersman.chart.model import Chart, File, Lock
from steersman.lazy import TYPE_CHECKING
from steersman.release.record import go_time

if TYPE_CHECKING:
    from typing import Any

_ZERO_TIME = "0001-01-01T00:00:00Z"


def chart_record(chart: Chart) -> dict[str, Any]:
    """The record of a chart whose dependencies have been processed (`chart.render.Prepared.chart`)."""
    raw = {file.name: file for file in chart.raw}
    return {
        "metadata": chart.metadata.document(),
        "lock": None if chart.lock is None else _lock(chart.lock),
        "templates": [_file(file) for file in chart.templates] or None,
        "values": chart.values if chart.values or "values.yaml" in raw else None,
        "schema": None if chart.schema is None else base64.b64encode(chart.schema).decode("ascii"),
        "schemamodtime": _time(raw.get("values.schema.json")),
        "files": [_file(file) for file in chart.files] or None,
        "modtime": _time(raw.get("Chart.yaml")),
    }


def _file(file: File) -> dict[str, str]:
    return {"name": file.name, "data": base64.b64encode(file.data).decode("ascii"), "modtime": _time(file)}


def _time(file: File | None) -> str:
    return go_time(file.modified) if file is not None and file.modified else _ZERO_TIME


def _lock(lock: Lock) -> dict[str, Any]:
    return {
        "generated": lock.generated or _ZERO_TIME,
        "digest": lock.digest,
        "dependencies": [dependency.document() for dependency in lock.dependencies],
    }
