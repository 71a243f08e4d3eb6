"""What `helm show` prints of a chart."""

from __future__ import annotations

from steersman.chart.model import Chart
from steersman.lazy import TYPE_CHECKING
from steersman.manifest import yaml
from steersman.template.values import from_utf8

if TYPE_CHECKING:
    from collections.abc import Collection

_READMES = ("readme.md", "readme.txt", "readme")


def show(chart: Chart, parts: Collection[str]) -> str:
    """The text for these parts (chart, values, readme, crds), with `---` between them where there are several."""
    several = len(parts) > 1
    out: list[str] = []
    if "chart" in parts:
        out.append(f"{yaml.dump(chart.metadata.document())}\n")
    if "values" in parts and (values := [file for file in chart.raw if file.name == "values.yaml"]):
        out.append("---\n" if several else "")
        out.extend(f"{from_utf8(file.data)}\n" for file in values)
    if "readme" in parts and (readme := next((f for f in chart.files if f.name.lower() in _READMES), None)):
        out.append("---\n" if several else "")
        out.append(f"{from_utf8(readme.data)}\n")
    if "crds" in parts:
        for _, file in chart.crds():
            out.append("" if file.data.startswith(b"---") else "---\n")
            out.append(f"{from_utf8(file.data)}\n")
    return "".join(out)
