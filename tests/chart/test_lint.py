"""`steer lint` says what `helm lint` says, word for word."""

from __future__ import annotations

from pathlib import Path

import pytest

from steersman.cli.main import run

from .conftest import Files, Helm, MakeChart, chart_yaml, told

GOOD = {"Chart.yaml": chart_yaml("c", "icon: https://example.com/i.png\n"), "values.yaml": "a: 1\n"}

KINDS = """\
 kind: Foo
 metadata: {name: A_b}
---
kind: Deployment
metadata: {name: x}
---
kind: Service
metadata: {name: 9a.b}
---
kind: Role
metadata: {name: "a/b%c"}
---
kind: Namespace
metadata: {name: "a.b"}
---
kind: ServiceAccount
metadata: {}
---
apiVersion: extensions/v1beta1
kind: Ingress
metadata: {name: a}
---
apiVersion: v1
kind: Endpoints
metadata: {name: a}
---
kind: List
metadata: {name: a}
items: [{metadata: {annotations: {helm.sh/resource-policy: keep}}}]
"""

LIST = """\
kind: List
metadata: {name: a}
items: [{metadata: {annotations: {helm.sh/resource-policy: keep}}}]
"""

CASES: dict[str, Files] = {
    "nothing to say": {**GOOD, "templates/a.yaml": "kind: A\nmetadata: {name: a}\n"},
    "no icon, no values, no templates": {"Chart.yaml": chart_yaml("c")},
    "a bad Chart.yaml": {
        "Chart.yaml": (
            "apiVersion: v1\nname: c\nversion: 1.0\nappVersion: 2\ntype: application\nicon: foo\nextra: x\n"
            "maintainers: [{name: a, email: bad}, {name: b, url: 'bad url'}]\nsources: [nope]\ndependencies: [{name: x}]\n"
        ),
        "values.yaml": "a: b\n",
        "templates/a.yaml": "a: b\n",
    },
    "a key twice": {
        "Chart.yaml": "apiVersion: v2\nname: b\nversion: 1.0.0\nname: c\nicon: http://a/b\n",
        "values.yaml": "",
    },
    "no version": {"Chart.yaml": "apiVersion: v2\nname: c\n", "templates/a.yaml": "a: b\n"},
    "broken YAML": {"Chart.yaml": "a: [\n"},
    "broken values": {**GOOD, "values.yaml": "a: [\n", "templates/a.yaml": "a: b\n"},
    "values that are no table": {**GOOD, "values.yaml": "text", "templates/a.yaml": "a: b\n"},
    "kinds and names": {
        **GOOD,
        "templates/a.yaml": KINDS,
        "templates/l.yaml": LIST,
        "templates/b.foo": "x",
        "templates/NOTES.txt": "x",
    },
    "a template that gives no YAML": {**GOOD, "templates/a.yaml": "a: [\n", "templates/b.yaml": " kind: x\n"},
    "required and fail": {
        **GOOD,
        "templates/a.yaml": '{{ required "x" .Values.q }}{{ required "y" "" }}{{ fail "x" }}\n',
    },
    "an apiVersion of nobody's": {**GOOD, "Chart.yaml": "apiVersion: v9\nname: c\nversion: 1.0.0\n"},
    "for another Kubernetes": {
        **GOOD,
        "Chart.yaml": chart_yaml("c", "kubeVersion: '>=99'\n"),
        "templates/a.yaml": "a: b\n",
    },
    "a long name": {**GOOD, "templates/a.yaml": f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {'x' * 300}}}\n"},
    "a long name of a Service": {
        **GOOD,
        "templates/a.yaml": f"apiVersion: v1\nkind: Service\nmetadata: {{name: {'x' * 64}}}\n",
    },
    **{
        f"a schema that is no JSON: {text}": {**GOOD, "values.schema.json": text}
        for text in ("{", '{"a": x}', '{"a": 1,}', "nul", "{} x", '{"a" 1}', "[01]")
    },
    "a template that fails": {**GOOD, "templates/a.yaml": "{{ .Values.a.b.c }}"},
    "a template that does not parse": {**GOOD, "templates/a.yaml": "{{ if }}"},
    "dependencies": {
        **GOOD,
        "Chart.yaml": chart_yaml(
            "c", "icon: http://a/b\ndependencies: [{name: sub, version: 1.0.0}, {name: gone, version: 1}]\n"
        ),
        "charts/sub/Chart.yaml": chart_yaml("sub"),
        "charts/other/Chart.yaml": chart_yaml("other"),
        "templates/a.yaml": "a: b\n",
    },
    "CRDs": {
        **GOOD,
        "templates/a.yaml": "a: b\n",
        "crds/a.yaml": "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\n---\nkind: Other\n",
        "crds/b.yaml": "a: [",
    },
}


def same(words: list[str], helm: Helm, capfd: pytest.CaptureFixture[str]) -> None:
    theirs = helm.run(*words)
    code = run(words)
    ours = capfd.readouterr()
    assert ours.out == theirs.stdout
    assert code == theirs.returncode
    assert told(ours.err) == told(theirs.stderr)


@pytest.mark.oracle
@pytest.mark.parametrize("case", CASES)
def test_lint_says_what_helm_says(
    case: str, make_chart: MakeChart, real_helm: Helm, capfd: pytest.CaptureFixture[str]
) -> None:
    same(["lint", str(make_chart(CASES[case]))], real_helm, capfd)


@pytest.mark.oracle
@pytest.mark.parametrize(
    "options",
    [
        ["--strict"],
        ["--quiet"],
        ["--with-subcharts"],
        ["--kube-version", "1.15"],
        ["--set", "a.b=1"],
        ["--strict", "--quiet"],
    ],
)
def test_options(options: list[str], make_chart: MakeChart, real_helm: Helm, capfd: pytest.CaptureFixture[str]) -> None:
    same(["lint", str(make_chart({**CASES["kinds and names"], **CASES["dependencies"]})), *options], real_helm, capfd)


@pytest.mark.oracle
def test_what_is_no_chart(tmp_path: Path, real_helm: Helm, capfd: pytest.CaptureFixture[str]) -> None:
    same(["lint", str(tmp_path / "nothere")], real_helm, capfd)


@pytest.mark.oracle
def test_a_schema(make_chart: MakeChart, real_helm: Helm, capfd: pytest.CaptureFixture[str]) -> None:
    schema = '{"properties": {"a": {"type": "string"}}}'
    chart = make_chart({**GOOD, "values.schema.json": schema, "templates/a.yaml": "a: b\n"})
    same(["lint", str(chart)], real_helm, capfd)
    same(["lint", str(chart), "--skip-schema-validation"], real_helm, capfd)
    same(["lint", str(chart), "--set-string", "a=x"], real_helm, capfd)


@pytest.mark.oracle
def test_every_deprecation_that_helm_knows(
    make_chart: MakeChart, real_helm: Helm, capfd: pytest.CaptureFixture[str]
) -> None:
    from steersman.chart.lint import deprecations

    kinds = sorted({(version, kind) for version, kind in deprecations._table()})
    text = "".join(
        f"---\napiVersion: {version}\nkind: {kind}\nmetadata: {{name: a}}\n# matchLabels\n" for version, kind in kinds
    )
    chart = make_chart({**GOOD, "templates/a.yaml": text})
    for version in ("1.10", "1.22", "1.37", "1.99"):
        same(["lint", str(chart), "--kube-version", version], real_helm, capfd)
