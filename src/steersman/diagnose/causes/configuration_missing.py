"""A setting that the program needs and was not given."""

from __future__ import annotations

import re
from dataclasses import replace

from steersman.diagnose.diagnosis import Diagnosis
from steersman.diagnose.facts import Facts
from steersman.diagnose.log_rule import log_rule

_RULE = log_rule(
    "configuration-missing",
    (
        r"ImproperlyConfigured: (?:The )?(?P<name>[A-Z][A-Z_]+) setting must not be empty",
        r"ImproperlyConfigured: Requested setting (?P<name>\w+), but settings are not configured",
        r"ImproperlyConfigured: Set the (?P<name>\w+) environment variable",
        r"^\s+(?:Field required|field required)\b",
        r"Could not resolve placeholder '(?P<name>[^']+)'",
        r"Failed to configure a DataSource: (?P<name>'url' attribute is not specified)",
        r"(?P<name>Failed to determine a suitable driver class)",
        r"(?P<name>No application encryption key has been specified|Missing `secret_key_base` for '\w+' environment)",
        r"(?P<name>Missing encryption key to decrypt file with|The ConnectionString property has not been initialized)",
        r"Value cannot be null\. \(Parameter '(?P<name>connectionString\w*)'\)",
        r"(?P<name>Unable to connect to the database\. Configure the url, user and password)",
        r"knex: Required configuration option '(?P<name>\w+)' is missing",
        r"No value for required variable.*|The root module input variable \"(?P<name>\w+)\" is not set",
        r"fatal: (?P<name>no (?:email|name) was given and auto-detection is disabled|unable to auto-detect email address.*)",
        r"RESTIC_REPOSITORY.*Please specify repository location"
        r"|Fatal: (?P<name>Please specify repository location|an empty password is not a password)",
        r"^\s*\"message\": \"(?P<name>Required|Invalid input: expected \w+, received undefined)\"",
        r"ORA-12154: (?P<name>.*)",
        r"Missing required argument\(s\): (?P<name>.*)|Error: required flag\(s\) (?P<name2>.*) not set",
        r"must provide an? (?P<name>[\w ]+) (?:in|via|through) (?:the )?(?:config|environment)",
    ),
    problem="The program was not given a setting that it needs: {name}{name2}",
    explanation="The hook's container lacks a variable, an option or a file with settings that the application's "
    "container may have: "
    "hooks inherit nothing from it.",
    fix="Give the hook the same `env`, `envFrom` and mounted files in {path} as the application has, for: {name}{name2}",
    verify=("steer get hooks {release}",),
)
_FIELD = re.compile(r"^(?P<name>[\w.]+)$")
_REQUIRED = re.compile(r"^\s+[Ff]ield required\b")


def find(facts: Facts) -> Diagnosis | None:
    found = _RULE(facts)
    if found is None or not _REQUIRED.search(facts.logs[found.line]):
        return found
    # pydantic says the field's name in the line before.
    names = [
        before["name"]
        for number, line in enumerate(facts.logs[1:], 1)
        if _REQUIRED.search(line) and (before := _FIELD.match(facts.logs[number - 1])) is not None
    ]
    told = ", ".join(dict.fromkeys(names))
    return replace(found, problem=f"{found.problem.rstrip(': ')}: {told}", fix=f"{found.fix.rstrip(': ')}: {told}")
