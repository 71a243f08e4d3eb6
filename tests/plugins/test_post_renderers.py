"""`--post-renderer NAME` is a plugin, given what helm gives it; a program's path goes on working."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from .toys import Pair, first_error

MANIFEST = """
apiVersion: v1
name: renders
version: 0.1.0
type: postrenderer/v1
runtime: subprocess
runtimeConfig:
  platformCommand:
    - command: $HELM_PLUGIN_DIR/run.sh
      args: [$HELM_PLUGIN_NAME]
"""
# Adds a document; what it was given goes into the file $LOG.
RENDERS = """#!/bin/sh
{ for a in "$@"; do echo "<$a>"; done; env | grep '^HELM_PLUGIN_' | sort; } >$LOG
tee -a $LOG
[ "$FAILS" ] && { echo "no, thanks" >&2; exit $FAILS; }
printf -- '---\\nkind: Added\\nmetadata:\\n  name: added\\n'
"""
TEMPLATE = """apiVersion: v1
kind: ConfigMap
metadata:
  name: one
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: two
  annotations:
    "helm.sh/hook": pre-install
"""


@pytest.fixture
def toys(pair: Pair, tmp_path: Path) -> Pair:
    pair.plugin("renders", MANIFEST, run=RENDERS)
    pair.environment["LOG"] = str(tmp_path / "log")
    (tmp_path / "chart/templates").mkdir(parents=True)
    (tmp_path / "chart/Chart.yaml").write_text("apiVersion: v2\nname: web\nversion: 1.0.0\n")
    (tmp_path / "chart/templates/x.yaml").write_text(TEMPLATE)
    return pair


def given(log: Path) -> tuple[str, list[object]]:
    """Arguments and environment; the documents, which helm and steer write each in a way of its own."""
    words, _, manifests = log.read_text().partition("apiVersion:")
    return words, list(yaml.safe_load_all(f"apiVersion:{manifests}"))


@pytest.mark.oracle
@pytest.mark.parametrize(
    "words",
    [
        "template r chart --post-renderer renders",
        "template r chart -n here --post-renderer-args=x --post-renderer renders --post-renderer-args --y --debug",
        "install r chart --dry-run=client --post-renderer renders --post-renderer-args x",
    ],
)
def test_a_plugin_is_given_what_helm_gives_it(toys: Pair, words: str, tmp_path: Path) -> None:
    theirs = toys.by_helm(*words.split())
    by_helm = given(tmp_path / "log")
    (tmp_path / "log").unlink()
    ours = toys.by_steer(*words.split())
    assert (theirs.code, ours.code) == (0, 0), ours.err
    assert given(tmp_path / "log") == by_helm
    assert "kind: Added" in ours.out
    if words.startswith("template"):
        assert list(yaml.safe_load_all(ours.out)) == list(yaml.safe_load_all(theirs.out))


@pytest.mark.oracle
@pytest.mark.parametrize(
    ("name", "manifest"),
    [
        ("nobody", MANIFEST),
        ("renders", MANIFEST.replace("postrenderer/v1", "cli/v1")),
        ("renders", MANIFEST.replace("$HELM_PLUGIN_DIR/run.sh", "/not/there")),
        ("renders", MANIFEST.replace("command:", "os: plan9\n      command:")),
        ("renders", MANIFEST.replace("$HELM_PLUGIN_DIR/run.sh", "true")),
        ("renders", MANIFEST.replace("$HELM_PLUGIN_DIR/run.sh", "false")),
    ],
    ids=["missing", "other type", "no program", "other platform", "empty output", "exit code"],
)
def test_what_goes_wrong_is_told_in_helms_words(toys: Pair, name: str, manifest: str) -> None:
    toys.plugin("renders", manifest)
    theirs, ours = toys.both("template", "r", "chart", "--post-renderer", name)
    assert (ours.code, ours.out, first_error(ours)) == (theirs.code, theirs.out, first_error(theirs))
    assert ours.code == 1


def test_what_a_plugin_says_is_shown_when_it_fails(toys: Pair) -> None:
    shown = toys.by_steer("template", "r", "chart", "--post-renderer", "renders", FAILS="3")
    assert shown.code == 1
    assert "no, thanks" in shown.err
    assert "It ended with exit code 3; what it said is above." in shown.err
    toys.environment.pop("LOG")
    assert "no, thanks" not in toys.by_steer("template", "r", "chart", "--post-renderer", "renders").err


def test_a_plugin_goes_before_a_program(toys: Pair, tmp_path: Path) -> None:
    for name, text in (("renders", "a program"), ("other", "another")):
        program = tmp_path / "bin" / name
        program.parent.mkdir(exist_ok=True)
        program.write_text(f"#!/bin/sh\necho 'kind: {text}'\n")
        program.chmod(0o755)
    path = f"{tmp_path}/bin:{toys.environment['PATH']}"
    for name, shown in (("renders", "kind: Added"), ("./bin/renders", "kind: a program"), ("other", "kind: another")):
        assert shown in toys.by_steer("template", "r", "chart", "--post-renderer", name, PATH=path).out
