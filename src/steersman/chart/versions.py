"""Semantic versions as charts use them: forgiving questions, where an unreadable answer is no."""

from __future__ import annotations

from steersman.lazy import TYPE_CHECKING, pattern

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import TypeVar

    T = TypeVar("T")

_NUMBER = "(?:0|[1-9][0-9]*)"
_PRE_RELEASE = f"(?:{_NUMBER}|[0-9]*[A-Za-z-][0-9A-Za-z-]*)"
_BUILD = "[0-9A-Za-z-]+"
_STRICT = pattern(
    rf"{_NUMBER}\.{_NUMBER}\.{_NUMBER}(?:-{_PRE_RELEASE}(?:\.{_PRE_RELEASE})*)?(?:\+{_BUILD}(?:\.{_BUILD})*)?"
)


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
    return _STRICT.fullmatch(text) is not None


def must_be_greater_than_zero(text: str) -> str:
    """What Helm's linter says of a readable version that is 0.0.0-0 or less; "" for all others."""
    return "" if is_compatible(">0.0.0-0", text) else f"{text} is less than or equal to 0.0.0-0"


def newest_first(items: Iterable[T], version: Callable[[T], str]) -> list[T]:
    """Items sorted by their version, the highest first; what has no readable version comes last."""
    from functools import cmp_to_key

    from steersman.template.functions.semver import SemverError, Version, parse

    readable: list[tuple[Version, T]] = []
    rest: list[T] = []
    for item in items:
        try:
            readable.append((parse(version(item)), item))
        except SemverError:
            rest.append(item)

    def descending(one: tuple[Version, T], other: tuple[Version, T]) -> int:
        return other[0].compare(one[0])

    readable.sort(key=cmp_to_key(descending))
    return [item for _, item in readable] + rest


def same_version(one: str, other: str) -> bool:
    """Whether two texts name the same version, such as `v1.2` and `1.2.0`."""
    from steersman.template.functions.semver import SemverError, parse

    try:
        return parse(one).compare(parse(other)) == 0
    except SemverError:
        return one == other


def is_constraint(text: str) -> bool:
    """Whether Helm can read the text as a constraint."""
    from steersman.template.functions.semver import Constraint, SemverError

    try:
        Constraint.parse(text)
    except SemverError:
        return False
    return True
