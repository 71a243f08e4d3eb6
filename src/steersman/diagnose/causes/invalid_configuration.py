"""A setting that has a value which the program cannot use."""

from __future__ import annotations

from steersman.diagnose.log_rule import log_rule

find = log_rule(
    "invalid-configuration",
    (
        r"^\s+(?P<name>Input should be .*\[type=\w+, .*)",
        r"(?P<name>Failed to bind properties under '[^']+' to \S+)",
        r"ImproperlyConfigured: (?P<name>.*)",
        r"Invalid (?:environment variables|configuration): (?P<name>.*)|ConfigException: (?P<name2>Invalid value .*)",
        r"(?P<name>InvalidOptionsError|Invalid connection string, .*)",
    ),
    problem="A setting of the hook has a value that the program cannot use: {name}{name2}",
    explanation="A value is of another kind than the program expects (a text where a number should be, an empty "
    "one), or two settings "
    "contradict each other.",
    fix="Correct it in the hook's values; `steer get hooks` shows what came out.",
    verify=("steer get hooks {release}",),
)
