"""Reading YAML, compared with what helm's fromYaml makes of the same text."""

from __future__ import annotations

import json
from typing import Any

import pytest

from steersman.errors import YamlError
from steersman.manifest import yaml

from .conftest import Ask

SCALARS = """
y Y yes Yes YES n N no No NO on On ON off Off OFF true True TRUE false False FALSE yEs tRue ~ null Null NULL nULL
0 1 -1 +1 00 007 08 0777 0o14 0O14 0x1F 0X1f -0x1F 0b11 -0b11 0B1 1_000 1__0 _1 1_ 0x_1 9223372036854775807 9223372036854775808
-9223372036854775808 -9223372036854775809 18446744073709551615 18446744073709551616 +18446744073709551615 12345678901234567890123
1.5 .5 -.5 +.5 1. 1e3 1E3 1e+3 1e-3 1.5e300 1e400 -1e400 1e-400 1_0.5 .5e2 .e5 . .. 1.e5 0.1 -0.0 0e0 1e21 1e20 123456789.5
.inf .Inf .INF +.inf -.inf .nan .NaN .NAN .iNf
2001-12-14 2001-1-1 2001-02-30 2001-12-14t21:59:43.10-05:00 12:30:45 22:22 1:2 = << 0x 0o 0b 1e 1e+ - -- + ++ 0x1p-2 Infinity NaN
"""

DOCUMENTS = [
    "a: &x {b: 1, c: [1, 2]}\nd: *x\n",
    "x: &x {a: 1, b: 2}\ny: {<<: *x, b: 3}\nz: {b: 3, <<: *x}\n",
    "x: &x {a: 1}\ny: &y {a: 2, b: 2}\nz: {<<: [*x, *y]}\n",
    "a: {<<: 1}",
    "a: &x [1]\nb: {<<: *x}",
    "a: {<<: null}",
    'a: {"<<": 1}',
    "a: <<",
    "a: [<<]",
    "a: *x",
    "a: &a [*a]",
    "a: &a {b: *a}",
    "{{ x }}: 1",
    "? [1, 2]\n: 3",
    "? {a: b}\n: 3",
    "? null\n: 3",
    "~: 3",
    "a: {~: {b: c}}",
    "18446744073709551615: 1",
    "1: a\n2.5: b\ntrue: c\n1e3: d\n1e10: e\n123456789.5: f\n2001-01-01: g\n0x10: h\n.inf: i\n",
    "a: 1\na: 2",
    "a: !!int x",
    "a: !!int 0x10",
    "a: !!float 3",
    "a: !!float x",
    "a: !!float 18446744073709551615",
    "a: !!str 3",
    "a: !!str",
    "a: !!bool yes",
    "a: !!bool x",
    "a: !!null x",
    "a: !!null ''",
    "a: !!binary aGVsbG8=",
    "a: !!binary aGVs\n  bG8=",
    "a: !!binary '*'",
    "a: !!binary /w==",
    "a: !!binary gICAgA==",
    "a: !!timestamp 2001-01-01",
    "a: !!timestamp x",
    "a: !!timestamp '2001-01-01'",
    "a: !foo 3",
    "a: !foo {b: 1}",
    "a: !!set {b, c}",
    "a: !!omap [b: 1]",
    'a: ! "3"',
    "a: ! 3",
    "a: !<tag:yaml.org,2002:int> 3",
    "%TAG ! tag:yaml.org,2002:\n---\na: !int 3",
    "a: .nan",
    "a: [.inf, -.inf]",
    "a: 'x\n  y\n\n  z'",
    'a: "x\\n\\u00e9\\x41\\U0001F600 y\\\n  z"',
    'a: "\\/"',
    'a: "\\q"',
    "a: |\n  x\n  y\n",
    "a: |-\n  x\n\n",
    "a: |+\n  x\n\n",
    "a: >\n  x\n  y\n\n  z\n   w\n",
    "a: |2\n   x\n  y\n",
    "a: |\n\n   x\n  y\n",
    "a: |\n\tx\n",
    "a: |0\n x",
    "a: |x\n",
    "a:\tb",
    "a: b\tc",
    "a:\n\tb: c",
    "\ta: b",
    "a: b: c",
    "a: b\nc",
    "a: b\n c: d",
    " a: 1\nb: 2",
    "a: 1\n b: 2",
    "a: [",
    "a: [1, 2",
    "a: {b",
    "a: ]",
    "a: }",
    "a: [1,,2]",
    "a: {b: 1,, c: 2}",
    "a: {b:1}",
    "a: {b:1, c}",
    "a: {http://x: y}",
    "a: [http://x, a:b, :c]",
    "a: {b: [c]: d}",
    "a: [b: c, d]",
    "a: 'x",
    'a: "x',
    "a: `x`",
    "a: @x",
    "a: %x",
    "a: -",
    "a: - b",
    "- a",
    "a: &",
    "a: *",
    "a: &x &y b",
    "a: ! ! b",
    "a: # c",
    "a #b",
    "a: b #c",
    "a: b# c",
    "# only a comment",
    "",
    "---",
    "---\na: 1",
    "--- # x\na: 1\n--- \nb: 2",
    "a: 1\n...\nb: 2",
    "a: 1\n---\nb: [",
    "--- |\n x",
    "%YAML 1.1\n---\na: 1",
    "%YAML 1.2\n---\na: 1",
    "%YAML 2.0\n---\na: 1",
    "%FOO\n---\na: 1",
    "%YAML 1.1\na: 1",
    "\ufeffa: 1",
    "a: \ufeff1",
    "a: 1\r\nb: 2\r\n",
    "a: 1\rb: 2",
    "a: x\u2028y",
    "a: \x00",
    "a: \x7f",
    "a: \x01b",
    "a: \u0080",
    "a: \u0085b",
    "a: \ufffe",
    "a: 😀",
    "é: ü",
    "? a\n? b\n",
    "? a\n: b\n",
    "?a: b",
    "-a: b",
    ":a: b",
    "a:b",
    "a: ?b",
    "a: -b",
    "a: [-]",
    "a: [?x]",
    "a: [? x]",
    "a: {? x}",
    "a: {?x: 1}",
    "a: {x: 1, y?: 2}",
    "a: [x?y]",
    "a: {x}",
    "a: {}",
    "a: []",
    "a: [{}, []]",
    "a: {b: , c: }",
    "a: {: b}",
    "a: {'b':c}",
    'a: {"b":1}',
    "a: [!!str b]",
    "a: [&x b, *x]",
    "a: [*x , b]",
    "'a': 1\n\"b\": 2\n",
    "a: 1\n'b' : 2\n",
    "a:\n- b\n- c\n",
    "a:\n  - b\n  -\n  - - c\n",
    "a:\n - b\n- c\n",
    "- a\nb: c",
    "a: b\n- c",
    "a: 'it''s'",
    "a: x y  z \n",
    "a: x\n  y\n\n  z\n",
    "a: x\n y\n",
    "a:\n  x: 1\n y: 2\n",
    "a:\n    x: 1\n    y: 2\n  z: 3\n",
    "key with spaces: 1",
    "a: 'b' c",
    "a: b 'c'",
    "a: [b 'c']",
    'a: "b" # c',
    'a: "b"# c',
    "a: 1\n\n\n# x\nb: 2\n",
    "a: |\n  x\n # y\nb: 2",
    "a: >-\n\n  x\n\n  y\n",
    "a: 0.1.2",
    "a: 1 2",
    "a: --- b",
    "a: ...",
    "a: |\n ---\n b",
    'a: "x\n---\ny"',
    "a: x\n---\n",
    "x" * 1025 + ": 1",
    '"' + "x" * 1023 + '": 1',
    '{"' + "x" * 1023 + '": 1}',
    '{"' + "x" * 1022 + '": 1}',
    "a: " + "[" * 200 + "]" * 200,
    "a: 1\nb: [1,\n 2,\n  }\n",
    "a:\n  b:\n   - c\n  d\n",
    "a: {\nb: 1\n}\n",
    "a: [\n1,\n2\n]\n",
    "a: {\n  b: 1,\n}\nc: d\n",
]


def ours(text: str) -> Any:
    try:
        value = yaml.load(text, numbers="float64")
    except YamlError as error:
        return {"Error": str(error)}
    if value is None:
        return {}
    if isinstance(value, dict):
        return value
    kind = {list: "array", str: "string", bool: "bool"}.get(type(value), "number")
    message = f"json: cannot unmarshal {kind} into Go value of type map[string]interface {{}}"
    return {"Error": f"error unmarshaling JSON: while decoding JSON: {message}"}


@pytest.mark.oracle
def test_scalars_mean_what_they_mean_to_helm(ask: Ask) -> None:
    texts = [f"a: {scalar}" for scalar in SCALARS.split()]
    for text, said in zip(texts, ask("fromYaml $case | toJson", texts), strict=True):
        assert (text, ours(text)) == (text, json.loads(said, parse_int=float))


@pytest.mark.oracle
def test_documents_mean_what_they_mean_to_helm(ask: Ask) -> None:
    different = [
        (text, ours(text), theirs)
        for text, said in zip(DOCUMENTS, ask("fromYaml $case | toJson", DOCUMENTS), strict=True)
        if ours(text) != (theirs := json.loads(said, parse_int=float))
    ]
    assert different == []
