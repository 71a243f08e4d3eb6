"""The hook was not given a value that it needs."""

from __future__ import annotations

from steersman.diagnose.log_rule import log_rule

find = log_rule(
    "variable-missing",
    (
        r"(?P<name>\w+): unbound variable",
        r"(?P<name>\w+): parameter not set",
        r"KeyError: '(?P<name>[A-Z][A-Z0-9_]+)'",
        r"(?P<name>[A-Z][A-Z0-9_]{2,}) (?:environment variable )?(?:must be set|is not set|is not defined|is required"
        r"|is missing|not set)",
        r"Environment variable not found: (?P<name>\w+)|key not found: \"(?P<name2>[A-Z][A-Z0-9_]+)\"",
        r"required environment variable (?P<name>\w+)",
        r"(?P<name>[A-Z][A-Z0-9_]+): (?:must be set|is not set|is required|parameter null or not set)",
    ),
    problem="The environment variable {name}{name2} is not set.",
    explanation=(
        "The hook's container gets no such variable; the application's container may have it, but hooks do "
        "not inherit anything from it."
    ),
    fix="Add {name} to `env` (or `envFrom`) of the container in {path}.",
    verify=("steer get hooks {release}",),
)
