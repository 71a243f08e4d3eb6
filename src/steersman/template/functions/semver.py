"""Semantic versions and constraints as Helm reads them (Masterminds semver 3.5, https://semver.org).

`parse` is forgiving (a leading `v`, missing minor or patch, leading zeros); `Constraint.parse` understands comparisons,
`~`, `^`, wildcards, hyphen ranges, `,` or blanks for "and", `||` for "or". A pre-release satisfies a constraint only if one
of the constraint's versions in the same "and" group has a pre-release too.

This module stands alone: charts use it for `kubeVersion` and for dependencies, templates through `semver` and
`semverCompare`.
"""

from __future__ import annotations

from steersman.lazy import TYPE_CHECKING, pattern, remembering
from steersman.record import record
from steersman.template.strconv import quote

if TYPE_CHECKING:
    import re
    from collections.abc import Callable

_UINT64_MAX = 2**64 - 1

_LOOSE = pattern(
    r"(?a)v?(?P<major>[0-9]+)(?:\.(?P<minor>[0-9]+))?(?:\.(?P<patch>[0-9]+))?"
    r"(?:-(?P<pre>[0-9A-Za-z\-]+(?:\.[0-9A-Za-z\-]+)*))?"
    r"(?:\+(?P<meta>[0-9A-Za-z\-]+(?:\.[0-9A-Za-z\-]+)*))?"
)

_IDENTIFIERS = pattern(r"[0-9A-Za-z\-]+(?:\.[0-9A-Za-z\-]+)*")

# A version inside a constraint: `|` stands in the class by an oversight of Masterminds' that charts may rely on.
_PART = r"[0-9|xX*]++"
_IN_CONSTRAINT = (
    rf"v?(?P<major>{_PART})(?:\.(?P<minor>{_PART}))?+(?:\.(?P<patch>{_PART}))?+"
    r"(?P<suffix>(?:-[0-9A-Za-z\-]++(?:\.[0-9A-Za-z\-]++)*+)?+(?:\+[0-9A-Za-z\-]++(?:\.[0-9A-Za-z\-]++)*+)?+)"
)
_COMPARISON = pattern(
    rf"(?a)\s*+(?P<operator>!=|>=|=>|<=|=<|~>|[=><~^]|)\s*+(?P<version>{_IN_CONSTRAINT})(?P<end>\s*+,?+)"
)
_ANONYMOUS = _IN_CONSTRAINT.replace("?P<major>", "?:").replace("?P<minor>", "?:").replace("?P<patch>", "?:")
_ANONYMOUS = _ANONYMOUS.replace("?P<suffix>", "?:")
# begins where a number begins: trying each of its digits would take long for long numbers
_RANGE = pattern(rf"(?a)(?<![0-9|xX*])({_ANONYMOUS})\s++-\s++({_ANONYMOUS})\s*+")


class SemverError(ValueError):
    """A version or a constraint that cannot be read; the text is Masterminds' own."""


@record(frozen=True, slots=True, eq=False)
class Version:
    """A semantic version. Comparison ignores `metadata`, as semver.org asks; `original` is the text it was read from."""

    major: int
    minor: int
    patch: int
    prerelease: str = ""
    metadata: str = ""
    original: str = ""

    def __str__(self) -> str:
        text = f"{self.major}.{self.minor}.{self.patch}"
        if self.prerelease:
            text += f"-{self.prerelease}"
        if self.metadata:
            text += f"+{self.metadata}"
        return text

    def compare(self, other: Version) -> int:
        """-1, 0 or 1: `self` is lower than, equal to or higher than `other`."""
        mine, theirs = (self.major, self.minor, self.patch), (other.major, other.minor, other.patch)
        if mine != theirs:
            return -1 if mine < theirs else 1
        if self.prerelease == other.prerelease:
            return 0
        if not self.prerelease:
            return 1
        if not other.prerelease:
            return -1
        return compare_prereleases(self.prerelease, other.prerelease)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Version) and self.compare(other) == 0

    def __lt__(self, other: Version) -> bool:
        return self.compare(other) < 0

    def __le__(self, other: Version) -> bool:
        return self.compare(other) <= 0

    def __gt__(self, other: Version) -> bool:
        return self.compare(other) > 0

    def __ge__(self, other: Version) -> bool:
        return self.compare(other) >= 0

    def __hash__(self) -> int:
        return hash((self.major, self.minor, self.patch, self.prerelease))


@remembering
def parse(text: str) -> Version:
    """Read a version forgivingly. Raises SemverError."""
    found = _LOOSE.fullmatch(text)
    if found is None:
        raise SemverError("invalid semantic version")
    major, minor, patch = _segment(found["major"]), _segment(found["minor"]), _segment(found["patch"])
    prerelease = found["pre"] or ""
    _check_leading_zeros(prerelease)
    return Version(major, minor, patch, prerelease, found["meta"] or "", text)


def check_identifiers(text: str, part: str) -> None:
    """Check what is to become a version's `part`, prerelease or metadata. Raises SemverError."""
    if text and _IDENTIFIERS.fullmatch(text) is None:
        raise SemverError(f"invalid {part} string")
    if part == "prerelease":
        _check_leading_zeros(text)


def _check_leading_zeros(prerelease: str) -> None:
    for identifier in prerelease.split("."):
        if identifier.isdigit() and len(identifier) > 1 and identifier[0] == "0":
            raise SemverError("version segment starts with 0")


def _segment(digits: str | None) -> int:
    significant = (digits or "").lstrip("0") or "0"
    number = int(significant) if len(significant) <= 20 else _UINT64_MAX + 1
    if number > _UINT64_MAX:
        shown = quote(digits or "")
        raise SemverError(f"error parsing version segment: strconv.ParseUint: parsing {shown}: value out of range")
    return number


def compare_prereleases(mine: str, theirs: str) -> int:
    """-1, 0 or 1 by the rules of semver.org §11: numbers below words, numbers as numbers, the shorter one first."""
    left, right = mine.split("."), theirs.split(".")
    for index in range(max(len(left), len(right))):
        one = left[index] if index < len(left) else ""
        two = right[index] if index < len(right) else ""
        if one != two:
            return _compare_identifiers(one, two)
    return 0


def _compare_identifiers(one: str, two: str) -> int:
    if not one or not two:
        return -1 if not one else 1
    first, second = _as_number(one), _as_number(two)
    if first is None and second is None:
        return 1 if one > two else -1
    if second is None:
        return -1
    if first is None:
        return 1
    return 1 if first > second else -1


def _as_number(identifier: str) -> int | None:
    if identifier.isdigit() and len(identifier) <= 20 and int(identifier) <= _UINT64_MAX:
        return int(identifier)
    return None


@record(frozen=True, slots=True)
class _Comparison:
    """One operator with its version. `missing` counts the wildcard or absent parts: 1 patch, 2 minor, 3 all."""

    operator: str
    version: Version
    missing: int = 0

    def holds(self, version: Version, prereleases: bool) -> bool:
        if version.prerelease and not prereleases:
            return False
        return _OPERATORS[self.operator](version, self)


@record(frozen=True, slots=True)
class Constraint:
    """A constraint: an "or" of groups, each an "and" of comparisons with whether it looks at pre-releases."""

    _groups: tuple[tuple[tuple[_Comparison, ...], bool], ...]

    @staticmethod
    def parse(text: str) -> Constraint:
        """Read a constraint. Raises SemverError."""
        return _read_constraint(text)

    def allows(self, version: Version) -> bool:
        """Whether `version` satisfies the constraint."""
        return any(all(c.holds(version, prereleases) for c in comparisons) for comparisons, prereleases in self._groups)


@remembering
def _read_constraint(text: str) -> Constraint:
    return Constraint(tuple(_read_group(alternative) for alternative in _without_ranges(text).split("||")))


def satisfies(constraint: str, version: str) -> bool:
    """Whether `version` satisfies `constraint`, both as text. Raises SemverError."""
    parsed = Constraint.parse(constraint)
    return parsed.allows(parse(version))


def _without_ranges(text: str) -> str:
    """Rewrite each `a - b` as two comparisons."""
    if "-" not in text or not any(map(str.isspace, text)):
        return text
    return _RANGE.sub(r">= \1, <= \2 ", text)


def _read_group(text: str) -> tuple[tuple[_Comparison, ...], bool]:
    """One alternative: comparisons with blanks or a comma between them."""
    parts: list[re.Match[str]] = []
    at, end = 0, ","
    while end and (at < len(text) or "," in end):
        found = _COMPARISON.match(text, at)
        if found is None:
            break
        parts.append(found)
        at, end = found.end(), found["end"]
    if at < len(text) or not parts or "," in end:
        raise SemverError(f"improper constraint: {quote(text)}")
    comparisons = tuple(map(_read_comparison, parts))
    return comparisons, any(c.version.prerelease for c in comparisons)


def _read_comparison(found: re.Match[str]) -> _Comparison:
    version, suffix = found["version"], found["suffix"]
    major, minor, patch = found["major"], found["minor"] or "", found["patch"] or ""
    missing = 0
    if _is_wildcard(major):
        version, missing = f"0.0.0{suffix.partition('+')[0]}", 3
    elif _is_wildcard(minor):
        version, missing = f"{major}.0.0{suffix.partition('+')[0]}", 2
    elif _is_wildcard(patch):
        version, missing = f"{major}.{minor}.0{suffix.partition('+')[0]}", 1
    try:
        return _Comparison(found["operator"], parse(version), missing)
    except SemverError as error:
        raise SemverError("constraint parser error") from error


def _is_wildcard(part: str) -> bool:
    return part in ("", "x", "X", "*")


# --- the operators -------------------------------------------------------------------------------------------------


def _not_equal(version: Version, c: _Comparison) -> bool:
    if not c.missing:
        return version != c.version
    if c.version.major != version.major:
        return True
    if c.missing == 2:
        return False
    if c.version.minor != version.minor:
        return True
    if c.missing == 1:
        if version.prerelease or c.version.prerelease:
            return compare_prereleases(version.prerelease, c.version.prerelease) != 0
        return False
    return c.version.patch != version.patch or version != c.version


def _greater(version: Version, c: _Comparison) -> bool:
    if not c.missing or version.major != c.version.major:
        return version > c.version if not c.missing else version.major > c.version.major
    if c.missing == 2:
        return False
    if c.missing == 1:
        return version.minor > c.version.minor
    return version > c.version


def _less(version: Version, c: _Comparison) -> bool:
    return version < c.version


def _at_least(version: Version, c: _Comparison) -> bool:
    return version >= c.version


def _at_most(version: Version, c: _Comparison) -> bool:
    if not c.missing:
        return version <= c.version
    if version.major != c.version.major:
        return version.major < c.version.major
    return version.minor <= c.version.minor or c.missing == 2


def _tilde(version: Version, c: _Comparison) -> bool:
    """`~1.2.3`: at least that, below the next minor; `~1`: below the next major; `~*`, `~0.0.0`: anything above."""
    if version < c.version:
        return False
    base = c.version
    if (base.major, base.minor, base.patch) == (0, 0, 0) and c.missing in (0, 3):
        return True
    return version.major == base.major and (version.minor == base.minor or c.missing == 2)


def _equal(version: Version, c: _Comparison) -> bool:
    return _tilde(version, c) if c.missing else version == c.version


def _caret(version: Version, c: _Comparison) -> bool:
    """`^1.2.3`: at least that, with the same left-most number that is not zero."""
    if version < c.version:
        return False
    base = c.version
    if base.major > 0 or c.missing == 2:
        return version.major == base.major
    if version.major > 0:
        return False
    if base.minor > 0 or c.missing == 1:
        return version.minor == base.minor
    return version.minor == 0 and version.patch == base.patch


_OPERATORS: dict[str, Callable[[Version, _Comparison], bool]] = {
    "": _equal,
    "=": _equal,
    "!=": _not_equal,
    ">": _greater,
    "<": _less,
    ">=": _at_least,
    "=>": _at_least,
    "<=": _at_most,
    "=<": _at_most,
    "~": _tilde,
    "~>": _tilde,
    "^": _caret,
}
