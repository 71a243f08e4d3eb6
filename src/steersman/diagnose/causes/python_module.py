"""A Python program lacks a module."""

from __future__ import annotations

from steersman.diagnose.log_rule import log_rule

find = log_rule(
    "module-missing",
    (
        r"ModuleNotFoundError: No module named '(?P<name>[^']+)'",
        r"ImportError: (?P<name>.*)",
        r"Error: Cannot find module '(?P<name>[^']+)'",
        r"Could not find or load main class (?P<name>\S+)",
        r"NoClassDefFoundError: (?P<name>\S+)",
    ),
    problem="The program lacks a module: {name}.",
    explanation=(
        "The image does not contain it: a wrong image or tag, a missing install step, or another working "
        "directory (PYTHONPATH)."
    ),
    fix="Use the image that was built with it, or add it to the image; check `workingDir` of the container.",
)
