"""What is reviewed of a chart, a manifest and a record, and which template line it came from."""

from __future__ import annotations

from pathlib import Path

import pytest

from steersman.chart.load import load
from steersman.errors import ChartError
from steersman.review.build import from_chart, from_manifest
from steersman.review.images import Image, parse
from steersman.review.lines import line_of, scalar_line, template_line

HOOK = """kind: ConfigMap
apiVersion: v1
metadata:
  name: {{ .Release.Name }}-%s-{{ .Release.Revision }}
  annotations: {helm.sh/hook: %s}
"""


def test_hooks_of_an_upgrade_alone_are_taken(tmp_path: Path) -> None:
    (tmp_path / "templates").mkdir()
    (tmp_path / "Chart.yaml").write_text("apiVersion: v2\nname: demo\nversion: 1.0.0\n")
    (tmp_path / "templates" / "a.yaml").write_text(HOOK % ("both", "pre-install,pre-upgrade"))
    (tmp_path / "templates" / "b.yaml").write_text(
        "{{ if .Release.IsUpgrade }}\n" + HOOK % ("late", "pre-upgrade") + "{{ end }}"
    )
    (tmp_path / "templates" / "c.yaml").write_text(HOOK % ("dropped", "pre-upgarde"))
    subject = from_chart(load(str(tmp_path)), {})
    assert sorted(item.name for item in subject.items) == [
        "release-name-both-1",
        "release-name-dropped-1",
        "release-name-late-2",
    ]


def test_chart_that_refuses_the_upgrade_is_reviewed_as_installed(tmp_path: Path) -> None:
    (tmp_path / "templates").mkdir()
    (tmp_path / "Chart.yaml").write_text("apiVersion: v2\nname: demo\nversion: 1.0.0\n")
    refusal = '{{ if .Release.IsUpgrade }}{{ fail "give the old password" }}{{ end }}\n'
    (tmp_path / "templates" / "a.yaml").write_text(refusal + HOOK % ("both", "pre-install"))
    assert [item.name for item in from_chart(load(str(tmp_path)), {}).items] == ["release-name-both-1"]


def test_manifest_without_an_object_is_refused() -> None:
    with pytest.raises(ChartError, match="no Kubernetes object"):
        from_manifest("# nothing\n", "x.yaml")


TEXT = "a:\n  b:\n  - c: 1\n  - c: 2\n    script: |\n      one\n      two\n"


@pytest.mark.parametrize(
    ("path", "line"), [((), 1), (("a",), 1), (("a", "b"), 2), (("a", "b", 1, "c"), 4), (("a", "b", 7), 2), (("x",), 1)]
)
def test_line_of(path: tuple[str | int, ...], line: int) -> None:
    assert line_of(TEXT, path) == line


def test_line_within_a_block() -> None:
    assert scalar_line(TEXT, ("a", "b", 1, "script"), 1) == 7


@pytest.mark.parametrize(
    ("template", "rendered", "line", "expected"),
    [
        ("a: 1\nb: 2", "a: 1\nb: 2", 2, 2),
        ("a: {{ .x }}-job\nb: 2", "a: my-job\nb: 2", 1, 1),
        ("a: 1\nx: 1\nb: 2\nx: 1", "b: 2\nx: 1", 2, 4),  # after what is certain there is only one
        ("x: 1\nx: 1", "x: 1", 1, None),
        ("a: 1\nx: 1\nb: 2\nx: 1\nc: 3", "b: 2\nx: 1\nc: 3", 2, 4),  # between what is certain there is only one
        ("{{ .x }}", "a: 1", 1, None),
        ("a: 1", "a: 1", 5, None),
    ],
)
def test_template_line(template: str, rendered: str, line: int, expected: int | None) -> None:
    assert template_line(template, rendered, line) == expected


@pytest.mark.parametrize(
    ("text", "image"),
    [
        ("busybox", Image("", "busybox", "", "")),
        ("library/busybox:1.37", Image("", "library/busybox", "1.37", "")),
        ("localhost:5000/a/b", Image("localhost:5000", "a/b", "", "")),
        ("ghcr.io/a/b:1@sha256:0f", Image("ghcr.io", "a/b", "1", "sha256:0f")),
    ],
)
def test_image(text: str, image: Image) -> None:
    assert parse(text) == image
