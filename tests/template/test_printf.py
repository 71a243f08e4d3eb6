"""fmt: every verb with every flag on every kind of value, as helm's `printf` has it."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from random import Random

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from .generator import random_printf
from .helm_oracle import PROBE_VALUES, helm_renders, steersman_renders

DIRECTIVES = [
    *("v", "+v", "#v", "10v", "-10v|", "010v", ".1v", "T", "t", "5t", "z", "!", "%", "w"),
    *(
        "d",
        "+d",
        " d",
        "05d",
        "5d",
        "-5d|",
        "+08d",
        ".3d",
        ".0d",
        "5.3d",
        "b",
        "#b",
        "08b",
        "o",
        "#o",
        "O",
        "c",
        "U",
        "#U",
    ),
    *("x", "X", "#x", "#X", "+x", " x", "# x", "q", "+q", "#q"),
    *("e", "E", "f", "F", "g", "G", ".2f", "8.3f", "-8.2f|", "08.2f", "+.1e", "#g", "#e", ".3g", "#.3g"),
    *("s", "6s", "-6s|", ".2s", "5.1s"),
]

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
    snippets = [f'{{{{ printf "%{directive}" {operand} }}}}' for directive, operand in product(DIRECTIVES, OPERANDS)]
    assert_same(helm, tmp_path, snippets)


@pytest.mark.oracle
def test_formats_with_indexes_and_mistakes(helm: Path, tmp_path: Path) -> None:
    assert_same(helm, tmp_path, FORMATS)


@pytest.mark.oracle
@settings(max_examples=2, database=None, phases=[Phase.generate])
@given(seed=st.integers(0, 2**32))
def test_generated_formats(helm: Path, tmp_path_factory: pytest.TempPathFactory, seed: int) -> None:
    random = Random(seed)
    snippets = [random_printf(random, OPERANDS) for _ in range(500)]
    assert_same(helm, tmp_path_factory.mktemp("printf"), snippets)
