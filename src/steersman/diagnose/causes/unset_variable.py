"""The hook was not given a value that it needs."""

from __future__ import annotations

from steersman.diagnose.log_rule import latest_of, log_rule

ENVIRONMENT = log_rule(
    "variable-missing",
    (
        r"(?P<name>\w+): unbound variable",
        r"(?P<name>\w+): parameter not set",
        r"KeyError: '(?P<name>[A-Z][A-Z0-9_]+)'",
        r"(?P<name>[A-Z][A-Z0-9_]{2,}) (?:environment variable )?(?:must be set|is not set|is not defined|is required"
        r"|is missing|not set)",
        r"Environment variable not found: (?P<name>\w+)|key not found: \"(?P<name2>[A-Z][A-Z0-9_]+)\"",
        r"(?i:required|missing) (?i:required )?(?i:environment|env) (?i:variables?):? \"?(?P<name>[A-Z][A-Z0-9_]+)\b",
        r"[Ee]nvironment variable \"(?P<name>\w+)\" (?:is )?not set|environment variable not found: \"?(?P<name2>\w+)",
        r"could not fetch environment variable \"(?P<name>\w+)\" because it is not set",
        r"UndefinedValueError: (?P<name>\w+) not found|required key (?P<name2>[A-Z][A-Z0-9_]+) missing value",
        r"Environment variable not found: \"(?P<name>\w+)\"",
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
PLAYBOOK = log_rule(
    "variable-missing",
    (r"'(?P<name>\w+)' is undefined", r"UndefinedError: '(?P<name>\w+)'"),
    problem="The variable {name} of the playbook or template has no value.",
    explanation="Nothing gives it one: no --extra-vars, no file of variables in the image or a ConfigMap, or under another name.",
    fix="Pass it (--extra-vars {name}=…, `env` with lookup('env', …)), or give it a default in the template.",
    verify=("steer get hooks {release}",),
)

find = latest_of(ENVIRONMENT, PLAYBOOK)
