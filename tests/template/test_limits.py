"""Hostile templates end in one clear error, soon and in bounded memory."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from steersman.errors import TemplateError
from steersman.template.environment import Environment
from steersman.template.limits import Limits

from .helm_oracle import steersman_renders

SMALL = Limits(output=100_000, iterations=10_000, seconds=1.0)


def failure(text: str, limits: Limits = SMALL, data: Any = None) -> str:
    environment = Environment(cache=False, limits=limits)
    try:
        environment.parse("t", text)
        length = len(environment.render("t", data))
    except TemplateError as error:
        return str(error)
    pytest.fail(f"rendered to {length} characters")


def test_include_of_itself_ends_with_helms_words() -> None:
    text = steersman_renders('{{ define "a" }}{{ include "a" . }}{{ end }}{{ include "a" . }}', {})
    assert text.endswith("rendering template has a nested reference name: a: unable to execute template")


def test_two_templates_that_include_each_other() -> None:
    text = '{{ define "a" }}{{ include "b" . }}{{ end }}{{ define "b" }}{{ include "a" . }}{{ end }}{{ include "a" . }}'
    assert "nested reference name: a" in steersman_renders(text, {})


def test_template_of_itself_ends_with_gos_words() -> None:
    assert "exceeded maximum template depth (100000)" in failure(
        '{{ define "a" }}{{ template "a" . }}{{ end }}{{ template "a" . }}', Limits()
    )


def test_tpl_of_itself() -> None:
    text = "{{ tpl .text . }}"
    assert "texts inside of texts" in failure(text, Limits(), {"text": text})


def test_a_thousand_levels_are_fine_and_leave_python_as_it_was() -> None:
    before = sys.getrecursionlimit()
    text = (
        '{{ define "a" }}{{ if . }}{{ include "a" (sub . 1) }}{{ else }}bottom{{ end }}{{ end }}{{ include "a" 900 }}'
    )
    environment = Environment(cache=False)
    environment.parse("t", text)
    assert environment.render("t", None) == "bottom"
    assert sys.getrecursionlimit() == before


LOOP = '{{ $s := "0123456789" }}{{ range 40 }}{{ $s = %s }}{{ end }}{{ $s }}'


@pytest.mark.parametrize(
    "text",
    [
        "{{ range 20000 }}{{ end }}",
        "{{ range 200 }}{{ range 200 }}{{ end }}{{ end }}",
        "{{ range $i, $x := until 11000 }}{{ end }}",
        '{{ range 5000 }}{{ printf "%40d" 1 }}{{ end }}',
        '{{ define "a" }}{{ printf "%50000d" 1 }}{{ end }}{{ include "a" . }}{{ include "a" . }}{{ include "a" . }}',
        LOOP % 'printf "%s%s" $s $s',
        LOOP % "print $s $s",
        LOOP % 'tpl "{{ . }}{{ . }}" $s',
        '{{ define "a" }}{{ include "a" (trim (print . .)) }}{{ end }}{{ include "a" "0123456789" }}',
    ],
)
def test_output_and_loops_are_bounded(text: str) -> None:
    message = failure(text)
    assert "more than" in message or "longer than" in message


def test_time_is_bounded() -> None:
    text = '{{ range 100000 }}{{ range 1000 }}{{ sha256sum "x" }}{{ end }}{{ end }}'
    limits = Limits(iterations=1_000_000_000, output=1 << 40, seconds=0.05)
    assert "takes longer than 0.05 seconds" in failure(text, limits)


@pytest.mark.parametrize(
    "text",
    [
        "{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}",
        "{{ if 1 }}" * 5000 + "{{ end }}" * 5000,
        "{{ range 1 }}" * 100 + "{{ end }}" * 100,
        "{{ with 1 }}" * 100 + "{{ end }}" * 100,
    ],
)
def test_deep_nesting_does_not_parse(text: str) -> None:
    message = failure(text)
    assert message.startswith("parse error at (t:1): ")
    assert len(message) < 200


@pytest.mark.parametrize(
    "text",
    [
        "{{ if 0 }}a" + "{{ else if 0 }}b" * 500 + "{{ else }}c{{ end }}",
        "{{ 1 " + "| print " * 300 + " }}",
        "{{ print " + "1 " * 2000 + "}}",
        "{{ " + "(" * 30 + "1" + ")" * 30 + " }}",
        "{{ if 1 }}" * 40 + "x" + "{{ end }}" * 40,
        "{{ range 1 }}" * 12 + "x" + "{{ end }}" * 12,
        "{{ printf `" + "%%" * 5000 + "` }}",
    ],
)
def test_what_is_only_long_renders(text: str) -> None:
    environment = Environment(cache=False)
    environment.parse("t", text)
    assert environment.render("t", {})


def test_a_value_that_contains_itself() -> None:
    text = '{{ $d := dict }}{{ $_ := set $d "self" $d }}{{ $d }}'
    assert "nested too deeply" in failure(text)


def test_the_many_levels_of_an_error_are_told_quickly() -> None:
    levels = "".join(f'{{{{ define "a{n}" }}}}{{{{ include "a{n + 1}" . }}}}{{{{ end }}}}' for n in range(300))
    message = failure(levels + '{{ define "a300" }}{{ .x.y }}{{ end }}{{ include "a0" . }}', data={"x": None})
    assert message.count("error calling include") == 301
    assert message.endswith("nil pointer evaluating interface {}.y")
