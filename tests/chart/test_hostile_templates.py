"""Templates that would run forever or fill the memory: each ends in one clear error, soon."""

from __future__ import annotations

import resource
import time

import pytest

from steersman.chart.load import load
from steersman.chart.render import ReleaseOptions, prepare, render
from steersman.errors import TemplateError, YamlError
from steersman.template.limits import Limits

from .conftest import MakeChart

HOSTILE = {
    "an endless include": '{{ define "a" }}{{ include "a" . }}{{ end }}{{ include "a" . }}',
    "two includes that call each other": (
        '{{ define "a" }}{{ include "b" . }}{{ end }}{{ define "b" }}{{ include "a" . }}{{ end }}{{ include "a" . }}'
    ),
    "an endless template call": '{{ define "a" }}{{ template "a" . }}{{ end }}{{ template "a" . }}',
    "tpl of itself": "{{ tpl .Values.again . }}",
    "a loop in a loop in a loop": (
        "{{ range until 100000 }}{{ range until 100000 }}{{ range until 100000 }}x{{ end }}{{ end }}{{ end }}"
    ),
    "doubling text": '{{ $s := "xxxxxxxxxxxxxxxx" }}{{ range until 64 }}{{ $s = print $s $s }}{{ end }}{{ $s }}',
    "repeat": '{{ repeat 1000000000000 "x" }}',
    "until": "{{ until 1000000000000 }}",
    "an include that doubles": (
        '{{ define "a" }}{{ if gt . 0 }}{{ include "a" (sub . 1) }}{{ include "a" (sub . 1) }}{{ end }}{{ end }}'
        '{{ include "a" 60 }}'
    ),
    "a list that holds itself": "{{ $d := dict }}{{ $_ := set $d `a` $d }}{{ toJson $d }}{{ $d }}",
    "parentheses without end": "{{ " + "(" * 20000 + "1" + ")" * 20000 + " }}",
    "nesting without end": "{{ if 1 }}" * 20000 + "{{ end }}" * 20000,
}

# Far above what they take, far below what they would take.
MAX_SECONDS, MAX_KIB = 60, 1024 * 1024


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_templates_end_in_one_error(case: str, make_chart: MakeChart) -> None:
    chart = load(make_chart({"templates/a.yaml": HOSTILE[case], "values.yaml": "again: '{{ tpl .Values.again . }}'"}))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    begin = time.monotonic()
    with pytest.raises((TemplateError, YamlError)) as caught:
        render(prepare(chart, {}), ReleaseOptions("x"), limits=Limits(seconds=3, output=10_000_000))
    assert time.monotonic() - begin < MAX_SECONDS
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < MAX_KIB
    assert str(caught.value)


def test_an_alias_bomb_in_what_a_template_gives(make_chart: MakeChart) -> None:
    levels = "\n".join(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]" for n in range(1, 12))
    chart = load(make_chart({"templates/a.yaml": f"l0: &l0 [a]\n{levels}\n"}))
    with pytest.raises(YamlError, match="excessive aliasing"):
        render(prepare(chart, {}), ReleaseOptions("x"))
