"""The rules for names; each check returns Kubernetes' words for what is wrong, "" where the name is good."""

from __future__ import annotations

import re

_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_LABEL_1035 = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")
_SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_QUALIFIED = re.compile(r"([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]")
_LABEL_VALUE = re.compile(r"(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?")
_PORT_LETTERS = re.compile(r"[-a-z0-9]+")
_WILDCARD = re.compile(r"\*\." + _SUBDOMAIN.pattern)
_CONFIG_KEY = re.compile(r"[-._a-zA-Z0-9]+")

SUBDOMAIN_RULE = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and "
    "end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
)
LABEL_RULE = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with "
    "an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
)
LABEL_1035_RULE = (
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and "
    "end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is "
    "'[a-z]([-a-z0-9]*[a-z0-9])?')"
)
WILDCARD_RULE = (
    "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower "
    "case alphanumeric characters, '-' or '.' and end with an alphanumeric character (e.g. '*.example.com', regex used "
    "for validation is '\\*\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
)
QUALIFIED_RULE = (
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric "
    "character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
    "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
)
LABEL_VALUE_RULE = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end "
    "with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is "
    "'(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
)
CONFIG_KEY_RULE = (
    "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or "
    "'key-name', regex used for validation is '[-._a-zA-Z0-9]+')"
)


def _check(value: str, pattern: re.Pattern[str], rule: str, longest: int) -> str:
    if len(value) > longest:
        return f"must be no more than {longest} characters"
    return "" if pattern.fullmatch(value) else rule


def subdomain(name: str) -> str:
    return _check(name, _SUBDOMAIN, SUBDOMAIN_RULE, 253)


def label(name: str) -> str:
    return _check(name, _LABEL, LABEL_RULE, 63)


def label_1035(name: str) -> str:
    return _check(name, _LABEL_1035, LABEL_1035_RULE, 63)


def path_segment(name: str) -> str:
    """The rule for RBAC objects, whose names may hold colons."""
    if name in (".", ".."):
        return f"may not be '{name}'"
    for part in ("/", "%"):
        if part in name:
            return f"may not contain '{part}'"
    return ""


def qualified_problems(key: str) -> list[str]:
    """All that is wrong with a label or annotation key, or another qualified name."""
    prefix, slash, name = key.rpartition("/")
    if "/" in prefix:
        rule = QUALIFIED_RULE.removeprefix("name part ")
        return [f"a valid label key {rule} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"]
    problems: list[str] = []
    if slash and not prefix:
        problems.append("prefix part must be non-empty")
    elif prefix and (wrong := subdomain(prefix)):
        problems.append(f"prefix part {wrong}")
    if not name:
        problems.append("name part must be non-empty")
    elif len(name) > 63:
        problems.append("name part must be no more than 63 characters")
    if not _QUALIFIED.fullmatch(name):
        problems.append(QUALIFIED_RULE)
    return problems


def port_name(name: str) -> list[str]:
    """All that is wrong with the name of a port (an IANA service name)."""
    problems: list[str] = []
    if len(name) > 15:
        problems.append("must be no more than 15 characters")
    if not _PORT_LETTERS.fullmatch(name):
        problems.append("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)")
    if not any("a" <= letter <= "z" for letter in name):
        problems.append("must contain at least one letter (a-z)")
    if "--" in name:
        problems.append("must not contain consecutive hyphens")
    if name.startswith("-") or name.endswith("-"):
        problems.append("must not begin or end with a hyphen")
    return problems


def variable(name: str) -> str:
    """The rule for environment variables, relaxed since 1.34."""
    if all(" " <= letter <= "~" and letter != "=" for letter in name):
        return ""
    return "a valid environment variable name must consist only of printable ASCII characters other than '='"


def wildcard_subdomain(name: str) -> str:
    return _check(name, _WILDCARD, WILDCARD_RULE, 253)


def label_value(value: str) -> str:
    return _check(value, _LABEL_VALUE, LABEL_VALUE_RULE, 63)


def config_key(key: str) -> str:
    if key in (".", ".."):
        return f"must not be '{key}'"
    return _check(key, _CONFIG_KEY, CONFIG_KEY_RULE, 253)
