"""Semantic versions as charts use them: forgiving questions, where an unreadable answer is no."""

from __future__ import annotations

import re

_NUMBER = "(?:0|[1-9][0-9]*)"
_PRE_RELEASE = f"(?:{_NUMBER}|[0-9]*[A-Za-z-][0-9A-Za-z-]*)"
_BUILD = "[0-9A-Za-z-]+"
_STRICT = rf"{_NUMBER}\.{_NUMBER}\.{_NUMBER}(?:-{_PRE_RELEASE}(?:\.{_PRE_RELEASE})*)?(?:\+{_BUILD}(?:\.{_BUILD})*)?"


def is_version(text: str) -> bool:
    """Whether Helm reads the text as a version."""
    from steersman.template.functions.semver import SemverError, parse

    try:
        parse(text)
    except SemverError:
        return False
    return True


def is_compatible(constraint: str, version: str) -> bool:
    """Whether the version satisfies the constraint; False too where either cannot be read."""
    from steersman.template.functions.semver import SemverError, satisfies

    try:
        return satisfies(constraint, version)
    except SemverError:
        return False


def is_strict_version(text: str) -> bool:
    """Whether the text is a version to the letter of https://semver.org."""
    return re.fullmatch(_STRICT, text) is not None


def must_be_greater_than_zero(text: str) -> str:
    """What Helm's linter says of a readable version that is 0.0.0-0 or less; "" for all others."""
    return "" if is_compatible(">0.0.0-0", text) else f"{text} is less than or equal to 0.0.0-0"
