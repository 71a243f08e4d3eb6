"""What a subchart's templates see as `.Values`: the parent's own table, with methods that it does not have for the parent."""

from __future__ import annotations

import pytest

from steersman.cli.main import run

from .conftest import Helm, MakeChart, chart_yaml

_SUB = """
y: |
  {{ .Values.a.b | toYaml | nindent 2 }}
z: |
  {{ typeOf .Values.s }}
  {{ hasKey .Values.AsMap "a" }} {{ dig "a" "b" "c" 0 $.Values.AsMap }} {{ typeOf .Values }} {{ .Values.Table "a" | toJson }}
  {{ set .Values "n" 5 | toJson }} {{ .Values.AsMap | toJson }} {{ .Values.YAML | quote }}
  {{ merge .Values (dict "k" 1) | toJson }}
"""
_ROOT = """
x: |
  {{ .Values.s.n }} {{ .Values | toJson }} {{ .Values.s | toJson }} {{ toToml .Values | quote }}
  {{ toYaml .Values | quote }} {{ toYamlPretty .Values | quote }} {{ deepCopy .Values | toJson }}
  {{ merge (dict) .Values | toJson }} {{ .Values.s | kindOf }} {{ omit .Values.s "a" | toJson }} {{ printf "%v" .Values.s }}
  {{ index .Values "s" "a" | toJson }} {{ range $k, $v := .Values.s }}{{ $k }}{{ end }} {{ deepEqual .Values.s .Values.s }}
  {{ dig "a" "b" "c" 0 .Values.s }} {{ typeOf .Values.s }} {{ printf "%T" .Values.s }} [{{ .Values.s.AsMap }}]
  {{ typeOf .Values }}
  {{ typeIs "map[string]interface {}" .Values.s }} {{ typeOf (deepCopy .Values.s) }} {{ typeOf (set .Values.s "o" 1) }}
  {{ len .Values.s }} {{ mergeOverwrite (dict) .Values.s | toJson }} {{ unset .Values.s "zz" | toJson }}
"""


@pytest.mark.oracle
def test_a_subcharts_values_have_methods(
    make_chart: MakeChart, real_helm: Helm, capfd: pytest.CaptureFixture[str]
) -> None:
    chart = make_chart(
        {
            "values.yaml": "s:\n  a: {b: {c: 1, d: [1, x]}}\n",
            "templates/a.yaml": _ROOT,
            "charts/s/Chart.yaml": chart_yaml("s"),
            "charts/s/templates/a.yaml": _SUB,
            "templates/z.yaml": _ROOT,
            "templates/y/z.yaml": "a: {{ typeOf .Values }} {{ typeOf .Values.s }}\n",
            "charts/s/charts/s/Chart.yaml": chart_yaml("s"),
            "charts/s/charts/s/templates/a.yaml": "a: {{ typeOf .Values }}\n",
            "charts/t/Chart.yaml": chart_yaml("t"),
            "charts/t/templates/a.yaml": "a: {{ .Values.AsMap | toJson }}\n",
        }
    )
    theirs = real_helm.run("template", "r", str(chart))
    assert run(["template", "r", str(chart)]) == 0
    assert capfd.readouterr().out == theirs.stdout


@pytest.mark.oracle
def test_templates_may_put_other_values_in_their_place(
    make_chart: MakeChart, real_helm: Helm, capfd: pytest.CaptureFixture[str]
) -> None:
    seen = "t: |\n  {{ .Values | toJson }} {{ typeOf .Values }}\n"
    chart = make_chart(
        {
            "values.yaml": "s: {x: 1}\n",
            "templates/b.yaml": "{{ $_ := set . `Values` (mergeOverwrite (dict `y` 2) .Values) }}" + seen,
            "templates/a.yaml": seen,
            "charts/s/Chart.yaml": chart_yaml("s"),
            "charts/s/templates/a.yaml": "{{ $_ := set . `Values` (dict `z` 3) }}" + seen,
            "charts/s/templates/b.yaml": "{{ $_ := set . `Values` nil }}" + seen.replace(" | toJson", ""),
            "charts/s/templates/c.yaml": seen,
        }
    )
    theirs = real_helm.run("template", "r", str(chart))
    assert run(["template", "r", str(chart)]) == 0
    assert capfd.readouterr().out == theirs.stdout
