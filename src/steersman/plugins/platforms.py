"""Which command of a plugin is for this machine, and how its words are made: Go's names, and Go's way with `$VARIABLE`."""

from __future__ import annotations

import platform
import re
import sys
from collections.abc import Mapping, Sequence

from steersman.errors import PluginError
from steersman.plugins.manifest import PlatformCommand

_MACHINES = {"x86_64": "amd64", "aarch64": "arm64", "i386": "386", "i686": "386", "armv7l": "arm", "armv6l": "arm"}
# `$NAME`, `${anything}`, `$` with one special sign; a brace that nothing closes, or with nothing in it, is dropped.
_VARIABLE = re.compile(r"\$(?:\{([^}]*)\}|(\{)|([*#$@!?\-0-9])|([A-Za-z_][A-Za-z0-9_]*))")


def this_platform() -> tuple[str, str]:
    """Operating system and architecture in Go's words."""
    system = {"win32": "windows"}.get(sys.platform, sys.platform)
    machine = platform.machine().lower()
    return system, _MACHINES.get(machine, machine)


def chosen(commands: Sequence[PlatformCommand]) -> PlatformCommand | None:
    """The one for both system and architecture, else the first for the system alone, else the first for any."""
    system, machine = this_platform()
    of_system = of_any = None
    for one in commands:
        if (one.os.lower(), one.arch.lower()) == (system, machine):
            return one
        if one.arch:  # an architecture counts only together with its system
            continue
        if one.os.lower() == system:
            of_system = of_system or one
        elif not one.os:
            of_any = of_any or one
    return of_system or of_any


def words(
    commands: Sequence[PlatformCommand],
    environment: Mapping[str, str],
    extra: Sequence[str] = (),
    *,
    expand: bool = True,
) -> list[str]:
    """The program and its arguments, `extra` last. Variables are put into the program's name always, into arguments
    with `expand`. Raises PluginError where nothing is for this machine."""
    command = chosen(commands)
    program, *arguments = command.command.split(" ") if command is not None else [""]
    if command is None or not program:
        system, machine = this_platform()
        raise PluginError(
            "no plugin command is applicable", hint=f"The plugin names no command for {system}/{machine}."
        )
    arguments += command.args
    if expand:
        arguments = [expanded(one, environment) for one in arguments]
    return [expanded(program, environment), *arguments, *extra]


def expanded(text: str, environment: Mapping[str, str]) -> str:
    """`$NAME` and `${NAME}` replaced as Go's os.Expand does it; what is not set is empty."""

    def value(found: re.Match[str]) -> str:
        return environment.get(found[1] or found[3] or found[4] or "", "")

    return _VARIABLE.sub(value, text)
