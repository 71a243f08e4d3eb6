"""All rules over one chart, a folder or an archive."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from steersman.chart.archive import read_archive
from steersman.chart.capabilities import KubeVersion
from steersman.chart.lint import chartfile, crds, dependencies, templates
from steersman.chart.lint import values as values_rules
from steersman.chart.lint.message import Message
from steersman.chart.notice import ignore_warning
from steersman.errors import ChartError
from steersman.lazy import TYPE_CHECKING

if TYPE_CHECKING:
    from steersman.chart.notice import Warn


def lint(
    path: str,
    values: dict[str, Any],
    *,
    namespace: str = "default",
    kube_version: KubeVersion | None = None,
    skip_schema_validation: bool = False,
    warn: Warn = ignore_warning,
) -> list[Message]:
    """Everything that Helm's linter says of the chart at `path`. Raises ChartError for what is no chart."""
    with _folder(path) as folder:
        if not os.path.exists(os.path.join(folder, "Chart.yaml")):
            raise ChartError(
                f"unable to check Chart.yaml file in chart: stat {os.path.join(folder, 'Chart.yaml')}: "
                "no such file or directory"
            )
        folder = os.path.abspath(folder)
        return [
            *chartfile.check(folder),
            *values_rules.check(folder, values, skip_schema_validation=skip_schema_validation, warn=warn),
            *templates.check(
                folder,
                values,
                namespace=namespace,
                kube_version=kube_version,
                skip_schema_validation=skip_schema_validation,
                warn=warn,
            ),
            *dependencies.check(folder, warn),
            *crds.check(folder),
        ]


def subchart_paths(path: str) -> list[str]:
    """The charts in charts/ of the chart at `path`, at any depth: folders and archives, in Go's walking order."""
    found: list[str] = []
    for folder, inner, files in os.walk(os.path.join(path, "charts")):
        inner.sort(key=os.fsencode)
        for name in sorted(files, key=os.fsencode):
            if name == "Chart.yaml":
                found.append(folder)
            elif name.endswith((".tgz", ".tar.gz")):
                found.append(os.path.join(folder, name))
    return found


@contextmanager
def _folder(path: str) -> Iterator[str]:
    """The chart as a folder; an archive is unpacked for the time being."""
    if not path.endswith((".tgz", ".tar.gz")):
        yield path
        return
    try:
        files = read_archive(path)
    except ChartError as error:
        raise ChartError(f"unable to extract tarball: {error}", hint=error.hint) from error
    with tempfile.TemporaryDirectory(prefix="steer-lint") as folder:
        for file in files:
            target = os.path.join(folder, file.name)
            os.makedirs(os.path.dirname(target), exist_ok=True)
            with open(target, "wb") as stream:
                stream.write(file.data)
        yield folder
