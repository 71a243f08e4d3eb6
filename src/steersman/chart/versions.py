"""Semantic versions as charts use them: forgiving questions, where an unreadable answer is no."""

from __future__ import annotations


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
