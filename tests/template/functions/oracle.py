"""Many failing snippets to the real helm in one call: `helm lint` takes any number of charts and goes on after an error.

What the whole room asks helm with is to be had from here, too.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from ..helm_oracle import helm_errors, helm_renders, steersman_renders  # noqa: TID252 - tests are no package to name

__all__ = ["helm_errors", "helm_lint_errors", "helm_renders", "steersman_renders"]

_HEADER = re.compile(r"^==> Linting .*/e(\d+)/probe$", re.MULTILINE)
_ERROR = re.compile(r"^\[ERROR\] templates/: (.*?)(?=^\[|\n\n|\Z)", re.MULTILINE | re.DOTALL)


def helm_lint_errors(
    helm: Path, folder: Path, snippets: Sequence[str], values: Mapping[str, Any] = MappingProxyType({})
) -> list[str]:
    """helm's error for each snippet, empty for one that does not fail. `fail` and `required` never do here."""
    charts = []
    for number, snippet in enumerate(snippets):
        chart = folder / f"e{number}" / "probe"
        (chart / "templates").mkdir(parents=True)
        (chart / "Chart.yaml").write_text("apiVersion: v2\nname: probe\nversion: 0.1.0\n")
        (chart / "values.yaml").write_text(json.dumps(dict(values)), encoding="utf-8")
        (chart / "templates" / "s0.yaml").write_bytes(snippet.encode("utf-8", "surrogateescape"))
        charts.append(chart)
    environment = {**os.environ, "HOME": str(folder), "KUBECONFIG": str(folder / "none")}
    done = subprocess.run([helm, "lint", *charts], capture_output=True, check=False, env=environment)
    _, *numbers_and_reports = _HEADER.split(done.stdout.decode("utf-8", "surrogateescape"))
    reports = dict(zip(numbers_and_reports[::2], numbers_and_reports[1::2], strict=True))
    assert len(reports) == len(snippets), done.stderr.decode()
    found = (_ERROR.search(reports[str(number)]) for number in range(len(snippets)))
    return [match[1].rstrip("\n") if match else "" for match in found]
