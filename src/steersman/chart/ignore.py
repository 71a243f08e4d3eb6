"""`.helmignore`: which files of a chart's folder are no part of the chart.

Helm's own rules, close to gitignore's but for three things: there is no `**`, a pattern without a slash is tried on the base
name only, and a negated pattern ignores **everything that it does not match**.
Source: Helm's docs/chart_template_guide/helm_ignore_file and the behaviour of helm 4.3.1.
"""

from __future__ import annotations

from steersman.chart import pathmatch
from steersman.errors import ChartError, Location
from steersman.record import record

FILE_NAME = ".helmignore"


@record(frozen=True, slots=True)
class Rule:
    """One line: `rooted` patterns see the whole path, the others its last part."""

    pattern: str
    negated: bool
    only_folders: bool
    whole_path: bool

    def matches(self, path: str) -> bool:
        return pathmatch.match(self.pattern, path if self.whole_path else path.rpartition("/")[2])


@record(frozen=True, slots=True)
class Rules:
    rules: tuple[Rule, ...]

    def ignores(self, path: str, *, is_folder: bool) -> bool:
        """Whether the chart leaves out `path` (relative to the chart's root, with `/`)."""
        for rule in self.rules:
            if rule.negated:
                if (rule.only_folders and not is_folder) or not rule.matches(path):
                    return True
            elif (is_folder or not rule.only_folders) and rule.matches(path):
                return True
        return False


def parse(text: str, path: str = FILE_NAME) -> Rules:
    """Rules from the text of a .helmignore, with Helm's default one (hidden files in templates/).

    Raises ChartError for a pattern that Helm refuses.
    """
    rules: list[Rule] = []
    for number, line in enumerate([*text.removeprefix("\ufeff").split("\n"), "templates/.?*"], 1):
        try:
            if (rule := _rule(line.strip())) is not None:
                rules.append(rule)
        except pathmatch.BadPattern as error:
            raise ChartError(
                str(error), location=Location(path, number), hint=f"See line {number} of {path}."
            ) from error
    return Rules(tuple(rules))


def _rule(line: str) -> Rule | None:
    if not line or line.startswith("#"):
        return None
    if "**" in line:
        raise ChartError("double-star (**) syntax is not supported")
    pathmatch.compiled(line)
    negated = line.startswith("!")
    pattern = line.removeprefix("!")
    only_folders = pattern.endswith("/")
    pattern = pattern.removesuffix("/")
    return Rule(pattern.removeprefix("/"), negated, only_folders, whole_path="/" in pattern)
