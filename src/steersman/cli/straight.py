"""The straight way to a command: an ordinary command line, read by what the command declares, without click.

Whatever is not ordinary (help, an unknown option, a value that is not allowed, an argument too many) is left to click, which
knows everything and words the errors. So nothing is refused here, and what is accepted is what click would accept.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Sequence

from steersman.cli.commands import ALIASES, COMMANDS, below
from steersman.cli.declare import Choice, Declared, Parameter, call
from steersman.cli.global_options import GLOBAL
from steersman.cli.guard import guarded
from steersman.cli.settings import Settings
from steersman.lazy import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

TRUE, FALSE = ("true", "t", "1"), ("false", "f", "0")
# What an option may say of itself for its value to be read here.
_UNDERSTOOD = frozenset(
    {"is_flag", "multiple", "default", "envvar", "help", "show_default", "type", "hidden", "metavar"}
)
_ARGUMENTS = frozenset({"metavar", "nargs", "required", "default", "type"})


class _Unusual(Exception):
    """Leave it to click."""


def run(words: Sequence[str]) -> int | None:
    """Run `steer` with these words; the exit code, or None to leave it to click."""
    try:
        declared, rest = _find(words)
        given = read(declared, rest)
    except _Unusual:
        return None
    names = {parameter.field for parameter in GLOBAL} - {parameter.field for parameter in declared.parameters}
    settings = Settings.from_options({name: given.pop(name) for name in list(given) if name in names})
    return guarded(lambda: call(declared, settings, given))


def is_ours(words: Sequence[str]) -> bool:
    """Whether the words begin with a command of ours, or with nothing that could be another's."""
    return not words or words[0] in COMMANDS or words[0] in ALIASES or words[0] in ("-h", "--help", "--version")


def _find(words: Sequence[str]) -> tuple[Declared, Sequence[str]]:
    """The command that is named first, and what follows."""
    name = ALIASES.get(words[0], words[0]) if words else ""
    if name not in COMMANDS:
        raise _Unusual
    declared = importlib.import_module(f"steersman.cli.{COMMANDS[name].module}").command
    rest = words[1:]
    while isinstance(declared, Declared) and declared.is_group:
        child = below(rest[0], declared.children) if rest else ""
        if not child:
            raise _Unusual
        declared, rest = declared.children[child], rest[1:]
    if not isinstance(declared, Declared) or declared.kind is not None:
        raise _Unusual
    return declared, rest


def read(declared: Declared, words: Sequence[str]) -> dict[str, Any]:
    """The keywords for the command, as click would make them of `words`. Raises _Unusual."""
    own = {flag for parameter in declared.parameters for flag in parameter.flags}
    options = [p for p in declared.parameters if p.is_option] + [p for p in GLOBAL if not own & set(p.flags)]
    by_flag = {flag: parameter for parameter in options for flag in parameter.flags}
    said: dict[str, list[Any]] = {}
    arguments: list[str] = []
    rest = iter(words)
    for word in rest:
        if not word.startswith("-") or word == "-":
            arguments.append(word)
            continue
        flag, separator, value = word.partition("=")
        parameter = by_flag.get(flag)
        if parameter is None or (separator and not flag.startswith("--")):
            raise _Unusual
        said.setdefault(parameter.field, []).append(_value(parameter, value if separator else None, rest.__next__))
    given = {}
    for parameter in options:
        if parameter.attributes.get("expose_value", True):
            given[parameter.field] = _result(parameter, said.get(parameter.field, []))
    return given | _arguments([p for p in declared.parameters if not p.is_option], arguments)


def _value(parameter: Parameter, value: str | None, following: Callable[[], str]) -> Any:
    if set(parameter.attributes) - _UNDERSTOOD - {"expose_value"}:
        raise _Unusual
    if parameter.attributes.get("is_flag"):
        word = "true" if value is None else value.lower()
        if word not in TRUE + FALSE:
            raise _Unusual
        return word in TRUE
    if value is None and parameter.bare_value is not None:
        value = parameter.bare_value
    elif value is None:
        value = _following(following)
    return _converted(parameter, value)


def _following(following: Callable[[], str]) -> str:
    try:
        value = following()
    except StopIteration:
        raise _Unusual from None
    if value.startswith("-") and value != "-":  # a value, or another option and this one's value forgotten
        raise _Unusual
    return value


def _converted(parameter: Parameter, value: str) -> Any:
    default = parameter.attributes.get("default")
    kind: Any = parameter.attributes.get("type") or type(default)
    if kind in (str, type(None)):
        return value
    if isinstance(kind, Choice):
        if value not in kind.words:
            raise _Unusual
        return value
    if kind is not int and not hasattr(kind, "read"):
        raise _Unusual
    try:
        return int(value) if kind is int else kind.read(value)
    except ValueError:
        raise _Unusual from None


def _result(parameter: Parameter, said: list[Any]) -> Any:
    attributes = parameter.attributes
    if set(attributes) - _UNDERSTOOD - {"expose_value"} and "flag_value" not in attributes:
        raise _Unusual
    if "flag_value" in attributes:
        raise _Unusual
    if attributes.get("multiple"):
        return tuple(said)
    if said:
        return said[-1]
    if variable := attributes.get("envvar"):
        found = os.environ.get(variable)
        if found:
            return _converted(parameter, found)
    if attributes.get("is_flag"):
        return attributes.get("default", False)
    default = attributes.get("default")
    return (
        _converted(parameter, default)
        if isinstance(default, str) and hasattr(attributes.get("type"), "read")
        else default
    )


def _arguments(parameters: Sequence[Parameter], words: list[str]) -> dict[str, Any]:
    given: dict[str, Any] = {}
    for parameter in parameters:
        attributes = parameter.attributes
        if set(attributes) - _ARGUMENTS:
            raise _Unusual
        if attributes.get("nargs") == -1:
            if not words and attributes.get("required"):
                raise _Unusual
            given[parameter.field], words = tuple(_converted(parameter, word) for word in words), []
        elif words:
            given[parameter.field], words = _converted(parameter, words[0]), words[1:]
        elif attributes.get("required", "default" not in attributes) or "type" in attributes:
            raise _Unusual
        else:
            given[parameter.field] = attributes.get("default")
    if words:
        raise _Unusual
    return given
