"""What a hook's containers are told to run, as text to search in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from steersman.diagnose.facts import Facts, containers_of

_VARIABLE = re.compile(r"\$(?:\{(?P<braced>\w+)(?::?-(?P<default>[^}]*))?\}|\((?P<kubernetes>\w+)\)|(?P<bare>\w+))")
_REDIRECTION = re.compile(r"(?<![<>])>{1,2}\s*[\"']?(?P<name>[^\s\"';|&<>()]+)")


def scripts(facts: Facts) -> Iterator[str]:
    """Of each container, init containers first."""
    return map(script_of, containers_of(facts.hook.spec))


def script_of(container: dict[str, Any]) -> str:
    """The words of a container's command and arguments, the variables that have a literal value put in."""
    values = variables(container)

    def value(match: re.Match[str]) -> str:
        name = match["braced"] or match["kubernetes"] or match["bare"]
        return values.get(name, match["default"] if match["default"] is not None else match[0])

    words = (str(part) for field in ("command", "args") for part in container.get(field) or [])
    return _VARIABLE.sub(value, " ".join(words))


def variables(container: dict[str, Any]) -> dict[str, str]:
    """The variables that a container is given with a value that stands in the manifest."""
    return {str(each.get("name")): str(each["value"]) for each in container.get("env") or [] if each.get("value")}


def redirections(facts: Facts) -> set[str]:
    """The files that the scripts write to with `>` or `>>`."""
    return {match["name"] for script in scripts(facts) for match in _REDIRECTION.finditer(script)}
