"""Bad charts and values: one error with file and line, exit 1, nothing on the cluster."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import Steer

HEAD = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: x\n"
SCHEMA = '{"type": "object", "required": ["b"], "properties": {"a": {"type": "string"}}}'

CASES: dict[str, tuple[dict[str, str], tuple[str, ...]]] = {
    "broken yaml": (
        {"templates/a.yaml": HEAD + "  bad: [1\ndata: {}\n"},
        ("YAML parse error on small/templates/a.yaml", "yaml: line 5", "did not find expected ',' or ']'"),
    ),
    "template error": (
        {"templates/a.yaml": HEAD + "data: {a: {{ .Values.x.y }}}\n"},
        ("small/templates/a.yaml:5:20", "<.Values.x.y>", "nil pointer evaluating interface {}.y", "`.Values.x` is nil"),
    ),
    "template that does not parse": (
        {"templates/a.yaml": "{{ if }}\n{{ end }}\n"},
        ("parse error at (small/templates/a.yaml:1)", "missing value for if"),
    ),
    "unknown function": ({"templates/a.yaml": "{{ frob 1 }}"}, ('function "frob" not defined',)),
    "unknown event": (
        {"templates/a.yaml": HEAD + "  annotations: {helm.sh/hook: pre-instal}\n"},
        ("small/templates/a.yaml", "helm.sh/hook", "'pre-instal'", "pre-install, post-install"),
    ),
    "bad weight": (
        {"templates/a.yaml": HEAD + '  annotations: {helm.sh/hook: pre-install, helm.sh/hook-weight: "early"}\n'},
        ("small/templates/a.yaml", "helm.sh/hook-weight", "'early'"),
    ),
    "unknown policy": (
        {"templates/a.yaml": HEAD + "  annotations: {helm.sh/hook: pre-install, helm.sh/hook-delete-policy: never}\n"},
        ("small/templates/a.yaml", "helm.sh/hook-delete-policy", "'never'", "before-hook-creation"),
    ),
    "schema": (
        {"values.yaml": "a: 1\n", "values.schema.json": SCHEMA, "templates/a.yaml": HEAD},
        ("values don't meet the specifications of the schema", "missing property 'b'", "'/a': got number, want string"),
    ),
    "unknown kind": (
        {"templates/a.yaml": "apiVersion: nobody.example/v1\nkind: Nothing\nmetadata: {name: x}\n"},
        ('no matches for kind "Nothing" in version "nobody.example/v1"',),
    ),
}


@pytest.mark.embedded
@pytest.mark.parametrize("name", CASES)
def test_a_bad_chart_is_refused_before_anything_is_touched(
    name: str, on_cluster: Steer, chart: Callable[..., Path]
) -> None:
    files, expected = CASES[name]
    shown = on_cluster("install", "bad", str(chart(files)))
    assert shown.code == 1
    for words in expected:
        assert words in shown.err
    assert "Traceback" not in shown.err
    assert on_cluster("list", "-q").out == ""


@pytest.mark.embedded
def test_a_bad_name_is_refused(on_cluster: Steer, chart: Callable[..., Path]) -> None:
    shown = on_cluster("install", "Bad_Name", str(chart({"templates/a.yaml": HEAD})))
    assert shown.code == 1
    assert 'release name check failed: release name "Bad_Name": invalid release name' in shown.err


@pytest.mark.embedded
def test_names_in_use_and_names_unknown(on_cluster: Steer, chart: Callable[..., Path]) -> None:
    folder = str(chart({"templates/a.yaml": HEAD}))
    assert on_cluster("install", "here", folder).code == 0
    again = on_cluster("install", "here", folder)
    assert again.code == 1
    assert "cannot reuse a name that is still in use" in again.err
    for words in (
        ("status", "gone"),
        ("rollback", "gone"),
        ("test", "gone"),
        ("history", "gone"),
        ("uninstall", "gone"),
    ):
        shown = on_cluster(*words)
        assert shown.code == 1
        assert "release: not found" in shown.err
    assert '"gone" has no deployed releases' in on_cluster("upgrade", "gone", folder).err
