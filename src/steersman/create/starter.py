"""A chart made from another one, as Helm's starters are."""

from __future__ import annotations

import os
from pathlib import Path

from steersman.create.chart import checked_name, written
from steersman.errors import ChartError

PLACEHOLDER = b"<CHARTNAME>"
# What `helm create` says of a chart from a starter: of the starter's own definition nothing stays.
DEFINITION = """\
apiVersion: v2
appVersion: 0.1.0
description: A Helm chart for Kubernetes
name: {}
type: application
version: 0.1.0
"""


def create_from(starter: str, starters: Path, folder: Path) -> Path:
    """Write a chart into `folder`, which must not be there yet: the starter's files under the new name, its subcharts packed.

    `starter` is the absolute path of a chart, or its name in the folder `starters`. The placeholder `<CHARTNAME>` stands for
    the name in values.yaml and templates. Raises UsageError, ChartError for a starter that is no chart.
    """
    from steersman.chart.load import load
    from steersman.chart.package import save
    from steersman.manifest import yaml

    name = checked_name(folder)
    source = starters / starter  # which an absolute path overrides
    try:
        chart = load(source)
    except ChartError as error:
        hint = error.hint or f"Starters are charts in {starters}, or named by an absolute path."
        raise ChartError(f"could not load {source}: {error}", location=error.location, hint=hint) from error

    def named(data: bytes) -> bytes:
        return data.replace(PLACEHOLDER, os.fsencode(name))

    files = {"Chart.yaml": DEFINITION.format(yaml.dump(name).strip()).encode()}
    files |= {file.name: named(file.data) for file in chart.raw if file.name == "values.yaml"}
    if chart.schema is not None:
        files["values.schema.json"] = chart.schema
    files |= {file.name: named(file.data) for file in chart.templates}
    files |= {file.name: file.data for file in chart.files}

    def subcharts(unfinished: Path) -> None:
        for subchart in chart.dependencies:
            save(subchart, unfinished / "charts")

    return written(folder, files, subcharts)
