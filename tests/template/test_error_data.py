"""What a TemplateError carries beside its text: place, action, chain of includes, and a way out."""

from __future__ import annotations

import pytest

from steersman.errors import Location, TemplateError
from steersman.template.environment import Environment
from steersman.template.values import GoObject, method

CHAIN = """\
{{- define "outer" }}
  {{- include "inner" . | indent 2 }}
{{- end }}
{{- define "inner" }}
é: {{ .Values.image.tag.name }}
{{- end }}
{{ include "outer" . }}
"""


def error_of(text: str, data: object) -> TemplateError:
    environment = Environment(cache=False)
    with pytest.raises(TemplateError) as caught:
        _run(environment, text, data)
    return caught.value


def _run(environment: Environment, text: str, data: object) -> None:
    environment.parse("chart/templates/a.yaml", text)
    environment.render("chart/templates/a.yaml", data)


def test_the_innermost_place_and_the_chain_to_it() -> None:
    error = error_of(CHAIN, {"Values": {"image": {}}})
    assert error.location == Location("chart/templates/a.yaml", 5, 14)  # in bytes, as Go counts
    assert error.action == ".Values.image.tag.name"
    assert error.chain == (Location("chart/templates/a.yaml", 7, 3), Location("chart/templates/a.yaml", 2, 6))


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("{{ .Values.image.tag.name }}", "`.Values.image.tag` is nil or not set"),
        ("{{ $v := .Values }}{{ $v.image.tag.name }}", "`$v.image.tag` is nil or not set"),
        ("{{ range .Values.list }}{{ .name }}{{ end }}", "The value is nil"),
        ("{{ .Values.text.name }}", "`.Values.text` is a string, which has no field `name`"),
        ("{{ (index .Values.list 1).name }}", "`(index .Values.list 1)` is a number"),
        ("{{ upper .Values.nope }}", "The value is nil; a string is needed here"),
        ("{{ upper .Values.number }}", "Convert it with `toString`"),
    ],
)
def test_the_hint_names_the_value(text: str, hint: str) -> None:
    values = {"image": {}, "list": [None, 2.0], "text": "abc", "number": 3.0}
    assert hint in error_of(text, {"Values": values}).hint


def test_a_place_where_nothing_parses() -> None:
    error = error_of("a\n{{ if }}", {})
    assert error.location == Location("chart/templates/a.yaml", 2)


class Version(GoObject):
    go_type = "test.Version"
    go_fields = {"Major": "major", "Text": "text"}  # noqa: RUF012
    go_methods = {"Bump": method("bump", "int", returns="int"), "String": method("go_string", returns="string")}  # noqa: RUF012
    major = 3
    text = "v3"

    def bump(self, by: int) -> int:
        return self.major + by

    def go_string(self) -> str:
        return "version 3"


OBJECT = {
    "{{ .v }}": "version 3",
    "{{ .v.Major }}{{ .v.Text }}": "3v3",
    "{{ .v.Bump 2 }}{{ 4 | .v.Bump }}": "57",
    "{{ .v.String | upper }}": "VERSION 3",
    '{{ printf "%s|%v|%d|%+v|%T" .v .v .v .v .v }}': "version 3|version 3|{3 %!d(string=v3)}|version 3|test.Version",
    "{{ with .v }}{{ .Major }}{{ end }}{{ $x := .v }}{{ $x.Bump 1 }}": "34",
    "{{ .v.Bump }}": "wrong number of args for Bump: want 1 got 0",
    '{{ .v.Bump "x" }}': 'expected integer; found "x"',
    "{{ .v.Nope }}": "can't evaluate field Nope in type interface {}",
    "{{ $x := .v }}{{ $x.Nope }}": "can't evaluate field Nope in type test.Version",
    "{{ .v.Major 1 }}": "Major has arguments but cannot be invoked as function",
}


@pytest.mark.parametrize("text", OBJECT)
def test_objects_with_fields_and_methods(text: str) -> None:
    environment = Environment(cache=False)
    environment.parse("t", text)
    try:
        result = environment.render("t", {"v": Version()})
    except TemplateError as error:
        result = str(error)
    assert result.endswith(OBJECT[text])
