"""Writing charts: packaging one as NAME-VERSION.tgz, with the files in the order in which Helm packs them."""

from __future__ import annotations

import gzip
import io
import json
import os
import tarfile
import time
from pathlib import Path

from steersman.chart.load import load
from steersman.chart.metadata import validate
from steersman.chart.model import API_VERSION_1, API_VERSION_2, Chart
from steersman.chart.notice import ignore_warning
from steersman.chart.versions import is_version
from steersman.errors import ChartError
from steersman.lazy import TYPE_CHECKING
from steersman.manifest import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator

    from steersman.chart.load import Warn


def package(
    folder: str | os.PathLike[str],
    destination: str | os.PathLike[str] = ".",
    *,
    version: str = "",
    app_version: str = "",
    warn: Warn = ignore_warning,
) -> Path:
    """Pack the chart in a folder; `version` and `app_version` go into the packed Chart.yaml.

    The answer is the absolute path of the archive. Raises ChartError, also where dependencies are missing in charts/.
    """
    from steersman.chart.dependencies import check_present

    if not os.path.isdir(folder):
        raise ChartError(f"{os.fspath(folder)} is not a folder", hint="A packaged chart need not be packaged.")
    chart = load(folder, warn)
    chart.metadata.version = version or chart.metadata.version
    chart.metadata.app_version = app_version or chart.metadata.app_version
    if not is_version(chart.metadata.version):
        raise ChartError("invalid semantic version", hint=f"{chart.metadata.version} is no version like 1.2.3.")
    check_present(chart)
    return save(chart, destination)


def save(chart: Chart, destination: str | os.PathLike[str]) -> Path:
    """Write a chart as an archive into a folder, which is made if it is missing. Raises ChartError."""
    validate(chart.metadata)
    folder = Path(destination).absolute()
    data = pack(chart)
    path = folder / f"{chart.name}-{chart.metadata.version}.tgz"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    except FileExistsError as error:
        raise ChartError(f"is not a directory: {folder}") from error
    except OSError as error:
        raise ChartError(f"failed to save: open {path}: {(error.strerror or str(error)).lower()}") from error
    return path


def pack(chart: Chart) -> bytes:
    """The chart as the bytes of an archive. Raises ChartError."""
    packed = io.BytesIO()
    now = int(time.time())
    with (
        gzip.GzipFile(fileobj=packed, mode="wb", mtime=0) as zipped,
        tarfile.open(fileobj=zipped, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        for name, data, modified in _contents(chart, ""):
            info = tarfile.TarInfo(name)
            info.size = len(data)
            info.mtime = (modified + 500_000_000) // 1_000_000_000 or now
            archive.addfile(info, io.BytesIO(data))
    return packed.getvalue()


def _contents(chart: Chart, below: str) -> Iterator[tuple[str, bytes, int]]:
    """(name in the archive, content, time of change in ns) of a chart's files, its subcharts' last."""
    base = below + chart.name
    by_name = {file.name: file for file in chart.raw}
    definition = chart.metadata.document()
    if chart.metadata.api_version == API_VERSION_1:
        definition.pop("dependencies", None)  # they stand in requirements.yaml
    changed = by_name["Chart.yaml"].modified if "Chart.yaml" in by_name else 0
    yield f"{base}/Chart.yaml", yaml.dump(definition).encode(), changed
    if chart.lock is not None and chart.metadata.api_version == API_VERSION_2:
        yield f"{base}/Chart.lock", yaml.dump(chart.lock.document()).encode(), 0
    if "values.yaml" in by_name:
        yield f"{base}/values.yaml", by_name["values.yaml"].data, by_name["values.yaml"].modified
    if chart.schema is not None:
        _check_schema(chart.schema)
        yield f"{base}/values.schema.json", chart.schema, by_name["values.schema.json"].modified
    for file in [*chart.templates, *chart.files]:
        yield f"{base}/{file.name}", file.data, file.modified
    for subchart in chart.dependencies:
        yield from _contents(subchart, f"{base}/charts/")


def _check_schema(schema: bytes) -> None:
    try:
        json.loads(schema)
    except ValueError as error:
        raise ChartError(f"failed to save: invalid JSON in values.schema.json: {error}") from error
