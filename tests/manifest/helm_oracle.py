"""Asking the real helm many small questions in one call."""

from __future__ import annotations

import base64
import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

_SEPARATOR = "\x1e"


def render(helm: Path, folder: Path, template: str, values: object) -> str:
    """What helm renders of one template text with the given values."""
    chart = folder / "chart"
    (chart / "templates").mkdir(parents=True, exist_ok=True)
    (chart / "Chart.yaml").write_text("apiVersion: v2\nname: chart\nversion: 0.1.0\n")
    # The rendered text is shown by NOTES.txt's rules: it is not parsed as a manifest.
    (chart / "templates" / "NOTES.txt").write_text(template, encoding="utf-8")
    (folder / "values.json").write_text(json.dumps(values), encoding="utf-8")
    done = subprocess.run(
        [helm, "install", "x", str(chart), "-f", str(folder / "values.json"), "--dry-run=client"],
        capture_output=True,
        check=True,
        env={"HOME": str(folder), "KUBECONFIG": str(folder / "none")},
    )
    text = done.stdout.decode("utf-8")
    return text[text.index("NOTES:\n") + len("NOTES:\n") :]


def ask_each(helm: Path, folder: Path, expression: str, cases: Sequence[object]) -> list[str]:
    """What the template expression gives for each case, which it sees as `$case`."""
    # By way of base64 and JSON, so that no rule of YAML stands between the case and the expression.
    encoded = [base64.b64encode(json.dumps({"case": case}).encode()).decode() for case in cases]
    template = "{{ range .Values.cases }}{{ $case := (. | b64dec | fromJson).case }}{{ %s }}%s{{ end }}"
    return render(helm, folder, template % (expression, _SEPARATOR), {"cases": encoded}).split(_SEPARATOR)[:-1]


def examples(strategy: st.SearchStrategy[Any], count: int) -> list[Any]:
    """Generated values, gathered so that helm can be asked about all of them at once."""
    found: list[Any] = []

    @settings(max_examples=count, database=None)
    @given(strategy)
    def gather(value: Any) -> None:
        found.append(value)

    gather()
    return found
