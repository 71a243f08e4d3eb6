"""A chart out of its files: which of them is what, with all the subcharts among them."""

from __future__ import annotations

from io import BytesIO

from steersman.chart.archive import Allowance, unpack
from steersman.chart.metadata import default_api_version, read_lock, read_metadata, validate
from steersman.chart.model import API_VERSION_1, API_VERSION_2, Chart, File, Metadata
from steersman.chart.notice import INFO, notice
from steersman.chart.values import parse_values
from steersman.errors import ChartError, SteersmanError, YamlError
from steersman.lazy import TYPE_CHECKING
from steersman.manifest import yaml

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    Warn = Callable[[str], None]

# A chart deeper than this is refused: no real one is, and each level costs stack.
MAX_DEPTH = 100


class UnsupportedApiVersion(ChartError):
    """A chart of an apiVersion that Helm does not know."""


def check_api_version(files: Iterable[File]) -> None:
    """Only the outermost chart's apiVersion is looked at, as in Helm."""
    for file in files:
        if file.name == "Chart.yaml":
            try:
                document = _typed(file)
            except YamlError as error:
                raise _cannot_load("Chart.yaml", error) from error
            version = document.get("apiVersion") if isinstance(document, dict) else ""
            if version in (None, "", API_VERSION_1, API_VERSION_2):
                return
            raise UnsupportedApiVersion("invalid chart apiVersion" if version == "v3" else "unsupported chart version")
    raise ChartError("unable to detect chart version, no Chart.yaml found")


def from_files(files: list[File], warn: Warn, allowance: Allowance, *, depth: int = 0) -> Chart:
    """The chart made of these files (names relative to its root), and of the archives in charts/. Raises ChartError."""
    if depth > MAX_DEPTH:
        raise ChartError(f"charts are nested more than {MAX_DEPTH} deep")
    metadata = _metadata(files)
    chart = Chart(metadata or Metadata(), raw=list(files))
    inner: dict[str, list[File]] = {}
    for file in files:
        name = file.name
        if name.startswith("charts/"):
            if name.endswith(".prov"):
                chart.files.append(file)
            else:
                inner.setdefault(name[7:].partition("/")[0], []).append(file)
        elif name.startswith("templates/"):
            chart.templates.append(file)
        elif name == "values.yaml":
            try:
                chart.values = parse_values(file.data, name)
            except YamlError as error:
                raise _cannot_load(name, error) from error
        elif name == "values.schema.json":
            chart.schema = file.data
        elif name in ("Chart.lock", "requirements.lock", "requirements.yaml"):
            metadata = _requirement(chart, metadata, file, warn)
        elif name != "Chart.yaml":
            chart.files.append(file)
    if metadata is None:
        raise ChartError("Chart.yaml file is missing")
    validate(metadata)
    chart.set_dependencies(list(_subcharts(chart, inner, warn, allowance, depth)))
    return chart


def _metadata(files: list[File]) -> Metadata | None:
    metadata: Metadata | None = None
    for file in files:
        if file.name == "Chart.yaml":
            try:
                metadata = read_metadata(_typed(file), into=metadata)
            except YamlError as error:
                raise _cannot_load(file.name, error) from error
            default_api_version(metadata)
    return metadata


def _typed(file: File) -> Any:
    """The document in a file that is read into typed fields, for which it matters how a number was written."""
    return yaml.load(file.data, file.name, numbers="yaml")


def _requirement(chart: Chart, metadata: Metadata | None, file: File, warn: Warn) -> Metadata | None:
    """Take up a lock or a requirements.yaml; the old names stay visible as files in charts of version 1."""
    try:
        document = _typed(file)
        if file.name.endswith(".lock"):
            chart.lock = read_lock(document)
        else:
            metadata = chart.metadata = read_metadata(document, into=chart.metadata)
    except YamlError as error:
        raise _cannot_load(file.name, error) from error
    if file.name == "Chart.lock":
        return metadata
    if chart.metadata.api_version == API_VERSION_1:
        chart.files.append(file)
    elif file.name == "requirements.yaml":
        warn(notice(_MIGRATE.format("Dependencies are", "Chart.yaml", "dependencies to Chart.yaml"), INFO))
    else:
        warn(notice(_MIGRATE.format("Dependency locking is", "Chart.lock", "to Chart.lock"), INFO))
    return metadata


def _subcharts(
    chart: Chart, inner: dict[str, list[File]], warn: Warn, allowance: Allowance, depth: int
) -> Iterable[Chart]:
    for name, files in inner.items():
        if name.startswith(("_", ".")):
            continue
        try:
            if name.endswith(".tgz"):
                if files[0].name != f"charts/{name}":
                    got = files[0].name.removeprefix("charts/")
                    raise ChartError(f"error unpacking subchart tar in {chart.name}: expected {name}, got {got}")
                yield from_files(unpack(BytesIO(files[0].data), allowance), warn, allowance, depth=depth + 1)
            else:
                prefix = f"charts/{name}/"
                below = [
                    File(file.name[len(prefix) :], file.data, file.modified)
                    for file in files
                    if file.name.startswith(prefix)
                ]
                yield from_files(below, warn, allowance, depth=depth + 1)
        except SteersmanError as error:
            message = f"error unpacking subchart {name} in {chart.name}: {error}"
            raise ChartError(message, location=getattr(error, "location", None), hint=error.hint) from error


_MIGRATE = 'Warning: {} handled in {} since apiVersion "v2". We recommend migrating {}.'


def _cannot_load(name: str, error: YamlError) -> ChartError:
    return ChartError(f"cannot load {name}: {error}", location=error.location, hint=error.hint)
