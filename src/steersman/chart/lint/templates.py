"""Rules for what the templates give: that they render, and that it looks like Kubernetes objects."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

from steersman.chart.assemble import UnsupportedApiVersion
from steersman.chart.capabilities import Capabilities, KubeVersion
from steersman.chart.coalesce import coalesce_values
from steersman.chart.lint import names
from steersman.chart.lint.deprecations import deprecation
from steersman.chart.lint.message import Message, Severity
from steersman.chart.load import load
from steersman.chart.model import Chart
from steersman.chart.render import ReleaseOptions, prepare, render_files
from steersman.errors import SchemaError, SteersmanError, YamlError
from steersman.lazy import TYPE_CHECKING
from steersman.manifest import yaml

if TYPE_CHECKING:
    from steersman.chart.notice import Warn

FOLDER = "templates/"
RESOURCE_POLICY = "helm.sh/resource-policy"

_EXTENSIONS = (".yaml", ".yml", ".tpl", ".txt")
_NEED_SELECTOR = ("Deployment", "ReplicaSet", "DaemonSet", "StatefulSet")


def check(
    folder: str,
    values: dict[str, Any],
    *,
    namespace: str,
    kube_version: KubeVersion | None,
    skip_schema_validation: bool,
    warn: Warn,
) -> Iterator[Message]:
    """Render the chart in `folder`, with `required` and `fail` let through, and look at each document."""
    path = os.path.join(folder, "templates")
    if not os.path.exists(path):
        yield Message(Severity.WARNING, FOLDER, "directory does not exist")
        return
    if not os.path.isdir(path):
        yield Message(Severity.ERROR, FOLDER, "not a directory")
        return
    try:
        chart = load(folder, warn)
    except UnsupportedApiVersion:
        return  # which is told of Chart.yaml
    except SteersmanError as error:
        yield Message(Severity.ERROR, FOLDER, str(error))
        return
    capabilities = Capabilities() if kube_version is None else Capabilities(kube_version=kube_version)
    try:
        # Helm gives up in silence where values do not fit subcharts
        coalesce_values(chart, values, warn)
    except SteersmanError:
        return
    try:
        prepared = prepare(chart, values, skip_schema_validation=skip_schema_validation, warn=warn)
    except SchemaError as error:
        yield Message(Severity.ERROR, FOLDER, str(error))
        return
    release = ReleaseOptions("test-release", namespace, revision=0, is_install=False)
    try:
        rendered = render_files(prepared, release, capabilities=capabilities, lint=True)
    except SteersmanError as error:
        yield Message(Severity.ERROR, FOLDER, str(error))
        return
    version = (int(capabilities.kube_version.major), int(capabilities.kube_version.minor))
    yield from _files(chart, rendered, version)


def _files(chart: Chart, rendered: dict[str, str], version: tuple[int, int]) -> Iterator[Message]:
    for template in chart.templates:
        extension = os.path.splitext(template.name)[1]
        if extension not in _EXTENSIONS:
            yield Message(
                Severity.ERROR,
                template.name,
                f"file extension '{extension}' not valid. Valid extensions are .yaml, .yml, .tpl, or .txt",
            )
        text = rendered.get(f"{chart.name}/{template.name}", "")
        if extension.lower() not in (".yaml", ".yml") or not text.strip():
            continue
        yield from _first_indent(template.name, text)
        try:
            first: Any = None
            for number, document in enumerate(yaml.load_all(text, template.name)):
                first = document if number == 0 else first
                if isinstance(document, dict):
                    yield from _document(template.name, text, document, version)
                    # Helm looks for a List's items in the file's first document, whichever the List is
                    if (
                        document.get("kind") == "List"
                        and isinstance(first, dict)
                        and any(map(_keeps, first.get("items") or ()))
                    ):
                        yield Message(
                            Severity.ERROR,
                            template.name,
                            f"annotation '{RESOURCE_POLICY}' within List objects are ignored",
                        )
        except YamlError as error:
            # what follows would fail in the same way: Helm stops here
            yield Message(Severity.ERROR, template.name, f"unable to parse YAML: {error}")
            return


def _first_indent(path: str, text: str) -> Iterator[Message]:
    line = next((line for line in text.split("\n") if line.strip()), "").removesuffix("\r")
    if line.startswith((" ", "\t")):
        from steersman.template.strconv import quote

        yield Message(
            Severity.WARNING,
            path,
            f"document starts with an illegal indent: {quote(line)}, which may cause parsing problems",
        )


def _document(path: str, text: str, document: dict[str, Any], version: tuple[int, int]) -> Iterator[Message]:
    api_version, kind = _word(document.get("apiVersion")), _word(document.get("kind"))
    metadata = document.get("metadata")
    name = _word(metadata.get("name")) if isinstance(metadata, dict) else ""
    if found := names.problems(kind, name):
        wrong = [f'metadata.name: Invalid value: "{name}": {problem}' for problem in found]
        listed = wrong[0] if len(wrong) == 1 else f"[{', '.join(wrong)}]"
        yield Message(
            Severity.WARNING,
            path,
            f'object name does not conform to Kubernetes naming requirements: "{name}": {listed}',
        )
    if warning := deprecation(api_version, kind, version):
        yield Message(Severity.WARNING, path, warning)
    if kind in _NEED_SELECTOR and "matchLabels" not in text and "matchExpressions" not in text:
        yield Message(
            Severity.ERROR, path, f'a {kind} must contain matchLabels or matchExpressions, and "{name}" does not'
        )


def _keeps(item: Any) -> bool:
    metadata = item.get("metadata") if isinstance(item, dict) else None
    annotations = metadata.get("annotations") if isinstance(metadata, dict) else None
    return isinstance(annotations, dict) and RESOURCE_POLICY in annotations


def _word(value: Any) -> str:
    """A scalar as the text that a Go struct's field holds."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        from steersman.template.strconv import format_float

        return format_float(value)
    return str(value) if isinstance(value, str | int) else ""
