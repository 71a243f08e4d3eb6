"""`steer template`'s options: what is printed and written, and that the straight way and click's agree."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from steersman.cli import quick
from steersman.cli.main import run as full_run

from .conftest import Helm, MakeChart, chart_yaml, packed, told

DOCUMENTS = (
    "kind: ConfigMap\nmetadata: {name: a}\n---\nkind: Secret\nmetadata: {name: b}\n---\n"
    'kind: Pod\nmetadata: {name: c, annotations: {"helm.sh/hook": pre-install}}\n'
)
CHART = {
    "templates/a.yaml": DOCUMENTS,
    "templates/values.yaml": "kind: Values\nvalues: {{ toJson .Values }}\nrelease: {{ toJson .Release }}\n",
    "templates/tests/t.yaml": 'kind: Pod\nmetadata: {name: t, annotations: {"helm.sh/hook": test}}\n',
    "templates/dropped.yaml": 'kind: Pod\nmetadata: {name: d, annotations: {"helm.sh/hook": crd-install}}\n',
    "templates/caps.yaml": "kind: C\nv: {{ .Capabilities.KubeVersion }}\nhas: {{ .Capabilities.APIVersions.Has `x/v1` }}\n",
    "templates/NOTES.txt": "hello",
    "crds/c.yaml": "kind: CustomResourceDefinition\n",
    "charts/sub/Chart.yaml": chart_yaml("sub"),
    "charts/sub/templates/s.yaml": DOCUMENTS,
}

COMMANDS = [
    [],
    ["--include-crds"],
    ["--no-hooks"],
    ["--skip-tests"],
    ["--is-upgrade"],
    ["-n", "other"],
    ["--namespace=other", "--kube-version", "1.30"],
    ["--api-versions", "x/v1,y/v1"],
    ["-a", "x/v1", "-a", "y/v1"],
    ["--set", "a=1,b.c=x", "--set-string", "d=1", "--set-json", "e={}", "--set-literal", "f=a,b=c"],
    ["-s", "templates/a.yaml"],
    ["--show-only=templates/*/*.yaml", "-s", "charts/sub/templates/s.yaml"],
    ["-s", "templates/nothere.yaml"],
    ["--kube-version", "foo"],
    ["--set", "a=b=c,d"],
    ["-f", "/nothere"],
    ["--debug"],
]


@pytest.mark.oracle
@pytest.mark.parametrize("options", COMMANDS, ids=" ".join)
def test_options_as_helm_has_them(
    options: list[str], make_chart: MakeChart, real_helm: Helm, capfd: pytest.CaptureFixture[str]
) -> None:
    words = ["template", "r", str(make_chart(CHART)), *options]
    theirs = real_helm.run(*words)
    for run in (quick.run, full_run):
        code = run(words)
        ours = capfd.readouterr()
        assert (code, ours.out) == (theirs.returncode, theirs.stdout)
        assert told(ours.err) == told(theirs.stderr)


@pytest.mark.oracle
@pytest.mark.parametrize(
    "words",
    [
        ["{chart}"],
        ["--name-template", 'x-{{ "A" | lower }}', "{chart}"],
        ["--name-template", "x{{ nope }}", "{chart}"],
        ["--name-template", "\nx{{ if }}", "{chart}"],
        ["--name-template", "x{{ .a.b }}", "{chart}"],
        ["--name-template", 'x{{ fail "no" }}', "{chart}"],
        ["--name-template", 'x{{ required "need" .a }}', "{chart}"],
        ["--name-template", 'x{{ template "y" }}', "{chart}"],
        ["--name-template", "x{{ 1 | trunc }}", "{chart}"],
        ["--name-template", 'x{{ expandenv "-$HOME" }}', "{chart}"],
        ["A_b", "{chart}"],
        ["a", "{chart}", "c"],
        ["--generate-name", "x", "{chart}"],
        ["--name-template", "x", "y", "{chart}"],
        ["x", "./nothere"],
        ["--dry-run=none", "x", "{chart}"],
        ["--dry-run", "x", "{chart}"],
        ["--skip-crds", "--wait", "--create-namespace", "--timeout", "1s", "x", "{chart}"],
    ],
    ids=" ".join,
)
def test_names_and_charts(
    words: list[str], make_chart: MakeChart, real_helm: Helm, capfd: pytest.CaptureFixture[str]
) -> None:
    chart = str(make_chart(CHART))
    given = ["template", *(word.replace("{chart}", chart) for word in words)]
    theirs = real_helm.run(*given)
    code = full_run(given)
    ours = capfd.readouterr()
    assert (code, ours.out) == (theirs.returncode, theirs.stdout)
    if code:
        assert told(ours.err) == told(theirs.stderr)


@pytest.mark.oracle
@pytest.mark.parametrize("options", [[], ["--include-crds"], ["--release-name"]], ids=" ".join)
def test_output_dir(
    options: list[str], make_chart: MakeChart, real_helm: Helm, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    chart = str(make_chart(CHART))
    theirs = real_helm.run("template", "r", chart, "--output-dir", str(tmp_path / "theirs"), *options)
    for run in (quick.run, full_run):
        assert run(["template", "r", chart, "--output-dir", str(tmp_path / "ours"), *options]) == 0
        assert capfd.readouterr().out.replace("/ours/", "/theirs/") == theirs.stdout
        assert written(tmp_path / "ours") == written(tmp_path / "theirs")


def written(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


BROKEN = {
    "a template that fails": {"templates/a.yaml": "{{ .Values.a.b }}"},
    "a template that does not parse": {"templates/a.yaml": "{{ if }}"},
    "required": {"templates/a.yaml": '{{ required "give x" .Values.x }}'},
    "no YAML": {"templates/a.yaml": "a: [\n"},
    "another Kubernetes": {"Chart.yaml": chart_yaml("c", "kubeVersion: '>=1.99'\n"), "templates/a.yaml": "a: b\n"},
    "a missing dependency": {"Chart.yaml": chart_yaml("c", "dependencies: [{name: x, version: 1}]\n")},
    "a library": {"Chart.yaml": chart_yaml("c", "type: library\n")},
    "a schema": {
        "values.schema.json": '{"required": ["x"], "properties": {"y": {"type": "string"}}}',
        "values.yaml": "y: 1",
    },
}


@pytest.mark.oracle
@pytest.mark.parametrize("case", BROKEN)
@pytest.mark.parametrize("options", [[], ["--debug"]], ids=["", "debug"])
def test_errors_as_helm_words_them(
    case: str, options: list[str], make_chart: MakeChart, real_helm: Helm, capfd: pytest.CaptureFixture[str]
) -> None:
    words = ["template", "r", str(make_chart(BROKEN[case])), *options]
    theirs = real_helm.run(*words)
    code = quick.run(words)
    ours = capfd.readouterr()
    assert (code, ours.out) == (theirs.returncode, theirs.stdout)
    said = (
        theirs.stderr[theirs.stderr.index("Error: ") :]
        .strip()
        .replace("helm dependency build", "steer dependency build")
    )
    assert (
        ours.err.replace("`", "'")
        .replace("helm dependency build", "steer dependency build")
        .startswith(said.splitlines()[0])
    )
    if "schema" not in case:
        assert said.splitlines()[-1] in ours.err.replace("`", "'").replace(
            "helm dependency build", "steer dependency build"
        )


@pytest.mark.oracle
@pytest.mark.parametrize(
    "options",
    [
        [],
        ["--set", "ingress.enabled=true,autoscaling.enabled=true,serviceAccount.create=false"],
        ["--set", "replicaCount=3,podAnnotations.a=b,nodeSelector.x=y,image.tag=v1", "--is-upgrade"],
        ["--set-json", 'httpRoute={"enabled":true}', "--set", "fullnameOverride=other,livenessProbe=null"],
    ],
    ids=range(4),
)
def test_the_chart_that_helm_creates(
    options: list[str], tmp_path: Path, real_helm: Helm, capfd: pytest.CaptureFixture[str]
) -> None:
    chart = tmp_path / "starter"
    assert real_helm.run("create", str(chart)).returncode == 0
    theirs = real_helm.template(chart, *options)
    assert quick.run(["template", "release-name", str(chart), *options]) == 0
    assert capfd.readouterr().out == theirs


WHAT_TEMPLATES_SEE = """\
annotations: [{{ .Chart.Annotations.foo | quote }}, {{ index .Chart.Annotations "x" | quote }}, {{ len .Chart.Annotations }}]
json: '{{ .Chart | toJson }} {{ .Chart.Annotations | toYaml }} {{ omit .Subcharts.sub "Capabilities" | toJson }}'
types: '{{ typeOf .Chart }} {{ typeOf .Chart.Annotations }} {{ typeOf .Values }} {{ typeOf .Files }} {{ typeOf .Template }}
  {{ typeOf .Capabilities }} {{ typeOf .Capabilities.KubeVersion }} {{ typeOf .Capabilities.APIVersions }} {{ typeOf . }}'
capabilities: '{{ .Capabilities.KubeVersion.GitVersion }} {{ toJson .Capabilities }}'
files: '{{ .Files.Get "f.txt" }} {{ .Files.Lines "f.txt" }} {{ .Files.AsSecrets }} {{ (.Files.Glob "*.txt").AsConfig }}'
with: {{ with .Chart.Annotations }}yes{{ else }}no{{ end }}
"""


@pytest.mark.oracle
@pytest.mark.parametrize("annotations", ["", "annotations: {foo: bar}\n", "annotations: {}\n"])
def test_what_templates_see(
    annotations: str, make_chart: MakeChart, real_helm: Helm, capfd: pytest.CaptureFixture[str]
) -> None:
    files = {
        **CHART,
        "Chart.yaml": chart_yaml("c", annotations),
        "templates/see.yaml": WHAT_TEMPLATES_SEE,
        "f.txt": "a\nb\n",
    }
    chart = make_chart(files)
    theirs = real_helm.template(chart)
    assert quick.run(["template", "release-name", str(chart)]) == 0
    assert capfd.readouterr().out == theirs


def test_a_post_renderer(make_chart: MakeChart, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    program = tmp_path / "render"
    program.write_text("#!/bin/sh\nsed 's/name: a/name: changed/'\necho '---'\necho 'kind: Added'\n")
    program.chmod(0o755)
    assert full_run(["template", "r", str(make_chart(CHART)), "--post-renderer", str(program)]) == 0
    out = capfd.readouterr().out
    assert "# Source: c/templates/a.yaml\nkind: ConfigMap\nmetadata:\n  name: changed\n" in out
    assert "kind: Added" in out
    assert "postrender-filename" not in out
    program.write_text("#!/bin/sh\necho broken >&2\nexit 3\n")
    assert full_run(["template", "r", str(make_chart(CHART)), "--post-renderer", str(program)]) == 1
    assert "exit status 3: broken" in capfd.readouterr().err


def test_a_second_run_says_the_same(make_chart: MakeChart, tmp_path: Path) -> None:
    """Cold and warm caches, an edited chart in between, and a cache that somebody broke."""
    chart = make_chart(CHART)
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache")}

    def steer() -> str:
        command = [sys.executable, "-m", "steersman", "template", "r", str(chart)]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout

    cold = steer()
    assert steer() == cold
    (chart / "templates" / "a.yaml").write_text(DOCUMENTS.replace("name: b", "name: edited"))
    warm = steer()
    assert warm != cold
    assert warm.replace("name: edited", "name: b") == cold
    for path in (tmp_path / "cache").rglob("*"):
        if path.is_file():
            path.write_bytes(path.read_bytes()[:-10] + b"0123456789")
    assert "name: edited" in steer()
    assert any((tmp_path / "cache").rglob("*"))


_NEVER = {"click", "rich", "lightkube", "aiohttp", "asyncio", "inspect", "dataclasses", "typing"}
_NOT_AGAIN = {"re", "enum", "functools", "json", "yaml", "tarfile", "steersman.template.parser"}


@pytest.mark.parametrize("slow", [_NEVER, _NEVER | _NOT_AGAIN], ids=["cold", "warm"])
def test_nothing_slow_is_imported(slow: set[str], tmp_path: Path) -> None:
    """`steer template` starts neither a client nor click, and less still when it knows the chart."""
    chart = tmp_path / "c.tgz"
    chart.write_bytes(
        packed(
            {
                "Chart.yaml": chart_yaml("c"),
                "templates/a.yaml": "kind: A\nmetadata:\n  name: {{ .Release.Name | quote }}\n",
            }
        )
    )
    program = (
        "import sys\nbefore = set(sys.modules)\nfrom steersman.cli import quick\n"
        f"assert quick.run(['template', 'r', {str(chart)!r}]) == 0\n"
        f"slow = {slow!r} & (set(sys.modules) - before)\n"
        "assert not slow, slow\n"
    )
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache")}
    if slow > _NEVER:
        command = [sys.executable, "-m", "steersman", "template", "r", str(chart)]
        subprocess.run(command, env=environment, check=True)
    subprocess.run([sys.executable, "-c", program], env=environment, check=True)
