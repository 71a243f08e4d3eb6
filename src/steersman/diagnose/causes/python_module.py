"""A program lacks a module, a driver or a shared library."""

from __future__ import annotations

from steersman.diagnose.log_rule import log_rule

find = log_rule(
    "module-missing",
    (
        r"ModuleNotFoundError: No module named '(?P<name>[^']+)'",
        r"ImportError: (?P<name>.*)",
        r"No module named '?(?P<name>[\w.]+)'?$",
        r"cannot load such file -- (?P<name>\S+)|Could not find (?P<other>\S+) in (?:any of the sources|locally "
        r"installed gems)",
        r"(?P<name>could not find driver)|Class \"(?P<third>[^\"]+)\" not found|Unknown database type (?P<fourth>\S+)",
        r"error while loading shared libraries: (?P<name>[^:]+): cannot open",
        r"Unable to load shared object (?P<name>\S+)|Cannot find package '(?P<other>[^']+)'",
        r"Error: Cannot find module '(?P<name>[^']+)'",
        r"Could not find or load main class (?P<name>\S+)",
        r"NoClassDefFoundError: (?P<name>\S+)",
    ),
    problem="The program lacks a module: {name}{other}{third}{fourth}.",
    explanation=(
        "The image does not contain it: a wrong image or tag, a missing install step, or another working "
        "directory (PYTHONPATH)."
    ),
    fix="Use the image that was built with it, or add it to the image; check `workingDir` of the container.",
)
