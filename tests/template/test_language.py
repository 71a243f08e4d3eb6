"""The language, feature by feature: each snippet gives what helm gives."""

from __future__ import annotations

from pathlib import Path

import pytest

from .helm_oracle import PROBE_VALUES, helm_renders, steersman_renders

SNIPPETS = {
    "comparison": [
        (
            '{{ eq 1 1 }}{{ eq 1 2 1 }}{{ eq "a" "a" }}{{ ne 1 2 }}{{ lt 1 2 }}{{ le 2 2 }}{{ gt 3 2 }}'
            '{{ ge 3 3 }}{{ eq .Values.i 3.0 }}{{ lt 1.5 2.5 }}{{ lt "a" "b" }}{{ eq .Values.z nil }}'
            '{{ eq nil nil }}{{ eq .Values.z "a" }}{{ eq "a" .Values.z }}{{ ne .Values.z "a" }}'
            "{{ eq .Values.t true }}{{ eq (int64 3) 3 }}{{ eq 3 (int64 3) }}{{ lt (int64 3) 4 }}"
            "{{ eq .Values.missing .Values.z }}{{ eq 'a' 97 }}"
        ),
        (
            "{{ eq .Values.m nil }}{{ eq nil .Values.m }}{{ eq .Values.l .Values.z }}"
            '{{ eq "x" "y" .Values.z "x" }}{{ eq 1i 1i }}'
        ),
        "{{ if and (eq 1 1) (or false true) }}ok{{ end }}{{ if (and true (not false)) }}ok2{{ end }}",
        (
            '{{ not (eq 1 2) }}{{ (eq 1 1) | not }}{{ eq (len "a") 1 }}{{ lt (len .Values.l) 5 }}'
            "{{ gt (int .Values.i) 2 }}"
        ),
        '{{ if eq 1 2 }}a{{ else if eq 1 3 }}b{{ else if eq 1 1 }}{{ $q := "c" }}{{ $q }}{{ else }}d{{ end }}',
        '{{ eq .Values.s .Values.s "zz" }}{{ ne .Values.s "str" }}{{ eq "str" .Values.s }}{{ ne "a" .Values.z }}',
    ],
    "conditions": [
        (
            "{{ with .Values.m }}{{ .a }}{{ end }}{{ with .Values.em }}x{{ else }}e{{ end }}"
            "{{ with .Values.z }}x{{ else with .Values.s }}s={{ . }}{{ else }}y{{ end }}"
            "{{ with $x := .Values.s }}{{ $x }}{{ . }}{{ end }}"
        ),
        "{{ $x := .Values }}{{ $x.s }}{{ with $x }}{{ $x.s }}{{ $.Values.s }}{{ .s }}{{ end }}",
        (
            "{{ with 0 }}x{{ else }}zero{{ end }}{{ with 0.0 }}x{{ else }}zero{{ end }}"
            '{{ with "" }}x{{ else }}e{{ end }}{{ if .Values.el }}x{{ else }}e{{ end }}'
            '{{ if .Values.em }}x{{ else }}e{{ end }}{{ if (dict "a" 1) }}d{{ end }}{{ if .Release }}r{{ end }}'
            "{{ if (int64 0) }}x{{ else }}0{{ end }}"
        ),
        (
            '{{ $v := "x" }}{{ if $v := "y" }}{{ $v }}{{ end }}{{ $v }}{{ with $v := "w" }}{{ $v }}{{ else }}'
            "{{ end }}{{ $v }}"
        ),
        "{{ with .Values.deep.a }}{{ with .b }}{{ .c }}{{ $.Values.s }}{{ end }}{{ .b.c }}{{ end }}",
        "{{ with $x := 5 }}{{ $x = 6 }}{{ $x }}{{ . }}{{ end }}",
    ],
    "escaping": [
        (
            '{{ html .Values.html }}|{{ html 1 "a" nil .Values.l }}|{{ js .Values.html }}'
            '|{{ js "a=b\\n\\u2028é\'\\\\" }}|{{ urlquery "a b&c=é/+~" }}|{{ urlquery 1 2 }}'
            '|{{ html .Values.z }}|{{ js nil }}|{{ urlquery .Values.missing "x" }}'
        ),
    ],
    "logic": [
        (
            "{{ if .Values.t }}a{{ else }}b{{ end }}"
            "{{ if .Values.no }}a{{ else if .Values.s }}c{{ else }}b{{ end }}{{ if not .Values.z }}n{{ end }}"
        ),
        (
            '{{ and 1 0 2 }}|{{ and 1 2 }}|{{ or 0 "" nil "x" }}|{{ or 0 "" }}|{{ not 1 }}|{{ not nil }}'
            '|{{ and .Values.z .Values.z.x }}|{{ or .Values.t .Values.z.x }}|{{ 5 | and 1 }}|{{ 0 | or "" }}'
        ),
        '{{ "{{ not parsed }}" }}{{ `{{ raw }}` }}',
    ],
    "numbers": [
        (
            "{{ 1 }}{{ -1 }}{{ 1.5 }}{{ 1e3 }}{{ 0x10 }}{{ 0b11 }}{{ 0o17 }}{{ 017 }}{{ 1_000 }}{{ 'a' }}"
            "{{ '\\n' }}{{ '\\x41' }}{{ '\\u00e9' }}{{ \"a\\tb\\\"\\u00e9\\x41\\101\" }}{{ `raw\\n` }}"
            "{{ true }}{{ 1.0 }}{{ 1e-7 }}{{ .5 }}{{ +3 }}{{ 1i }}{{ 2+3i }}{{ 0x1p4 }}{{ 1e20 }}{{ -0 }}"
            "{{ -0.0 }}"
        ),
        "{{ 9223372036854775807 }}|{{ 1e18 }}|{{ 100000.0 }}|{{ 123456789.0 }}|{{ 1.0e6 }}|{{ 0.1 }}|{{ 3.0 }}",
        '{{ 1 | print 2 }}{{ 1 | print | print "a" }}{{ print 1 2 | print 3 }}',
    ],
    "parts": [
        (
            '{{ len "héllo" }}{{ len .Values.l }}{{ len .Values.m }}{{ len "" }}{{ index .Values.l 1 }}'
            '{{ index .Values.m "a" }}{{ index .Values.m "zz" }}{{ index .Values.deep "a" "b" "c" }}'
            '{{ index .Values.lm 1 "name" }}{{ index "abc" 1 }}{{ index .Values.l }}'
            "{{ index .Values.l (int64 1) }}"
        ),
        (
            '{{ .Release.Name }}{{ .Release.IsInstall }}{{ .Release.Revision | printf "%T" }}'
            '{{ .Template.Name | len | printf "%T" }}{{ .Release.Nope }}'
        ),
        "{{ index .Values.ls 0 | upper }}{{ (index .Values.lm 0).name }}{{ (index .Values.lm 0).nope }}",
        "{{ .Values.u | upper }}{{ .Values.u | len }}{{ .Values.u | trunc 3 }}",
        '{{ index .Values.ls 0 }}{{ index "é" 0 }}{{ index "héllo" 1 }}{{ slice .Values.ls 1 2 }}',
        '{{ index (dict "a" (list 1 2)) "a" 1 }}',
        '{{ len (until 3) }}{{ len (dict) }}{{ index (split "," "a,b") "_1" }}{{ (split "," "a,b")._9 | quote }}',
    ],
    "pipelines": [
        (
            '{{ print }}{{ print 1 2 "a" "b" 3 }}|{{ print nil }}|{{ print .Values.z }}|{{ println 1 "a" nil }}'
            '|{{ print .Values.l .Values.m }}|{{ print "a" 1 2 "b" }}|{{ print true false }}'
        ),
        (
            "{{ .Values.missing }}|{{ .Values.i }}|{{ .Values.f }}|{{ .Values.big }}|{{ .Values.e }}"
            "|{{ .Values.l }}|{{ .Values.m }}|{{ .Values.t }}"
        ),
        (
            '{{ .Values.s | default "d" }}|{{ .Values.z | default "d" }}|{{ default 5 .Values.empty }}'
            "|{{ default .Values.s .Values.z }}|{{ .Values.no | default true }}|{{ 0 | default 7 }}"
            '|{{ default "x" }}'
        ),
        (
            '{{ dict "a" 1 "b" (list 1 2) }}|{{ list }}|{{ dict }}|{{ (dict "a" .Values.z).a }}'
            '|{{ (list 1 2 | first) }}|{{ dict .Values.s 1 }}|{{ dict "a" }}'
        ),
        (
            '{{ ternary "a" "b" true }}{{ true | ternary "a" "b" }}{{ hasKey .Values "s" }}'
            '{{ get .Values.m "a" }}{{ get .Values.m "nope" }}{{ .Values.s | trunc 2 }}'
            '{{ .Values.ls | join "," }}'
        ),
        '{{ "a" }}{{"b"}}{{ "c"}}{{"d" }}{{ `e\nf` }}',
    ],
    "printf": [
        (
            '{{ printf "%[2]s %[1]s" "a" "b" }}|{{ printf "%[3]s" "a" }}|{{ printf "%[1]*d" 5 3 }}'
            '|{{ printf "%*d" 5 3 }}|{{ printf "%-*d|" 5 3 }}|{{ printf "%.*f" 2 3.14159 }}'
            '|{{ printf "%[5]d" 1 }}|{{ printf "%[x]d" 1 }}|{{ printf "%[1" 1 }}|{{ printf "%" }}'
            '|{{ printf "%d" }}|{{ printf "a" 1 "b" nil }}'
        ),
        (
            '{{ printf "%*d" "x" 3 }}|{{ printf "%[2]*.[1]*f" 2 8 3.14 }}|{{ printf "%[1]d %d %[1]d" 1 2 }}'
            '|{{ printf "%6.2f%%" 12.0 }}|{{ printf "%-010d|" 5 }}|{{ printf "%1000001d" 5 | len }}'
        ),
        (
            '{{ "abc" | printf "%s-%s" "x" }}|{{ .Values.s | printf "%v" | len }}|{{ print (print 1) }}'
            '|{{ "a" | eq "a" }}|{{ printf "%s" .Values.s | upper | lower }}'
        ),
        (
            '{{ printf "%v %v" (eq "a" "b") (.Values.l) }}{{ printf "%s" (printf "%d" 3) }}'
            '{{ (printf "%d" 3) }}{{ ((1)) }}{{ (.Values.s | upper) | lower }}'
        ),
        (
            '{{ .Values.i | int }}{{ .Values.i | int64 | printf "%T" }}{{ add 1 2 | printf "%T" }}'
            '{{ len "a" | printf "%T" }}{{ .Values.i | printf "%T" }}'
        ),
        (
            '{{ printf "%s %s" "a" .Values.z }}{{ printf "%d" .Values.i }}{{ printf "%s" .Values.l }}'
            r'{{ printf "%v" .Values.z }}{{ printf "a%%b" }}{{ printf "%s%%" "x" }}{{ printf "é%s\n" "x" }}'
            '{{ printf "it\'s %q \\"%s\\"" "a" "b" }}'
        ),
    ],
    "range": [
        (
            "{{ range .Values.l }}[{{ . }}]{{ end }}{{ range .Values.el }}x{{ else }}none{{ end }}"
            "{{ range .Values.m }}({{ . }}){{ end }}{{ range $k, $v := .Values.m }}{{ $k }}={{ $v }};{{ end }}"
            "{{ range $i, $e := .Values.ls }}{{ $i }}{{ $e }}{{ end }}{{ range $e := .Values.ls }}{{ $e }}"
            "{{ end }}"
        ),
        (
            '{{ range 3 }}{{ . }}{{ printf "%T" . }}{{ end }}{{ range $i := 2 }}{{ $i }}{{ end }}'
            "{{ range .Values.z }}x{{ else }}nil{{ end }}{{ range .Values.missing }}x{{ else }}nil{{ end }}"
            '{{ range 0 }}x{{ else }}zero{{ end }}{{ range int64 2 }}{{ printf "%T" . }}{{ end }}'
            "{{ range -1 }}x{{ else }}neg{{ end }}"
        ),
        (
            '{{ range .Values.ls }}{{ if eq . "b" }}{{ continue }}{{ end }}{{ . }}{{ end }}'
            '{{ range .Values.ls }}{{ if eq . "b" }}{{ break }}{{ end }}{{ . }}{{ end }}'
        ),
        (
            "{{ $x := 1 }}{{ if true }}{{ $x = 2 }}{{ $x := 3 }}{{ $x }}{{ end }}{{ $x }}{{ range .Values.ls }}"
            "{{ $x = . }}{{ end }}{{ $x }}"
        ),
        "{{ $i := 9 }}{{ $v := 8 }}{{ range $i, $v = .Values.ls }}{{ $i }}{{ $v }}{{ end }}{{ $i }}{{ $v }}",
        (
            "{{ $v := 8 }}{{ range $v = .Values.ls }}{{ $v }}{{ end }}{{ $v }}{{ range $v = .Values.el }}"
            "{{ $v }}{{ else }}{{ $v }}{{ end }}"
        ),
        "{{ range $i, $v := .Values.el }}{{ else }}{{ $i }}{{ $v }}{{ end }}",
        (
            "{{ range $i, $x := .Values.lm }}{{ $x.name }}{{ .v }}{{ $i }}{{ with .name }}{{ $x.v }}{{ . }}"
            "{{ end }}{{ end }}"
        ),
        ('{{ range $k, $v := dict "z" 1 "a" 2 "M" 3 }}{{ $k }}{{ $v }}{{ end }}{{ range tuple 1 2 }}{{ . }}{{ end }}'),
        "{{- range $i := until 3 }}\n- {{ $i }}\n{{- end }}",
        (
            '{{ $m := dict }}{{ $_ := set $m "a" 1 }}{{ $m }}{{ $m.a }}{{ range $k, $v := $m }}{{ $k }}'
            "{{ end }}{{ $_.a }}"
        ),
        (
            "{{ range .Values.ls }}{{ $outer := . }}{{ range $.Values.ls }}{{ $outer }}"
            '{{ . }} {{ if eq . "b" }}{{ break }}{{ end }}{{ end }}{{ end }}'
        ),
        "{{ range $i, $_ := .Values.ls }}{{ $i }}{{ end }}{{ range $_, $v := .Values.m }}{{ $v }}{{ end }}",
        '{{ range $x := list (dict "a" 1) (dict "a" 2) }}{{ .a }}{{ $x.a }}{{ end }}',
        "{{ $list := list 3 1 2 }}{{ range $i, $e := $list }}{{ if $i }}, {{ end }}{{ $e }}{{ end }}",
        '{{ $s := "x" }}{{ range 3 }}{{ $s = printf "%s%d" $s . }}{{ end }}{{ $s }}',
        (
            "{{ range $i, $x := until 3 }}{{ if eq $i 1 }}{{ continue }}{{ else }}{{ $i }}{{ end }}"
            "{{ else }}never{{ end }}"
        ),
        "{{ range .Values.lm }}{{ range $k, $v := . }}{{ $k }}{{ $v }}{{ end }}{{ end }}",
        '{{ range list nil 0 "" false }}[{{ . }}]{{ end }}',
        "{{ range $x := .Values.lm }}{{ $x = 5 }}{{ $x }}{{ end }}",
        '{{ range b64enc "x" | list }}{{ . }}{{ end }}',
        '{{ range (dict "é" 1 "z" 2 "Z" 3 "10" 4 "9" 5) }}{{ . }}{{ end }}',
    ],
    "templates": [
        (
            '{{ define "a" }}<{{ . }}>{{ end }}{{ template "a" 1 }}{{ template "a" }}'
            '{{ template "a" .Values.s }}{{ include "a" "x" }}{{ include "a" nil }}{{ include "a" .Values.z }}'
            '{{ block "b" .Values.s }}blk{{ . }}{{ end }}'
        ),
        (
            '{{ define "n" }}{{ .a }}|{{ .a.b }}|{{ $.a }}{{ end }}{{ template "n" }}{{ include "n" nil }}'
            '{{ include "n" .Values.z }}'
        ),
        (
            '{{ tpl "{{ .Values.s }}" . }}|{{ tpl "{{ .a }}-{{ .b }}" (dict "a" 1 "b" nil) }}'
            r'|{{ tpl "plain" . }}|{{ tpl "{{ define \"q\" }}Q{{ . }}{{ end }}{{ include \"q\" 1 }}" . }}'
            r'|{{ tpl "{{ tpl \"{{ .Values.s }}\" . }}" . }}|{{ tpl "<no value>x{{ .Values.z }}" . | len }}'
            '|{{ tpl "" . }}|{{ tpl "  " . | len }}'
        ),
        (
            r'{{ define "over" }}outer{{ end }}{{ tpl "{{ define \"over\" }}inner{{ end }}'
            r'{{ include \"over\" . }}" . }}{{ include "over" . }}{{ define "usesover" }}{{ include "over" . }}'
            r'{{ end }}{{ tpl "{{ define \"over\" }}inner{{ end }}{{ include \"usesover\" . }}" . }}'
            r'{{ tpl "{{ define \"over\" }} {{ end }}{{ include \"usesover\" . }}" . }}'
        ),
        '{{ define "one" }}1{{ end }}{{ define "one" }}  {{ end }}{{ include "one" . }}',
        '{{ define "two" }}  {{ end }}{{ define "two" }}2{{ end }}{{ include "two" . }}',
        '{{ define "zz2" }}{{ .Values.z }}{{ end }}{{ len (include "zz2" .) }}{{ include "zz2" . | quote }}',
        '{{ define "zz3" }}{{ .Values.z }}{{ end }}{{ len (include "zz3" .) }}{{ include "zz3" . | quote }}',
        '{{ $x := 5 }}{{ define "noscope" }}{{ $ }}{{ end }}{{ template "noscope" $x }}',
    ],
    "trimming": [
        'a {{- 1 -}} b|a {{- /* c */ -}} b|{{/* c */}}|{{- "x" }} y {{ "z" -}}   w',
        "{{/* multi\nline */}}x{{- /* a */}} y {{/* b */ -}}   z",
        '\n  {{- "a" -}}  \n b',
        "x {{- /* c */ -}} y",
        "a\n\n{{- if true }}\nb\n{{- end }}\n\nc\n",
        '{{ "a" -}}\n\t {{- "b" }}',
        '{{- "" -}}',
        "\r\n{{- 1 }}\r\n",
        'a {{ "-" }} b {{- -1 }}',
        "{{ -3}}",
        'a\n{{- define "trimmed" }}\n x\n{{- end }}\nb{{ include "trimmed" . }}',
        '{{"x" -}}\x0b{{- "y"}}',
    ],
    "variables": [
        (
            "{{ (.Values.z).x }}|{{ ((.Values.z).x).y }}|{{ (.Values.m).a }}|{{ ((.Values.deep).a).b.c }}"
            "|{{ (.Values.nope).a.b.c }}|{{ $z := .Values.z }}{{ $z.a }}|{{ $z.a.b }}"
        ),
        '{{ $ := 5 }}{{ $ }}|{{ . | printf "%T" }}',
        "{{ $a := 1 }}{{ $b := $a }}{{ $a = 2 }}{{ $a }}{{ $b }}{{ $l := list 1 }}{{ $l = append $l 2 }}{{ $l }}",
        "{{ $x := 1 }}{{ range 2 }}{{ $x = add $x 1 }}{{ end }}{{ $x }}",
        '{{ $x := dict "a" 1 }}{{ with $x }}{{ .a }}{{ end }}{{ $x.a }}{{ ($x).a }}',
        '{{ $x := "" }}{{ if not $x }}{{ $x = "set" }}{{ end }}{{ $x }}',
        '{{ define "$" }}{{ $ = 7 }}{{ $ }}{{ . }}{{ end }}{{ include "$" 3 }}',
    ],
}

SNIPPETS["methods of Values"] = [
    "{{ .Values.AsMap.s }}{{ printf `%T` .Values.AsMap }}{{ .Template.AsMap.BasePath }}{{ .AsMap.Release.Name }}",
    '{{ (.Values.Table "deep").YAML }}',
    '{{ (.Values.Table "m").a }}{{ "deep.a" | .Values.Table }}{{ printf "%T" (.Values.Table "m") }}',
    '{{ .Values.PathValue "deep.a.b.c" }}{{ .Values.PathValue "s" }}',
    "{{ printf `%T %T` .Values.deep .Values }}{{ .Release.AsMap }}",
]


@pytest.mark.oracle
@pytest.mark.parametrize("feature", SNIPPETS)
def test_renders_as_helm(helm: Path, tmp_path: Path, feature: str) -> None:
    snippets = SNIPPETS[feature]
    expected = helm_renders(helm, tmp_path, snippets, PROBE_VALUES)
    actual = [steersman_renders(snippet, PROBE_VALUES) for snippet in snippets]
    assert dict(zip(snippets, actual, strict=True)) == dict(zip(snippets, expected, strict=True))
