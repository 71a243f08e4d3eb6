"""What is told beside the output, line for line as helm logs it."""

from __future__ import annotations

from pathlib import Path

import pytest

from steersman.chart.notice import notice
from steersman.cli.main import run

from .conftest import SHOW_VALUES, Files, Helm, MakeChart, chart_yaml, told

_DEPENDS = "dependencies:\n- name: s\n  version: 1.0.0\n"
_SUB = {"charts/s/Chart.yaml": chart_yaml("s"), "templates/a.yaml": SHOW_VALUES}


def _with_sub(values: str, sub: str = "", depends: str = _DEPENDS) -> Files:
    return {
        **_SUB,
        "Chart.yaml": chart_yaml("c", depends),
        "values.yaml": values,
        "charts/s/values.yaml": sub,
    }


CASES: dict[str, tuple[Files, list[str]]] = {
    "deprecated": ({"Chart.yaml": chart_yaml("c", "deprecated: true\n")}, []),
    "requirements of old": (
        {**_SUB, "requirements.yaml": _DEPENDS, "requirements.lock": "dependencies: []\ndigest: x\n"},
        [],
    ),
    "tags, conditions, imports": (
        _with_sub(
            "tags: {t: 'yes', u: 1}\ns: {enabled: x, y: {a: 1}}\n",
            depends=_DEPENDS
            + "  tags: [t, u]\n  condition: s.enabled,s.y,s.z\n  import-values: [nope, {child: x.y, parent: z}]\n",
        ),
        [],
    ),
    "a global that is no table": (
        _with_sub("global: 5\ns: {global: {a: 1}, k: 1, t: {a: 1}}\n", "global: {a: {x: 1}}\nk: {a: 1}\nt: 5\n"),
        [],
    ),
    "globals of other kinds": (
        _with_sub(
            "global: {a: {b: 1}, c: 5, d: {e: 5}}\ns: {global: {a: 5, c: {x: 1}, d: {e: {x: 1}}}}\n", "global: 7\n"
        ),
        [],
    ),
    "values of a subchart that are no table": (_with_sub("s: 5\n"), []),
    "over a table, under a table": (
        {"values.yaml": "a: {b: {c: 1}}\nd: 5\ne: {f: {h: 1}}\ng: [1]\n", "templates/a.yaml": SHOW_VALUES},
        ["--set", "a.b=5,d.x=1,e.f=1,g.x=1"],
    ),
    "hooks of other kinds": (
        {
            "templates/a.yaml": "kind: A\nmetadata: {annotations: {helm.sh/hook: 'crd-install, foo,pre-install'}}\n---\n"
            "kind: A\nmetadata: {annotations: {helm.sh/hook: 'say \"x\"'}}\n"
        },
        [],
    ),
}


@pytest.mark.oracle
@pytest.mark.parametrize("case", CASES)
def test_notices(case: str, make_chart: MakeChart, real_helm: Helm, capfd: pytest.CaptureFixture[str]) -> None:
    files, options = CASES[case]
    words = ["template", "r", str(make_chart(files)), *options]
    theirs = real_helm.run(*words)
    code = run(words)
    ours = capfd.readouterr()
    assert (code, ours.out) == (theirs.returncode, theirs.stdout)
    assert told(ours.err) == told(theirs.stderr)
    assert told(theirs.stderr)[0]


@pytest.mark.oracle
@pytest.mark.parametrize("command", ["template", "lint", "package"])
def test_links_are_told_of(
    command: str, tmp_path: Path, make_chart: MakeChart, real_helm: Helm, capfd: pytest.CaptureFixture[str]
) -> None:
    chart = make_chart({"templates/a.yaml": SHOW_VALUES, "one": "1"})
    (tmp_path / "elsewhere").mkdir()
    (chart / "folder").symlink_to(tmp_path / "elsewhere")
    (chart / "file").symlink_to("one")
    words = [command, str(chart), *(["-d", str(tmp_path)] if command == "package" else [])]
    theirs = real_helm.run(*words)
    run(words)
    assert told(capfd.readouterr().err) == told(theirs.stderr)


@pytest.mark.parametrize(
    ("value", "shown"),
    [("a", "a"), ("", '""'), ("a b", '"a b"'), ('a"b', '"a\\"b"'), ("a=b", '"a=b"'), ("é", "é"), ("\n", '"\\n"')],
)
def test_values_are_quoted_where_needed(value: str, shown: str) -> None:
    assert notice("m", of=value) == f"level=WARN msg=m of={shown}"
