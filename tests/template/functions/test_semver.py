"""Versions and constraints: a grid of both against helm, and the laws of order."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steersman.template.functions.semver import Constraint, SemverError, Version, parse, satisfies

from .oracle import helm_lint_errors, helm_renders

_CONSTRAINTS = """
1.2.3|=1.2|1.x|*|x.2|^*|~*|>*|>=*|<*|<=*|!=*|!=1|!=1.2|!=1.2.x|!=1.2.3|!=1.2-alpha|^1|^1.2|^1.2.3|^0|^0.0|^0.0.3|^0.2|^0.2.3|~1
~1.2|~1.2.3|~0.0.0|~0|~>1.2|~>2.0.0-beta|>1|>1.2|>1.2.3|>=1.2|>=1.2-0|<1.2|<=1.2|<=1|<=1.2.3-beta|=>1|=<2|1.2 - 1.4
>=1 <2|>=1, <2|>=1,<2|1 2|v1.2|=v1.2.3|^v2| 1.2 |1.2.3+b|1.02.3|^1.2.3-beta.2|>=1.25.0-0|<1.30.0-0|~1.x-alpha|X|1.X.3
> 1.2.3 < 2 !=1.5|^0.0.x-alpha|!=1.x-a|>1.x-a|1.2.3-|>= |bogus|,|1,|1.2.3.4|>=1.2<2|1.2.3-a..b|99999999999999999999|1 - 2 - 3
"""
_OR = ("1.2-alpha - 2 || 3.x", ">= 1.2 , < 2.0 || >=3", "1||2", "||", "", "1|2", "1 || x || 3-a")
_VERSIONS = """
1.2.3 1.2.4 1.3.0 2.0.0 0.0.0 0.0.3 0.0.4 0.1.0 0.2.3 0.2.4 0.3.0 1.2.0 1.0.0 1.2.3-alpha 1.2.3-beta.2
1.2.3-beta.11 1.2.3-1 2.0.0-beta 3.1.4 1.30.0-gke.1 v1.25.3 1 1.2 1.2.3+build 01.2.3 0.0.0-alpha 1.2.3-alpha.1.2
1.2-3 1.0.0-99999999999999999999
""".split()  # noqa: SIM905
_NO_VERSIONS = [
    "",
    "1.2.3-",
    "1.2.3.4",
    "v",
    "99999999999999999999.0.0",
    "1.2.3-01",
    "1.2.3_4",
    " 1.2",
    "1.2.3+",
    "V1",
    "1.2.3-é",
]


def _constraints() -> tuple[list[str], list[str]]:
    """Those that can be read, and those that cannot."""
    readable, broken = [], []
    for text in [each for line in _CONSTRAINTS.strip("\n").split("\n") for each in line.split("|")] + list(_OR):
        try:
            Constraint.parse(text)
            readable.append(text)
        except SemverError:
            broken.append(text)
    return readable, broken


@pytest.mark.oracle
def test_grid(helm: Path, tmp_path: Path) -> None:
    readable, _ = _constraints()
    pairs = [(constraint, version) for constraint in readable for version in _VERSIONS]
    snippet = "".join(f"{{{{ semverCompare {json.dumps(c)} {json.dumps(v)} }}}} " for c, v in pairs)
    answers = helm_renders(helm, tmp_path, [snippet])[0].split()
    differing = [
        pair for pair, answer in zip(pairs, answers, strict=True) if satisfies(*pair) is not (answer == "true")
    ]
    assert differing == []


@pytest.mark.oracle
def test_what_cannot_be_read(helm: Path, tmp_path: Path) -> None:
    _, broken = _constraints()
    assert len(broken) > 10
    pairs = [*((constraint, "1.2.3") for constraint in broken), *(("*", version) for version in _NO_VERSIONS)]
    snippets = [f"{{{{ semverCompare {json.dumps(c)} {json.dumps(v)} }}}}" for c, v in pairs]
    for pair, error in zip(pairs, helm_lint_errors(helm, tmp_path, snippets), strict=True):
        with pytest.raises(SemverError) as raised:
            satisfies(*pair)
        assert error.endswith(f"error calling semverCompare: {raised.value}"), pair


_identifiers = st.one_of(st.integers(0, 20).map(str), st.sampled_from(["alpha", "beta", "rc", "a-b", "x1"]))
_versions = st.builds(
    Version,
    st.integers(0, 3),
    st.integers(0, 3),
    st.integers(0, 3),
    st.one_of(st.just(""), st.lists(_identifiers, min_size=1, max_size=3).map(".".join)),
)


@given(_versions, _versions, _versions)
def test_order(one: Version, two: Version, three: Version) -> None:
    assert one.compare(two) == -two.compare(one)
    assert (one == two) == (str(one) == str(two))
    low, middle, high = sorted([one, two, three])
    assert low <= middle <= high
    assert low <= high


@given(_versions)
def test_text_is_read_back(version: Version) -> None:
    again = parse(f"v{version}")
    assert again == version
    assert str(again) == str(version)


@given(_versions, _versions)
def test_constraints_follow_the_order(base: Version, version: Version) -> None:
    # with a pre-release in the constraint, pre-releases are looked at
    bound = Version(base.major, base.minor, base.patch, base.prerelease or "0")
    assert satisfies(f">={bound}", str(version)) == (version >= bound)
    assert satisfies(f"<{bound}", str(version)) == (version < bound)
    assert satisfies(f"<{bound} || >={bound}", str(version))


def test_hostile_text_is_refused() -> None:
    for text in ("1" * 50_000 + "x!", "1 " * 20_000 + "!", " " * 100_000 + "!", ">=1," * 20_000, "1-" + "a." * 50_000):
        with pytest.raises(SemverError):
            Constraint.parse(text)
        with pytest.raises(SemverError):
            parse(text)
