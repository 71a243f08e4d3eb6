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

from steersman.errors import Location, UsageError, YamlError
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
    """The configuration beside a chart; the default one where there is none. Raises UsageError."""
    path = folder / FILE
    if not path.is_file():
        return Configuration()
    try:
        document = yaml.load(path.read_bytes(), str(path))
    except YamlError as error:
        raise UsageError(f"{path}: {error}") from None
    section = document.get("review") if isinstance(document, dict) else None
    if section is None:
        return Configuration()
    if not isinstance(section, dict) or any(key not in _SECTIONS for key in section):
        raise UsageError(f"{Location(str(path))}: `review` holds {', '.join(_SECTIONS)} and nothing else")
    disable = _typed(path, section, "disable", list)
    severity = _typed(path, section, "severity", dict)
    options = _typed(path, section, "options", dict)
    known = {rule.id: rule for rule in rules}
    for name in (*disable, *severity, *options):
        if name not in known:
            raise UsageError(f"{path}: no rule is called {name!r}", hint="`steer review --list-rules` names them all.")
    for name, chosen in options.items():
        _check_options(path, known[name], chosen)
    try:
        severities = {name: Severity(word) for name, word in severity.items()}
    except ValueError as error:
        raise UsageError(f"{path}: {error}", hint=f"A severity is one of {', '.join(Severity)}.") from None
    return Configuration(frozenset(disable), frozenset(), severities, options)


def _typed(path: Path, section: dict[str, Any], key: str, kind: type) -> Any:
    value = section.get(key)
    if value is None:
        return kind()
    if not isinstance(value, kind):
        raise UsageError(f"{path}: `{key}` must be {'a list' if kind is list else 'a mapping'}")
    return value


def _check_options(path: Path, rule: Rule, chosen: Any) -> None:
    """A rule's options are those that it has, with values of the type of its defaults."""
    known = ", ".join(rule.options) or "none"
    if not isinstance(chosen, dict) or any(name not in rule.options for name in chosen):
        raise UsageError(f"{path}: the options of {rule.id} are a mapping", hint=f"It has these: {known}.")
    for name, value in chosen.items():
        if not isinstance(value, type(rule.options[name])):
            raise UsageError(f"{path}: {rule.id}.{name} must be a value like {rule.options[name]!r}")
