"""Loading a chart from a folder or an archive, with all the subcharts in it."""

from __future__ import annotations

import os
from io import BytesIO

from steersman.chart.archive import Allowance, read_packed, unpack
from steersman.chart.model import Chart
from steersman.chart.notice import ignore_warning
from steersman.chart.remember import loaded, plain_bytes
from steersman.errors import ChartError, Location, YamlError
from steersman.lazy import TYPE_CHECKING
from steersman.memo import Memo

if TYPE_CHECKING:
    from collections.abc import Callable

    Warn = Callable[[str], None]


def load(path: str | os.PathLike[str], warn: Warn = ignore_warning, memo: Memo | None = None) -> Chart:
    """The chart at `path`, a folder or a packaged chart.

    `warn` gets what Helm logs about a usable chart (links, a requirements.yaml that no longer counts). `memo` may know the
    chart from an earlier run; its `raw` files are then missing. Raises ChartError.
    """
    path = os.fspath(path)
    allowance = Allowance()
    try:
        is_folder = os.path.isdir(path)
        os.stat(path)
    except OSError as error:
        raise ChartError(f"stat {path}: {(error.strerror or '').lower()}") from error
    if is_folder:
        chart_file = os.path.join(os.path.abspath(path), "Chart.yaml")
        if not os.path.exists(chart_file):
            raise ChartError(
                f"unable to detect chart at {chart_file}: open {chart_file}: no such file or directory",
                hint="A chart is a folder with a Chart.yaml, or a .tgz made by `steer package`.",
            )
        from steersman.chart.directory import read_directory

        files = read_directory(path, warn)
        data = b"" if memo is None else plain_bytes([(file.name, file.data) for file in files])
    else:
        data = read_packed(path)
        files = []

    def work_out() -> tuple[Chart, list[str]]:
        from steersman.chart.assemble import check_api_version, from_files

        told: list[str] = []
        inner = files or unpack(BytesIO(data), allowance)
        check_api_version(inner)
        return from_files(inner, told.append, allowance), told

    try:
        chart, told = loaded(memo, data, work_out)
        for message in told:
            warn(message)
        return chart
    except (ChartError, YamlError) as error:
        if error.location is None or not os.path.isabs(error.location.path):
            error.location = Location(path) if error.location is None else _below(path, error.location)
        raise


def _below(path: str, location: Location) -> Location:
    return Location(os.path.join(path, location.path), location.line, location.column)


def load_archive(data: bytes, warn: Warn = ignore_warning) -> Chart:
    """The chart in the bytes of a packaged chart. Raises ChartError."""
    from steersman.chart.assemble import check_api_version, from_files

    allowance = Allowance()
    files = unpack(BytesIO(data), allowance)
    check_api_version(files)
    return from_files(files, warn, allowance)
