"""Templates of several files: which definition wins, what `tpl` sees, and how the Python API behaves."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from steersman.errors import TemplateError
from steersman.template.environment import Environment, in_parsing_order
from steersman.template.functions.registry import FUNCTIONS, Function
from steersman.template.signature import parse_signature

from .helm_oracle import helm_renders_files, steersman_data

CHARTS: dict[str, dict[str, str]] = {
    "of one depth the first name wins": {
        "a.yaml": '{{ define "x" }}a{{ end }}{{ include "x" . }}',
        "b.yaml": '{{ define "x" }}b{{ end }}{{ include "x" . }}',
        "c.yaml": '{{ include "x" . }}',
    },
    "partials take part": {
        "_z.tpl": '{{ define "x" }}z{{ end }}',
        "a.yaml": '{{ define "x" }}a{{ end }}{{ include "x" . }}',
        "z.yaml": '{{ include "x" . }}',
    },
    "the outermost folder wins": {
        "a/b/_x.tpl": '{{ define "x" }}deep{{ end }}{{ define "y" }}deep y{{ end }}',
        "z.yaml": '{{ define "x" }}top{{ end }}{{ include "x" . }}{{ include "y" . }}',
        "a/q.yaml": '{{ include "x" . }}',
    },
    "an empty definition replaces nothing": {
        "a.yaml": '{{ define "x" }}  {{/* empty */}}\n{{ end }}',
        "b.yaml": '{{ define "x" }}b{{ end }}',
        "c.yaml": '{{ include "x" . }}',
    },
    "an empty definition can be replaced": {
        "a.yaml": '{{ define "x" }}a{{ end }}',
        "b.yaml": '{{ define "x" }}  {{ end }}',
        "c.yaml": '{{ include "x" . }}',
    },
    "a file can be included": {
        "_p.yaml": "partial {{ . }}",
        "a.yaml": '{{ include "probe/templates/_p.yaml" 1 }}{{ .Template.Name }} {{ .Template.BasePath }}',
    },
    "a file can be defined elsewhere": {
        "b.yaml": "own text",
        "a.yaml": '{{ define "probe/templates/b.yaml" }}defined{{ end }}',
    },
    "a block is a default": {
        "a.yaml": '{{ define "x" }}overridden{{ end }}',
        "b.yaml": '{{ block "x" . }}default{{ end }}',
    },
    "tpl defines for itself only": {
        "a.yaml": (
            '{{ define "x" }}outer{{ end }}{{ define "calls x" }}{{ include "x" . }}{{ template "x" . }}{{ end }}'
            '{{ tpl `{{ define "x" }}inner{{ end }}{{ include "x" . }}{{ include "calls x" . }}` . }}'
            '{{ include "calls x" . }}'
        ),
        "b.yaml": '{{ tpl `{{ define "only" }}1{{ end }}{{ tpl "{{ include \\"only\\" . }}" . }}` . }}',
    },
    "tpl is itself a template of the name gotpl": {
        "a.yaml": '{{ tpl `{{ if . }}{{ include "gotpl" (rest .) }}{{ first . }}{{ end }}` (list 1 2 3) }}',
    },
    "missing values in tpl": {
        "a.yaml": '{{ tpl "a{{ .x }}b{{ .Values.q }}" . | len }}{{ tpl "<no value>" . | len }}',
    },
}


def rendered(files: Mapping[str, str]) -> dict[str, str]:
    environment = Environment(cache=False)
    names = {f"probe/templates/{name}": name for name in files}
    for name in in_parsing_order(names):
        environment.parse(name, files[names[name]])
    data = steersman_data({})
    texts = {}
    for name, short in names.items():
        if not short.rpartition("/")[2].startswith("_"):
            data["Template"]["Name"] = name
            texts[short] = environment.render(name, data)
    return {name: text for name, text in texts.items() if text.strip()}


@pytest.mark.oracle
@pytest.mark.parametrize("case", CHARTS)
def test_files_of_a_chart(helm: Path, tmp_path: Path, case: str) -> None:
    files = CHARTS[case]
    assert rendered(files) == helm_renders_files(helm, tmp_path, files)


def test_functions_can_be_replaced() -> None:
    def shout(text: str) -> str:
        return text + "!"

    functions = {**FUNCTIONS, "upper": Function("upper", shout, parse_signature("string", "string"))}
    environment = Environment(functions, cache=False)
    environment.parse("t", '{{ upper "a" }}{{ lower "B" }}')
    assert environment.render("t", None) == "a!b"


def test_an_unknown_template() -> None:
    with pytest.raises(TemplateError, match='no template "nope" associated with template "gotpl"'):
        Environment(cache=False).render("nope", None)


STRICT = {
    "{{ .a }}": "1",
    "{{ .a.b }}": "can't evaluate field b in type interface {}",
    "{{ .b }}": 'map has no entry for key "b"',
    "{{ $x := .m }}{{ $x.q }}": 'map has no entry for key "q"',
    "{{ .m.q.r }}": 'map has no entry for key "q"',
    "{{ (.m).k }}": "v",
    '{{ define "d" }}{{ .x }}{{ end }}{{ template "d" }}': 'nil data; no entry for key "x"',
    '{{ tpl "{{ .b }}" . }}': 'map has no entry for key "b"',
    "{{ index .m `q` }}": "",
}


@pytest.mark.parametrize("text", STRICT)
def test_strict_is_gos_missingkey_error(text: str) -> None:
    environment = Environment(strict=True, cache=False)
    environment.parse("t", text)
    try:
        result = environment.render("t", {"a": 1, "m": {"k": "v"}})
    except TemplateError as error:
        result = str(error)
    assert result.endswith(STRICT[text])
