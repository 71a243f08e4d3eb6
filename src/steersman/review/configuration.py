"""What a chart says of its own review: the file `.steersman.yaml` beside Chart.yaml.

review:
  disable: [equal-weights]
  severity: {mutable-image-tag: info}
  options: {hook-deadline: {longest: 600}}
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from steersman.errors import Location, UsageError
from steersman.manifest import yaml
from steersman.review.model import Rule, Severity

FILE = ".steersman.yaml"
_SECTIONS = ("disable", "severity", "options")


@dataclass(frozen=True, slots=True)
class Configuration:
    """`only` restricts to these rules where it is not empty."""

    disable: frozenset[str] = frozenset()
    only: frozenset[str] = frozenset()
    severity: dict[str, Severity] = field(default_factory=dict)
    options: dict[str, dict[str, Any]] = field(default_factory=dict)

    def runs(self, rule: Rule) -> bool:
        return rule.id not in self.disable and (not self.only or rule.id in self.only)


def load(folder: Path, rules: tuple[Rule, ...]) -> Configuration:
    """The configuration beside a chart; the default one where there is none. Raises UsageError, YamlError."""
    path = folder / FILE
    if not path.is_file():
        return Configuration()
    document = yaml.load(path.read_bytes(), str(path))
    section = document.get("review") if isinstance(document, dict) else None
    if section is None:
        return Configuration()
    known = {rule.id for rule in rules}
    if not isinstance(section, dict) or any(key not in _SECTIONS for key in section):
        raise UsageError(f"{Location(str(path))}: `review` holds {', '.join(_SECTIONS)} and nothing else")
    disable: list[str] = section.get("disable") or []
    severity: dict[str, str] = section.get("severity") or {}
    options: dict[str, dict[str, Any]] = section.get("options") or {}
    for name in (*disable, *severity, *options):
        if name not in known:
            raise UsageError(f"{path}: no rule is called {name!r}", hint="`steer review --list-rules` names them all.")
    try:
        severities = {name: Severity(word) for name, word in severity.items()}
    except ValueError as error:
        raise UsageError(f"{path}: {error}", hint=f"A severity is one of {', '.join(Severity)}.") from None
    return Configuration(frozenset(disable), frozenset(), severities, options)
