"""The plain reader: what it reads, the real reader reads the same; what it leaves alone, it leaves whole."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from steersman.errors import YamlError
from steersman.kube.kubeconfig import _scalar as scalar_of_kubeconfig
from steersman.manifest.yaml import loading, reader
from steersman.plain_yaml import NOT_PLAIN, read

if TYPE_CHECKING:
    from steersman.manifest.yaml.builder import Numbers

MANIFEST = """\
# a comment
apiVersion: apps/v1
kind: Deployment
metadata:
  name: shop-web   # behind a value
  labels: {app: web, "helm.sh/chart": 'shop-1.0', empty: {}}
  annotations:
    "helm.sh/hook": pre-install,pre-upgrade
    'quoted': it''s
spec:
  replicas: 2
  template:
    spec:
      containers:
      - name: web
        image: "example.org/web:1.0"
        args: ["--port=80", -v, $(NAME), a b, 1, [x]]
        env: []

        ports:
          - containerPort: 0x1F
            protocol: TCP
      - name: "side \\"car\\"\\n"
        resources:
          {}
      nothing:
      tolerations:
      - - nested
        - -1
  url: http://example.org:80/#here
  limit: 1e3
"""
READ = {
    "manifest": MANIFEST,
    "literal": "data:\n  a: |\n    one\n      two\n\n    three\n  b: |-\n    x\n\n\nc: 1\n",
    "literal at the end": "a: |\n  x\n  # no comment",
    "literal that ends in blanks": "a: |\n  x\n    \n \n\nb: 1\n",
    "literal that begins with blank lines": "a: |\n\n \n  x\n",
    "literal in a sequence": "a:\n- |\n  x\n- y\n",
    "key twice": "a: 1\nb: 2\na: 3\n",
    "numbers": "a: 1\nb: -1.50\nc: 0o14\nd: 08\ne: 1_000\nf: 123456789012345678901234567890\ng: .5\nh: 1e400\n",
    "words": "a: true\nb: Yes\nc: ~\nd: null\ne: 2001-01-01\nf: on\n",
    "text on its own line": "a:\n  text\nb:\n  'text'\n",
    "nothing at the end": "a: 1\nb:",
}
LEFT = {
    "nothing": "",
    "only a comment": "# x\n",
    "sequence": "- a\n",
    "scalar": "a\n",
    "markers": "---\na: 1\n",
    "second document": "a: 1\n---\nb: 1\n",
    "anchor": "a: &x 1\n",
    "alias": "a: &x 1\nb: *x\n",
    "merge": "a:\n  <<: {b: 1}\n",
    "tag": "a: !!str 1\n",
    "folded": "a: >\n  x\n  y\n",
    "kept line ends": "a: |+\n  x\n\nb: 1\n",
    "given indentation": "a: |2\n   x\n",
    "empty literal": "a: |\nb: 1\n",
    "scalar of two lines": "a: b\n  c\n",
    "quoted scalar of two lines": 'a: "b\n  c"\n',
    "escape": 'a: "\\x41"\n',
    "slash": 'a: "\\/"\n',
    "tab": "a:\tb\n",
    "not ASCII": "a: ä\n",
    "key that is no text": "on: 1\n",
    "number as a key": "1: a\n",
    "infinity": "a: .inf\n",
    "colon in a value": "a: b: c\n",
    "flow over two lines": "a: [1,\n  2]\n",
    "flow with a comma too many": "a: [1, ]\n",
    "pair in a flow sequence": "a: [b: c]\n",
    "question mark in flow": "a: [http://x/?y=1]\n",
    "wrong indentation": "a:\n    b: 1\n  c: 2\n",
    "dash without a sequence": "a: 1\n- b\n",
    "value and mapping": "a: 1\n  b: 2\n",
    "nested too deep": "".join(f"{' ' * n}a:\n" for n in range(100)),
}


def plainly(text: str, numbers: Numbers = "json") -> Any:
    return read(text, loading._SCALARS[numbers])


def same(a: Any, b: Any) -> bool:
    """Equal, with kinds of number and the order of keys."""
    if type(a) is not type(b):
        return False
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[key], b[key]) for key in a)
    if isinstance(a, list):
        return len(a) == len(b) and all(map(same, a, b))
    return bool(a == b)


@pytest.mark.parametrize("numbers", ["json", "float64", "yaml"])
@pytest.mark.parametrize("text", READ.values(), ids=READ)
def test_plain_yaml_is_read_as_the_real_reader_reads_it(text: str, numbers: Numbers) -> None:
    value = plainly(text, numbers)
    assert value is not NOT_PLAIN
    assert same(value, reader.load(text, numbers=numbers))


@pytest.mark.parametrize("text", LEFT.values(), ids=LEFT)
def test_what_is_not_plain_is_left_to_the_real_reader(text: str) -> None:
    assert plainly(text) is NOT_PLAIN


WORDS = st.sampled_from(
    [
        *("a", "b1", "a.b/c-d", "x_y", "true", "on", "1", "-1", "1.5", "0x10", "~", "null", ".nan", "2001-01-01"),
        *(
            "-",
            ":",
            "?",
            "#",
            "&",
            "*",
            "!",
            "|",
            ">",
            "'",
            '"',
            "%",
            "@",
            "{",
            "}",
            "[",
            "]",
            ",",
            "=",
            "\\",
            "---",
            "...",
        ),
        *("{}", "[]", "[a]", "{a: 1}", "[a, 'b', {c: d}]", "'b'", '"b"', "'it''s'", '"a\\n"'),
        *("<<", "|-", ">-", "a:b", "a:", "a#b", " ", "  ", "a b"),
    ]
)
LINES = st.builds(
    lambda indent, dash, key, value: " " * indent + dash + key + value,
    st.integers(0, 6),
    st.sampled_from(["", "", "", "- ", "-", "- - ", "-   "]),
    st.sampled_from(["", "a: ", "b: ", "c:", '"d": ', "'e': ", "f.g/h: ", "on: ", "1: ", "a : ", "<<: "]),
    st.lists(WORDS, max_size=3).map("".join) | st.sampled_from(["|", "|-", "x", "x # y", "", " "]),
)


@settings(max_examples=400)
@given(st.lists(LINES | st.sampled_from(["", " ", "    ", "# x", "  # x"]), max_size=9).map("\n".join))
@example("a:\n- b: |\n   x\n  c: d\n")
def test_whatever_is_read_the_real_reader_reads_the_same(text: str) -> None:
    value = plainly(text)
    if value is NOT_PLAIN:
        return
    try:
        wanted = reader.load(text)
    except YamlError as error:
        raise AssertionError(f"{text!r} is an error: {error}") from error
    assert same(value, wanted), text


@settings(max_examples=200)
@given(st.lists(LINES, max_size=6).map("\n".join))
def test_a_kubeconfig_is_read_as_pyyaml_reads_it(text: str) -> None:
    value = read(text, scalar_of_kubeconfig)
    if value is not NOT_PLAIN:
        assert same(value, yaml.load(text, Loader=yaml.CSafeLoader))


def test_a_command_that_reads_plain_manifests_does_not_import_pyyaml(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name == "yaml" or name.startswith("yaml.")]:
        monkeypatch.delitem(sys.modules, name)
    assert loading.load(MANIFEST)["kind"] == "Deployment"
    assert "yaml" not in sys.modules
