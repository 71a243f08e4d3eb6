"""What Kubernetes takes for an object's name, kind by kind (k8s.io/apimachinery, pkg/api/validation)."""

from __future__ import annotations

import re

_LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN = rf"{_LABEL}(\.{_LABEL})*"
_LABEL_1035 = "[a-z]([-a-z0-9]*[a-z0-9])?"

_SUBDOMAIN_RULE = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end "
    f"with an alphanumeric character (e.g. 'example.com', regex used for validation is '{_SUBDOMAIN}')"
)
_LABEL_RULE = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an "
    f"alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '{_LABEL}')"
)
_LABEL_1035_RULE = (
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end "
    f"with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '{_LABEL_1035}')"
)


def problems(kind: str, name: str) -> list[str]:
    """Why an object of this kind cannot bear this name; empty if it can."""
    match kind.lower():
        case "service":
            return _checked(name, _LABEL_1035, _LABEL_1035_RULE, 63)
        case "namespace":
            if "." in name:
                return ["must not contain dots"]
            return _checked(name, _LABEL, _LABEL_RULE, 63)
        case "certificatesigningrequest":
            return []
        case "role" | "clusterrole" | "rolebinding" | "clusterrolebinding":
            if name in (".", ".."):
                return [f"may not be '{name}'"]
            return [f"may not contain '{part}'" for part in "/%" if part in name]
        case _:
            return _checked(name, _SUBDOMAIN, _SUBDOMAIN_RULE, 253)


def _checked(name: str, pattern: str, rule: str, longest: int) -> list[str]:
    too_long = [f"must be no more than {longest} characters"] if len(name) > longest else []
    return too_long if re.fullmatch(pattern, name) else [*too_long, rule]
