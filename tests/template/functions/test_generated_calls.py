"""Calls that nobody thought of: hypothesis makes arguments by each function's signature, now and then wrong ones."""

from __future__ import annotations

import json
import re
from copy import deepcopy
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from steersman.template.functions.registry import FUNCTIONS, Function

from .oracle import helm_lint_errors, helm_renders, steersman_renders
from .rows import VALUES

_CALLS = 400

# Random, slow, of the time of day, of Go's random order of keys, or allowed to fail by the chart's author.
_LEFT_OUT = frozenset(
    """
    ago bcrypt buildCustomCert date dateInZone date_in_zone decryptAES derivePassword durationRound encryptAES
    fail genCA genCAWithKey genPrivateKey genSelfSignedCert genSelfSignedCertWithKey genSignedCert
    genSignedCertWithKey htmlDate htmlDateInZone htpasswd keys now randAlpha randAlphaNum randAscii randBytes
    randInt randNumeric required shuffle uuidv4 values
    """.split()  # noqa: SIM905 - so many names read better without quotes
)

# As in a template: JSON strings, which Go reads the same.
_WORDS = r"""
"" "a" "Hello World" "foo_bar-Baz" "HTTPServer2x" "1.2.3" "v1.20.0-rc.1+b" "10" "-5" "0x1F" "1e3" "true"
"null" "a,b,,c" "/a/b/../c.txt" "http://u:p@h:80/p?q=1#f" "YWJj" "MFRGG===" "{\"a\":[1,2]}" "[1,2]"
"a: 1\nb: [x]" "a = 1\n[t]\nb = \"x\"" "  sp  ace " "tab\tnl\n" "é" "日本" "ß" "\u00a0x" "$1" "${x}" "\\d+"
"(a)(b)?" "[a-z]+" "1h30m" "2006-01-02" "2020-02-29" "UTC" ">=1.2 <3" "~1.2.x" "<>&\"'" "%s %d" "\\"
"'quoted'"
"""
_TEXTS = st.one_of(
    st.sampled_from([json.loads(word) for word in re.findall(r'"(?:[^"\\]|\\.)*"', _WORDS)]),
    st.text("abcXYZ012 _-./:,é日$\\\n\t", max_size=12),
    st.integers(1, 90).map("x".__mul__),
)
_QUOTED = _TEXTS.map(json.dumps)
_INTEGERS = st.sampled_from([0, 1, 2, 3, 5, -1, -2, 10, 63, 255, -100]).map(str)
_ATOMS = st.one_of(
    _QUOTED,
    _INTEGERS,
    st.sampled_from(["1.5", "-0.5", "0.0", "1e6", "1e21", "1e-7", "12345678.9", "true", "false", "nil"]),
    st.sampled_from([".Values.text", ".Values.number", ".Values.list", ".Values.nope", "(deepCopy .Values.map)"]),
    st.sampled_from(
        ["(int64 5)", "(until 3)", '(splitList "," "a,b")', '(split "," "a,b")', '(semver "1.2.3")', "(rest (list))"]
    ),
    st.sampled_from(
        ['(mustToDuration "90s")', '(toDate "2006-01-02" "2020-01-02")', '(fromJson "null")', '(float64 "inf")']
    ),
)
_KEYS = st.sampled_from(['"a"', '"b"', '"é"', '""'])


def _lists(items: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.lists(items, max_size=4).map(lambda each: f"(list {' '.join(each)})")


def _dicts(items: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    pairs = st.lists(st.tuples(_KEYS, items), max_size=3)
    return pairs.map(lambda each: f"(dict {' '.join(f'{key} {item}' for key, item in each)})")


_ANY = st.recursive(_ATOMS, lambda items: _lists(items) | _dicts(items), max_leaves=6)
_BY_TYPE: dict[str, st.SearchStrategy[str]] = {
    "string": _QUOTED,
    "int": _INTEGERS,
    "float64": st.sampled_from(["0.5", "1.5", "-2.0", "1"]),
    "bool": st.sampled_from(["true", "false"]),
    "map[string]interface {}": _dicts(_ANY) | st.just("nil"),
    "time.Time": st.just('(toDate "2006-01-02 15:04:05 MST" "1999-12-31 23:59:59 EST")'),
}


@st.composite
def _calls(draw: st.DrawFn) -> str:
    function: Function = FUNCTIONS[draw(st.sampled_from(sorted(set(FUNCTIONS) - _LEFT_OUT)))]
    types = list(function.signature.params)
    if function.signature.variadic:
        types = types[:-1] + types[-1:] * draw(st.integers(0, 3))
    wrong = draw(st.integers(0, 15)) == 0
    arguments = [draw(_ANY if wrong else _BY_TYPE.get(each, _ANY)) for each in types]
    shown = draw(st.sampled_from(["", " | toJson", " | quote", " | typeOf", " | toYaml"]))
    return f"{{{{ {' '.join([function.name, *arguments])}{shown} }}}}"


def _generated() -> list[str]:
    found: list[str] = []

    @settings(max_examples=_CALLS, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(_calls())
    def gather(call: str) -> None:
        found.append(call)

    gather()
    return sorted(set(found))


@pytest.mark.oracle
def test_generated_calls(helm: Path, tmp_path: Path) -> None:
    ours = {call: steersman_renders(call, deepcopy(VALUES)) for call in _generated()}
    failing = [call for call, text in ours.items() if text.startswith("Error: ") and "probe/templates" in text]
    fine = [call for call in ours if call not in failing]
    theirs = dict(zip(fine, helm_renders(helm, tmp_path / "fine", fine, VALUES), strict=True))
    errors = helm_lint_errors(helm, tmp_path / "failing", failing, VALUES)
    theirs |= {call: f"Error: {error}" for call, error in zip(failing, errors, strict=True)}
    assert {call: text for call, text in ours.items() if text != theirs[call]} == {}
