"""fmt: every verb with every flag on every kind of value, as helm's `printf` has it."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .helm_oracle import PROBE_VALUES, helm_renders, steersman_renders

DIRECTIVES = """
    v +v #v 10v -10v| 010v .1v  T  d +d 05d 5d -5d| +08d .3d .0d 5.3d  x X #x #X +x  b #b 08b  o #o O  c q +q #q U #U
    t 5t  e E f F g G .2f 8.3f -8.2f| 08.2f +.1e #g #e .3g #.3g  s 6s -6s| .2s 5.1s  z ! % w
    """.split()
SPACE_DIRECTIVES = [" d", " x", "# x"]

OPERANDS = [
    "3",
    "-7",
    "0",
    "1000000",
    "'x'",
    "1.0",
    "1e6",
    "0.0",
    "1i",
    '"abc"',
    r'"é\n\x00`"',
    "nil",
    "(int64 5)",
    '(list 1 "a")',
    '(splitList "," "a,b")',
    '(dict "a" (dict "b" (list 1 nil)))',
    "(until 3)",
    *(
        f".Values.{name}"
        for name in ("i", "f", "e", "neg", "s", "u", "empty", "t", "z", "l", "ls", "el", "m", "em", "lm")
    ),
]

FORMATS = [
    '{{ printf "%[2]s %[1]s" "a" "b" }}',
    '{{ printf "%[3]s" "a" }}',
    '{{ printf "%[1]*d" 5 3 }}',
    '{{ printf "%*d" 5 3 }}',
    '{{ printf "%-*d|" 5 3 }}',
    '{{ printf "%*d|" -5 3 }}',
    '{{ printf "%.*f" 2 3.14159 }}',
    '{{ printf "%.*f" -2 3.14159 }}',
    '{{ printf "%.*f" "x" 3.14159 }}',
    '{{ printf "%[5]d" 1 }}',
    '{{ printf "%[x]d" 1 }}',
    '{{ printf "%[1" 1 }}',
    '{{ printf "%[]d" 1 }}',
    '{{ printf "%[0]d" 1 }}',
    '{{ printf "%" }}',
    '{{ printf "%d" }}',
    '{{ printf "a" 1 "b" nil }}',
    '{{ printf "%*d" "x" 3 }}',
    '{{ printf "%*d" }}',
    '{{ printf "%[2]*.[1]*f" 2 8 3.14 }}',
    '{{ printf "%[1]d %d %[1]d" 1 2 }}',
    '{{ printf "%[2]d" 1 2 }}',
    '{{ printf "%[2]*[1]d" 1 4 }}',
    '{{ printf "%.[2]*[1]f" 1.0 2 }}',
    '{{ printf "%6.2f%%" 12.0 }}',
    '{{ printf "%-010d|" 5 }}',
    '{{ printf "%1000001d" 5 | len }}',
    '{{ printf "%99999999d" 5 }}',
    '{{ printf "%s %s" "a" .Values.z }}',
    '{{ printf "a%%b" }}',
    '{{ printf "%s%%" "x" }}',
    r'{{ printf "é%s\n" "x" }}',
    r"""{{ printf "it's %q \"%s\"" "a" "b" }}""",
    '{{ printf "%é" 1 }}',
    r'{{ printf "%q" "\x80\xff" }}{{ printf "%x" "\x80" }}{{ printf "%s" "\x80" | len }}',
    '{{ print 1 2 "a" "b" 3 }}{{ print nil }}{{ print .Values.l .Values.m }}{{ print true false }}{{ print }}',
    '{{ println 1 "a" nil }}{{ println }}{{ println .Values.f "x" }}',
]


def assert_same(helm: Path, folder: Path, snippets: list[str]) -> None:
    expected = helm_renders(helm, folder, snippets, PROBE_VALUES)
    actual = [steersman_renders(snippet, PROBE_VALUES) for snippet in snippets]
    wrong = {
        snippet: (ours, theirs)
        for snippet, ours, theirs in zip(snippets, actual, expected, strict=True)
        if ours != theirs
    }
    assert wrong == {}


@pytest.mark.oracle
def test_every_directive_with_every_operand(helm: Path, tmp_path: Path) -> None:
    directives = [*DIRECTIVES, *SPACE_DIRECTIVES]
    snippets = [f'{{{{ printf "%{directive}" {operand} }}}}' for directive, operand in product(directives, OPERANDS)]
    assert_same(helm, tmp_path, snippets)


@pytest.mark.oracle
def test_formats_with_indexes_and_mistakes(helm: Path, tmp_path: Path) -> None:
    assert_same(helm, tmp_path, FORMATS)


_WIDTH = st.one_of(st.just(""), st.integers(0, 12).map(str), st.just("*"), st.just("[1]*"))
_DIRECTIVE = st.builds(
    "%{}{}{}{}{}".format,
    st.lists(st.sampled_from("+-# 0"), max_size=3).map("".join),
    _WIDTH,
    st.one_of(st.just(""), st.just("."), _WIDTH.map(".{}".format)),
    st.sampled_from(["", "", "", "[1]", "[2]", "[9]"]),
    st.sampled_from("vTtbcdoOqxXUeEfFgGszw%"),
)
_FORM = st.lists(st.one_of(_DIRECTIVE, st.sampled_from(["a", "é", " "])), max_size=4).map("".join)
_OPERAND = st.one_of(
    st.sampled_from(OPERANDS),
    st.integers(-(2**63), 2**63 - 1).map(lambda number: f"({number})"),
    st.floats(allow_nan=False, allow_infinity=False).map(lambda number: f"({number!r})"),
)


@pytest.mark.oracle
@settings(
    max_examples=3,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture],
)
@given(st.lists(st.tuples(_FORM, st.lists(_OPERAND, max_size=3)), min_size=300, max_size=400))
def test_generated_formats(
    helm: Path, tmp_path_factory: pytest.TempPathFactory, calls: list[tuple[str, list[str]]]
) -> None:
    snippets = [f'{{{{ printf "{form}" {" ".join(operands)} }}}}' for form, operands in calls]
    assert_same(helm, tmp_path_factory.mktemp("printf"), snippets)
