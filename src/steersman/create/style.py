"""How a chart writes things: the helpers that it defines for names and labels."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

_DEFINED = re.compile(r"""\{\{-?\s*define\s+["`]([^"`]+)["`]""")
LONGEST = 63  # a Job's name becomes a label of its Pods


@dataclass(frozen=True, slots=True)
class Style:
    """Names of the chart's helpers, or "" where it has none."""

    chart: str
    fullname: str = ""
    labels: str = ""

    def name(self, suffix: str) -> str:
        """The name of an object of the release."""
        base = f'include "{self.fullname}" .' if self.fullname else ".Release.Name"
        return f'{{{{ {base} | trunc {LONGEST - len(suffix) - 1} | trimSuffix "-" }}}}-{suffix}'

    def application(self) -> str:
        """The name of the application's Service, as charts have it."""
        return f'{{{{ include "{self.fullname}" . }}}}' if self.fullname else "{{ .Release.Name }}"

    def label_lines(self, component: str) -> str:
        if self.labels:
            return f'{{{{- include "{self.labels}" . | nindent 0 }}}}'
        return f"""\
app.kubernetes.io/name: {{{{ .Chart.Name }}}}
app.kubernetes.io/instance: {{{{ .Release.Name }}}}
app.kubernetes.io/component: {component}
app.kubernetes.io/managed-by: {{{{ .Release.Service }}}}"""


def style_of(chart: str, templates: Iterable[str]) -> Style:
    """Read the helpers that a chart's templates define; its own, by its name, before any other's."""
    defined = [name for text in templates for name in _DEFINED.findall(text)]

    def helper(what: str) -> str:
        own = f"{chart}.{what}"
        return own if own in defined else next((name for name in defined if name.endswith(f".{what}")), "")

    return Style(chart, helper("fullname"), helper("labels"))
