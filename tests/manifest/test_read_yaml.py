"""Reading YAML, compared with what helm's fromYaml makes of the same text."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import strategies as st

from steersman.errors import YamlError
from steersman.manifest import yaml

from .conftest import Ask
from .helm_oracle import examples

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


LINES = """\
apiVersion: v1
kind: Pod
metadata:
  name: x
  labels:
    app: web
    tier: 'a b'
spec:
  containers:
  - name: a
    image: nginx:1.2
    args: ["--x", --y=z, 3]
    env:
    - name: A
      value: "1"
  - name: b
    command: {a: 1, b: [c]}
  text: |
    line one: two
    line two
  folded: >-
    some

    text
# comment
---
  list:
    - 1
    - - 2
      - 3
  quoted: "multi
    line"
  x: 'it''s'
  long plain text
key: value: other
- item
\ttabbed: 1
  annotations: &anc
    a: b
  copy:
    <<: *anc
{ { broken } }
data: {
}
  mode: 0644
  on: yes
""".splitlines()


@st.composite
def damaged(draw: st.DrawFn) -> str:
    """A piece of a manifest in which some lines are missing, indented otherwise or broken off."""
    start = draw(st.integers(0, len(LINES) - 1))
    lines = []
    for line in LINES[start : start + draw(st.integers(1, 14))]:
        change = draw(st.integers(0, 19))
        if change == 0:
            continue
        changed = {1: " " + line, 2: "  " + line, 3: line.lstrip(), 4: line[:-1], 5: line + "'", 6: line + ":"}
        lines.append(changed.get(change, line))
    return "\n".join(lines) + "\n"


@pytest.mark.oracle
def test_damaged_manifests_are_judged_as_helm_judges(ask: Ask) -> None:
    texts = examples(damaged(), 300)
    different = [
        (text, ours(text), theirs)
        for text, said in zip(texts, ask("fromYaml $case | toJson", texts), strict=True)
        if ours(text) != (theirs := json.loads(said, parse_int=float))
    ]
    assert different == []


# --- what is not fromYaml's to tell ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scalar", "json_kind", "as_written"),
    [
        ("3", 3, 3),
        ("3.0", 3, 3.0),
        ("1e3", 1000, 1000.0),
        ("1.5", 1.5, 1.5),
        ("9223372036854775807", 2**63 - 1, 2**63 - 1),
        ("9223372036854775808", 2.0**63, 2**63),
        ("1e20", 1e20, 1e20),
        ("true", True, True),
    ],
)
def test_kinds_of_numbers(scalar: str, json_kind: object, as_written: object) -> None:
    kinds = (yaml.load(scalar, numbers="json"), yaml.load(scalar, numbers="yaml"))
    assert [(type(value), value) for value in kinds] == [(type(kind), kind) for kind in (json_kind, as_written)]
    assert type(yaml.load(scalar, numbers="float64")) is (bool if scalar == "true" else float)


def test_all_documents_of_a_stream() -> None:
    assert list(yaml.load_all("a: 1\n---\n# nothing\n---\n- b\n...\n")) == [{"a": 1}, None, ["b"]]
    assert list(yaml.load_all("")) == []


def test_bytes_are_text_or_refused() -> None:
    assert yaml.load(b"\xef\xbb\xbfa: \xc3\xa9") == {"a": "é"}
    assert yaml.load("a: 1".encode("utf-16")) == {"a": 1}
    for text in (b"a: \xff", b"a: \xff".decode("utf-8", "surrogateescape")):
        with pytest.raises(YamlError, match="yaml: invalid leading UTF-8 octet"):
            yaml.load(text)
    with pytest.raises(YamlError, match="yaml: invalid Unicode character"):
        yaml.load("a: \ud800")


def test_an_error_has_its_place() -> None:
    with pytest.raises(YamlError) as caught:
        yaml.load("a: 1\nb: c: d\n", "values.yaml")
    assert str(caught.value.location) == "values.yaml:2:5"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\na: 2", 'line 2: key "a" already set in map'),
        ("a:\n  true: 1\n  yes: 2", "line 3: key true already set in map"),
        ("x: &x {a: 1}\ny:\n  a: 2\n  <<: *x", 'line 4: key "a" already set in map'),
    ],
)
def test_strictly_a_key_stands_once(text: str, message: str) -> None:
    yaml.load(text)
    with pytest.raises(YamlError) as caught:
        yaml.load(text, strict=True)
    assert str(caught.value) == f"error converting YAML to JSON: yaml: unmarshal errors:\n  {message}"


def test_aliases_do_not_share_what_they_stand_for() -> None:
    value = yaml.load("a: &x {b: [1]}\nc: *x\nd: {<<: *x}\ne: {<<: *x}")
    value["c"]["b"].append(2)
    value["d"]["b"].append(3)
    assert (value["a"], value["e"]) == ({"b": [1]}, {"b": [1]})


BOMB = "a: &a [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{chr(98 + level)}: &{chr(98 + level)} [{','.join([f'*{chr(97 + level)}'] * 10)}]\n" for level in range(12)
)


def test_bombs_are_refused_quickly() -> None:
    assert ours(BOMB) == {"Error": "error converting YAML to JSON: yaml: document contains excessive aliasing"}


@pytest.mark.oracle
def test_bombs_are_refused_where_helm_refuses_them(ask: Ask) -> None:
    ratios = [
        "a: &a {b: c, d: e}\nl: [" + ", ".join(["*a"] * count + ["x"] * plain) + "]"
        for count, plain in [(50, 0), (300, 0), (300, 300), (3000, 0), (3000, 150), (9000, 9000)]
    ]
    texts = [BOMB, *ratios]
    assert ["Error" in ours(text) for text in texts] == [
        '{"Error"' in said for said in ask("fromYaml $case | toJson", texts)
    ]


@pytest.mark.parametrize(
    "text", ["[" * 501 + "]" * 501, "- " * 501, "{a: " * 501 + "}" * 501, "[" * 50_000, "&a [" * 501 + "]" * 501]
)
def test_depth_is_bounded(text: str) -> None:
    with pytest.raises(YamlError, match="exceeded max"):
        yaml.load(text)


def test_depth_is_bounded_through_aliases() -> None:
    text = "a: &a " + "[" * 300 + "]" * 300 + "\nb: " + "[" * 300 + "*a" + "]" * 300
    with pytest.raises(YamlError, match="exceeded max"):
        yaml.load(text)
