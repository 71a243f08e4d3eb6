"""Addresses of other protocols are fetched by getter plugins, which are given what helm gives them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from .toys import Pair, Shown, first_error

V1 = """
apiVersion: v1
name: gets
version: 0.1.0
type: getter/v1
runtime: subprocess
config:
  protocols: [toy, toy+x]
runtimeConfig:
  protocolCommands:
    - protocols: [other]
      platformCommand: [{command: not-this}]
    - protocols: [toy, toy+x]
      platformCommand:
        - command: run.sh
          args: [as it is, $HOME]
"""
LEGACY = """
name: gets
version: 0.1.0
command: "$HELM_PLUGIN_DIR/run.sh"
downloaders:
  - command: "run.sh word"
    protocols: [toy, toy+x]
"""
# Prints the file at the end of the address; what it was given goes into the file $LOG.
GETS = """#!/bin/sh
{ for a in "$@"; do echo "<$a>"; done; env | grep '^HELM_' | grep -v '^HELM_BIN' | sort; echo; } >>$LOG
for address in "$@"; do :; done
echo "fetching" >&2
cat "/${address#*://}" || exit 9
"""
TEMPLATE = "a: {{ .Values.a | quote }}\n"


@pytest.fixture(params=[V1, LEGACY], ids=["v1", "legacy"])
def toys(request: pytest.FixtureRequest, pair: Pair, tmp_path: Path) -> Pair:
    pair.plugin("gets", request.param, run=GETS)
    pair.environment["LOG"] = str(tmp_path / "log")
    chart = tmp_path / "chart"
    (chart / "templates").mkdir(parents=True)
    (chart / "Chart.yaml").write_text("apiVersion: v2\nname: web\nversion: 1.0.0\n")
    (chart / "templates" / "x.yaml").write_text(TEMPLATE)
    (tmp_path / "more.yaml").write_text("a: from afar\n")
    return pair


def logged(pair: Pair, *words: object) -> tuple[Shown, str, Shown, str]:
    """What each of the two printed, and what the plugin was given by it."""
    log = Path(pair.environment["LOG"])
    theirs = pair.by_helm(*words)
    by_helm = log.read_text() if log.exists() else ""
    log.unlink(missing_ok=True)
    ours = pair.by_steer(*words)
    by_steer = log.read_text() if log.exists() else ""
    log.unlink(missing_ok=True)
    return theirs, by_helm, ours, by_steer


@pytest.mark.oracle
@pytest.mark.parametrize("option", ["-f {}", "-f {},{} -n there", "--set-file a={}", "--values={} --debug"])
def test_values(toys: Pair, option: str, tmp_path: Path) -> None:
    address = f"toy://{tmp_path}/more.yaml"
    words = option.replace("{}", address).split()
    theirs, by_helm, ours, by_steer = logged(toys, "template", "r", tmp_path / "chart", *words)
    assert theirs.code == 0
    assert (ours.code, ours.out, by_steer) == (theirs.code, theirs.out, by_helm)
    assert "from afar" in ours.out
    assert "fetching\n" in ours.err
    assert by_steer.count(f"<{address}>") == option.count("{}")


@pytest.mark.oracle
def test_an_address_that_no_plugin_fetches_is_a_files_name(toys: Pair, tmp_path: Path) -> None:
    for address in ("nope:///x.yaml", "no:pe.yaml"):
        theirs, ours = toys.both("template", "r", tmp_path / "chart", "-f", address)
        assert (ours.code, first_error(ours)) == (theirs.code, first_error(theirs))
    (tmp_path / "no:pe.yaml").write_text("a: a file\n")
    assert "a file" in toys.by_steer("template", "r", "chart", "-f", "no:pe.yaml").out


@pytest.mark.oracle
def test_a_plugin_that_fails(toys: Pair, tmp_path: Path) -> None:
    address = f"toy+x://{tmp_path}/not-there.yaml"
    theirs, ours = toys.both("template", "r", "chart", "-f", address)
    assert first_error(theirs).endswith(' failed to invoke: plugin "gets" exited with error')
    assert (ours.code, theirs.code) == (1, 1)
    assert ours.err.splitlines()[-2:] == [
        'Error: plugin "gets" failed to invoke: plugin "gets" exited with error',
        f"It was to fetch {address}, and ended with exit code 9; what it said is above.",
    ]


@pytest.mark.oracle
def test_a_repository(toys: Pair, tmp_path: Path) -> None:
    folder = tmp_path / "repository"
    folder.mkdir()
    toys.by_helm("package", "chart", "-d", folder)
    toys.by_helm("repo", "index", folder)
    address = f"toy://{folder}"
    add = ("repo", "add", "afar", address, "--username", "u", "--password", "p", "--pass-credentials", "--force-update")
    for words in (
        (*add, "--ca-file", "ca", "--cert-file", "cert", "--key-file", "key"),
        add,
        ("search", "repo", "afar"),
        ("pull", "afar/web", "--version", "1.0.0"),
        ("repo", "update"),
    ):
        theirs, by_helm, ours, by_steer = logged(toys, *words)
        assert theirs.code == 0
        assert (ours.code, ours.out, by_steer) == (theirs.code, theirs.out, by_helm), words
    subprocess.run(["rm", "-rf", toys.folder / "cache" / "content"], check=True)
    assert (
        toys.by_steer("template", "r", "afar/web", "--set", "a=1").out
        == toys.by_helm("template", "r", "chart", "--set", "a=1").out
    )


@pytest.mark.oracle
def test_a_dependency(toys: Pair, tmp_path: Path) -> None:
    folder = tmp_path / "repository"
    folder.mkdir()
    toys.by_helm("package", "chart", "-d", folder)
    toys.by_helm("repo", "index", folder)
    for name in ("theirs", "ours"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "Chart.yaml").write_text(
            "apiVersion: v2\nname: parent\nversion: 1.0.0\ndependencies:\n"
            f"- {{name: web, version: 1.x.x, repository: 'toy:/{folder}'}}\n"  # helm wants a host
        )
    theirs = toys.by_helm("dependency", "update", "theirs")
    ours = toys.by_steer("dependency", "update", "ours")
    assert (ours.code, ours.out) == (theirs.code, theirs.out)
    assert ours.code == 0
    assert (tmp_path / "ours/charts/web-1.0.0.tgz").read_bytes() == (folder / "web-1.0.0.tgz").read_bytes()


@pytest.mark.oracle
def test_a_charts_address(toys: Pair, tmp_path: Path) -> None:
    toys.by_helm("package", "chart")
    archive = tmp_path / "web-1.0.0.tgz"
    host, path = str(archive).lstrip("/").split("/", 1)  # helm wants a host
    words = ("template", "r", f"toy://{host}/{path}", "--set", "a=1")
    theirs, by_helm, ours, by_steer = logged(toys, *words)
    assert theirs.code == 0
    assert (ours.code, ours.out, by_steer) == (theirs.code, theirs.out, by_helm)


@pytest.mark.oracle
def test_a_protocol_that_nobody_has(toys: Pair) -> None:
    theirs, ours = toys.both("repo", "add", "x", "nope://x/y")
    assert first_error(theirs) == "Error: could not find protocol handler for: nope"
    assert "could not find protocol handler for: nope" in first_error(ours)
    assert "steer plugin list --type getter/v1" in ours.err


def test_wasm_cannot_be_run(toys: Pair, tmp_path: Path) -> None:
    manifest = (
        "apiVersion: v1\nname: w\nversion: 0.1.0\ntype: getter/v1\nruntime: extism/v1\nconfig: {protocols: [w]}\n"
    )
    (toys.plugin("w", manifest) / "plugin.wasm").touch()
    shown = toys.by_steer("template", "r", "chart", "-f", "w://x")
    assert (
        first_error(shown) == 'Error: plugin "w" needs the runtime extism/v1 (WebAssembly), which steer does not have'
    )
