"""How a release gets its name: given, from a template, or made up."""

from __future__ import annotations

import os
import time

from steersman.chart.notice import ERROR, ignore_warning, notice
from steersman.errors import TemplateError, UsageError
from steersman.lazy import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from steersman.chart.notice import Warn
    from steersman.template.functions.registry import Functions

_NAME = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$"
_LONGEST = 53
_ENDS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789")
_INSIDE = _ENDS | {"-"}


def name_and_chart(
    arguments: Sequence[str], *, name_template: str = "", generate: bool = False, default: str = ""
) -> tuple[str, str]:
    """(release name, chart) from the words `[NAME] CHART` and the naming options. Raises UsageError."""
    if not arguments:
        raise UsageError("at least one argument is needed: [NAME] CHART")
    if len(arguments) > 2:
        raise UsageError(f"expected at most two arguments, unexpected arguments: {', '.join(arguments[2:])}")
    if len(arguments) == 2:
        if generate:
            raise UsageError("cannot set --generate-name and also specify a name")
        if name_template:
            raise UsageError("cannot set --name-template and also specify a name")
        return arguments[0], arguments[1]
    chart = arguments[0]
    if name_template:
        return _from_template(name_template), chart
    if default:
        return default, chart
    if not generate:
        raise UsageError(
            "must either provide a name or specify --generate-name", hint="For example: steer install NAME CHART"
        )
    base = os.path.basename(chart.rstrip("/")) or "chart"
    base = "chart" if base == "." else base
    return f"{base.partition('.')[0]}-{int(time.time())}", chart


def check_release_name(name: str, warn: Warn = ignore_warning) -> None:
    """Raise UsageError for a name that Helm refuses."""
    if not name:
        problem = "no name provided"
    elif len(name) > _LONGEST or not _is_name(name):
        problem = f"invalid release name, must match regex {_NAME} and the length must not be longer than {_LONGEST}"
    else:
        return
    error = f'release name "{name}": {problem}'
    warn(notice("release name check failed", ERROR, error=error))
    raise UsageError(
        f"release name check failed: {error}",
        hint="Use lower-case letters, digits and hyphens, with a letter or digit at both ends.",
    )


def _is_name(text: str) -> bool:
    """Whether the text matches _NAME."""
    return all(part and part[0] in _ENDS and part[-1] in _ENDS and _INSIDE.issuperset(part) for part in text.split("."))


def _from_template(text: str) -> str:
    from steersman.template.environment import Environment

    environment = Environment(_of_sprig())
    try:
        environment.parse("name-template", text)
    except TemplateError as error:  # in Go's own words here, which Helm does not touch
        line = error.location.line if error.location is not None else 1
        raise TemplateError(f"template: name-template:{line}: {str(error).partition('): ')[2]}") from error
    return environment.render("name-template", None, plain=True)


def _of_sprig() -> Functions:
    """The functions of a name's template: Sprig's without Helm's, and with those that charts must not have."""
    from steersman.template.functions.registry import FUNCTIONS, Function
    from steersman.template.signature import parse_signature

    known = {name: FUNCTIONS[name] for name in FUNCTIONS if not (name in _HELMS or _is_of_durations(name))}
    of_text = parse_signature("string", "string")
    known["env"] = Function("env", lambda name: os.environ.get(name, ""), of_text)
    known["expandenv"] = Function("expandenv", _expanded, of_text)
    return known


_HELMS = frozenset(
    (
        *("include", "tpl", "required", "lookup", "toToml", "mustToToml", "fromToml", "toYaml", "mustToYaml"),
        *("toYamlPretty", "fromYaml", "fromYamlArray", "fromJsonArray", "mustToDuration"),
    )
)


def _is_of_durations(name: str) -> bool:
    return name.startswith("duration") and name not in ("duration", "durationRound")


def _expanded(text: str) -> str:
    """Go's os.ExpandEnv: a variable that is not set is empty."""
    import re

    return re.sub(r"\$(?:\{(\w+)\}|(\w+))", lambda found: os.environ.get(found[1] or found[2], ""), text)
