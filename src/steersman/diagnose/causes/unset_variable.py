"""The hook was not given a value that it needs."""

from __future__ import annotations

from steersman.diagnose.log_rule import log_rule

find = log_rule(
    "variable-missing",
    (
        r"(?P<name>\w+): unbound variable",
        r"(?P<name>\w+): parameter not set",
        r"KeyError: '(?P<name>[A-Z][A-Z0-9_]+)'",
        r"(?P<name>[A-Z][A-Z0-9_]+): (?:must be set|is not set|is required|parameter null or not set)",
    ),
    problem="The environment variable {name} is not set.",
    explanation=(
        "The hook's container gets no such variable; the application's container may have it, but hooks do "
        "not inherit anything from it."
    ),
    fix="Add {name} to `env` (or `envFrom`) of the container in {path}.",
    verify=("steer get hooks {release}",),
)
