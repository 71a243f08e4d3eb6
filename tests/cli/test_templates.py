"""`get all --template` and `version --template` beside helm's, without its hints' place being taken."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import Steer

RELEASE = r"""
{{.Release.Name}}
{{.Release.Info}}
{{.Release.Info.Status}} {{.Release.Info.LastDeployed}} {{.Release.Info.LastDeployed.Unix}}
{{.Release.Info.RollbackRevision}} {{.Release.Info.Deleted}} {{.Release.Info.FirstDeployed.Format "2006"}}
{{.Release.Info.Notes}}
{{.Release.Chart.Metadata.Name}} {{.Release.Chart.Name}} {{.Release.Chart.Metadata.Version}} {{.Release.Chart.Metadata}}
{{.Release.Chart.AppVersion}}{{.Release.Chart.IsRoot}}{{.Release.Chart.ChartFullPath}} {{.Release.Chart.Values}}
{{range .Release.Chart.Templates}}{{.Name}} {{.ModTime}} {{len .Data}} {{printf "%T" .}};{{end}}
{{.Release.Config}} {{.Release.Config.a}} {{.Release.Config.b.c}}
{{range .Release.Hooks}}{{.}} {{.Name}} {{.Kind}} {{.Path}} {{.Weight}} {{.Events}} {{.DeletePolicies}} {{.LastRun}};{{end}}
{{.Release.Version}} {{.Release.Namespace}} {{.Release.Labels}} {{index .Release.Labels "x"}} {{.Release.ApplyMethod}}
{{.Release.Manifest}}
{{len .Release.Manifest}}{{if .Release.Hooks}}hooks{{end}}
{{.Release.Nope}}
{{.Release.Info.Nope}}
{{.Release.Info.LastDeployed.Nope}}
{{.Release.Name | upper}}
{{
{{template "x"}}
{{index .Release.Labels}}
{{fail "no"}}
""".strip().split("\n")
VERSION = ["{{.Version}}", '{{.}} {{printf "%q" .GitCommit}}', "{{.GoVersion}}", "{{.Version | upper}}", "{{.Nope}}"]
FILES = {
    "templates/NOTES.txt": "well\n",
    "templates/a.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n",
    "templates/hook.yaml": """apiVersion: v1
kind: ConfigMap
metadata: {name: h, annotations: {helm.sh/hook: "pre-install,test", helm.sh/hook-weight: "3"}}
""",
}


def told(code: int, out: str, err: str) -> str:
    """The output, or the error without a hint of ours."""
    return out if code == 0 else err.split("\n")[0]


@pytest.mark.embedded
@pytest.mark.oracle
def test_get_all(on_cluster: Steer, chart: Callable[..., Path], helm: Path) -> None:
    made = on_cluster("install", "a", str(chart(FILES)), "--set", "a=1,b.c=x", "--labels", "x=y", "-o", "yaml")
    namespace = next(line for line in made.out.split("\n") if line.startswith("namespace: ")).partition(": ")[2]
    for template in RELEASE:
        words = ("get", "all", "a", "--template", template)
        theirs = subprocess.run([helm, *words, "-n", namespace], capture_output=True, text=True)
        ours = on_cluster(*words)
        assert told(ours.code, ours.out, ours.err) == told(theirs.returncode, theirs.stdout, theirs.stderr), template
        assert ours.code == theirs.returncode


@pytest.mark.oracle
@pytest.mark.parametrize("template", VERSION)
def test_version(template: str, steer: Steer, helm: Path) -> None:
    theirs = subprocess.run([helm, "version", "--template", template], capture_output=True, text=True)
    ours = steer("version", "--template", template)
    assert told(ours.code, ours.out, ours.err) == told(theirs.returncode, theirs.stdout, theirs.stderr)
