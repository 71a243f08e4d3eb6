"""`steer NAME …` gives a plugin what helm gives it: words, environment, streams; and takes its exit code."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from .toys import STEER, TELLS, Pair, first_error

V1 = """
apiVersion: v1
name: tells
version: 0.1.0
type: cli/v1
runtime: subprocess
config:
  usage: tells [words]
  shortHelp: tells what it is given
  longHelp: |
    Tells it at length.
runtimeConfig:
  platformCommand:
    - command: $HELM_PLUGIN_DIR/run.sh
      args: ["a b", "$HELM_NAMESPACE", "${NOT_SET}x"]
"""
LEGACY = """
name: old
version: 0.2.0
usage: the old kind
description: Of helm 3
command: "$HELM_PLUGIN_DIR/run.sh one  $HELM_PLUGIN_NAME"
"""
DEAF = """
name: deaf
version: 0.2.0
ignoreFlags: true
command: "$HELM_PLUGIN_DIR/run.sh"
"""


@pytest.fixture
def toys(pair: Pair) -> Pair:
    for name, manifest in (("tells", V1), ("old", LEGACY), ("deaf", DEAF)):
        pair.plugin(name, manifest, run=TELLS)
    return pair


@pytest.mark.oracle
@pytest.mark.parametrize(
    "words",
    [
        "tells",
        "tells one two --flag --other=x -x -- y",
        "tells -n here --debug x --kube-context=there -- -n last",
        "-n before tells x",
        "--namespace before --kube-token t tells x -n after",
        "tells --kubeconfig /nowhere --kube-as-user u --kube-ca-file c",
        "tells --repository-config r --repository-cache=c --registry-config g --kube-tls-server-name s --kube-apiserver a",
        "tells --burst-limit 5 --qps 3 --content-cache c --color never -nattached --debug=true --help",
        "old a --x",
        "deaf -n there a b --c",
    ],
)
def test_words_and_environment_are_those_that_helm_gives(toys: Pair, words: str) -> None:
    theirs, ours = toys.both(*words.split(), stdin="what is put in\n")
    assert theirs.code == 0
    assert (ours.code, ours.lines) == (theirs.code, theirs.lines)
    assert "on stderr" in ours.err


@pytest.mark.oracle
@pytest.mark.parametrize(
    "environment",
    [
        {"HELM_NAMESPACE": "outer", "HELM_DEBUG": "1", "HELM_KUBECONTEXT": "c"},
        {"HELM_MAX_HISTORY": "3", "HELM_QPS": "2.5", "HELM_BURST_LIMIT": "7", "HELM_KUBEASGROUPS": "a,b"},
        {"KUBECONFIG": "/nowhere", "HELM_DRIVER": "configmap", "HELM_OTHER": "kept"},
    ],
    ids=lambda given: " ".join(given),
)
def test_variables_that_are_set_are_told_as_helm_tells_them(toys: Pair, environment: dict[str, str]) -> None:
    theirs, ours = toys.both("old", **environment)
    assert (ours.code, ours.lines) == (theirs.code, theirs.lines)


@pytest.mark.oracle
def test_the_exit_code_is_the_plugins(toys: Pair) -> None:
    theirs, ours = toys.both("old", CODE="7")
    assert (ours.code, ours.err) == (theirs.code, theirs.err)
    assert ours.code == 7
    toys.plugin("killed", "name: killed\ncommand: sh")
    theirs, ours = toys.both("killed", stdin="kill -9 $$")
    assert (ours.code, ours.err) == (theirs.code, theirs.err)


@pytest.mark.oracle
@pytest.mark.parametrize(
    "command",
    [
        "platformCommand: [{arch: amd64, command: a}, {os: windows, command: b}]",
        "platformCommand: [{os: windows, command: a}, {os: LINUX, command: echo system}, {command: echo any}]",
        "platformCommand: [{command: echo any}, {os: linux, command: echo first}, {os: linux, command: echo second}]",
        "platformCommand: [{command: echo any}, {command: echo other}, {arch: arm64, os: plan9, command: echo p}]",
        "platformCommand: [{os: linux, arch: mips, command: echo m}, {command: echo any, args: [a, $HELM_PLUGIN_NAME]}]",
        'command: "echo $HOME ${HOME}y ${ $1x $$ $ $- ${} ${NOT_SET} $HELM_PLUGIN_NAME.x"',
        "usage: without a command",
        "command: /not/there",
        "command: not-a-program-anywhere",
        "command: $HELM_PLUGIN_DIR/plugin.yaml",
    ],
)
def test_which_command_is_for_this_machine(toys: Pair, command: str) -> None:
    toys.plugin("which", f"name: which\nversion: 1.0.0\n{command}\n")
    theirs, ours = toys.both("which", "x y")
    assert (ours.code, ours.out, first_error(ours)) == (theirs.code, theirs.out, first_error(theirs))


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="the manifest names this architecture")
@pytest.mark.oracle
def test_system_and_architecture_together_win(toys: Pair) -> None:
    both = "{command: echo any}, {os: linux, command: echo system}, {os: Linux, arch: AMD64, command: echo both}"
    toys.plugin("which", f"name: which\nversion: 1.0.0\nplatformCommand: [{both}]\n")
    theirs, ours = toys.both("which")
    assert ours.out == theirs.out == "both\n"


@pytest.mark.oracle
def test_help_names_the_plugins(toys: Pair) -> None:
    ours = toys.by_steer("--help").out
    assert '\nPlugins:\n  deaf   the "deaf" plugin\n  old    the old kind\n  tells  tells what it is given\n' in ours
    theirs, ours_of_one = toys.both("help", "tells")
    assert theirs.out.splitlines()[:4] == ["Tells it at length.", "", "Usage:", "  helm tells [words] [flags]"]
    assert ours_of_one.out.replace("steer", "helm").splitlines() == theirs.out.splitlines()[:4]


@pytest.mark.oracle
@pytest.mark.parametrize("words", ["plugin list", "plugin ls --type cli/v1", "plugin list --type nothing/v1"])
def test_the_list_is_helms(toys: Pair, words: str) -> None:
    (toys.plugins / "old-0.2.0.tgz").write_bytes(b"x")
    (toys.plugins / "old-0.2.0.tgz.prov").write_bytes(b"x")
    toys.plugin("broken", "name: a b\n")
    toys.plugin("elsewhere", V1.replace("name: tells", "name: renamed\nsourceURL: https://x.test/p"))
    (toys.plugins / "linked").symlink_to(toys.plugin("../../of", "name: linked\n"))
    theirs, ours = toys.both(*words.split())
    assert ours.out == theirs.out
    warning = [line for line in theirs.err.splitlines() if "failed to load" in line]
    assert ours.err.splitlines() == warning[:1]


@pytest.mark.oracle
def test_several_folders(toys: Pair, tmp_path: Path) -> None:
    other = tmp_path / "other"
    (other / "more").mkdir(parents=True)
    (other / "more" / "plugin.yaml").write_text("name: more\ncommand: echo more\n")
    theirs, ours = toys.both("plugin", "list", HELM_PLUGINS=f"{other}:{toys.plugins}")
    assert [line.split()[0] for line in ours.lines] == [line.split()[0] for line in theirs.lines]
    assert [line.split()[0] for line in ours.lines] == ["NAME", "more", "deaf", "old", "tells"]
    assert toys.both("more", HELM_PLUGINS=f"{other}:{toys.plugins}")[1].out == "more\n"
    assert [shown.out for shown in toys.both("env", "HELM_PLUGINS", HELM_PLUGINS="")] == ["\n", "\n"]
    assert [shown.lines[1:] for shown in toys.both("plugin", "list", HELM_PLUGINS="")] == [[], []]


@pytest.mark.oracle
def test_plugins_can_be_left_out(toys: Pair) -> None:
    for shown in toys.both("old", HELM_NO_PLUGINS="1"):
        assert shown.code == 1
        assert first_error(shown).startswith('Error: unknown command "old" for ')


@pytest.mark.oracle
def test_two_of_one_name(toys: Pair) -> None:
    toys.plugin("another", LEGACY)
    theirs, ours = toys.both("plugin", "list")
    assert (ours.code, ours.out, first_error(ours)) == (theirs.code, theirs.out, first_error(theirs))
    assert first_error(toys.by_steer("deaf")) == first_error(ours)


def test_no_command_of_ours_is_shadowed_and_none_looks_for_plugins(toys: Pair) -> None:
    for name in ("list", "version", "plan", "ls"):
        toys.plugin(f"p-{name}", f"name: {name}\ncommand: echo not this\n")
    toys.plugin("broken", "name: a b\n")
    shown = toys.by_steer("version", "--short")
    assert (shown.code, "not this" in shown.out, shown.err) == (0, False, "")
    shown = toys.by_steer("-n", "tells", "version", "--short")
    assert (shown.code, "<" in shown.out, shown.err) == (0, False, "")
    told = toys.by_steer("plugin", "list").err
    assert 'the plugin "plan" cannot be run: `steer plan` is a command of steer itself' in told
    assert toys.by_steer("deaf").code == 0


def test_a_command_of_ours_opens_nothing_of_a_plugins(toys: Pair, tmp_path: Path) -> None:
    """A manifest that never ends would let whoever reads it wait for ever."""
    manifest = toys.plugins / "endless" / "plugin.yaml"
    manifest.parent.mkdir()
    os.mkfifo(manifest)
    (tmp_path / "chart" / "templates").mkdir(parents=True)
    (tmp_path / "chart" / "Chart.yaml").write_text("apiVersion: v2\nname: web\nversion: 1.0.0\n")
    (tmp_path / "chart" / "templates" / "x.yaml").write_text("kind: X\n")
    (tmp_path / "values.yaml").write_text("a: 1\n")
    for words in (
        "template r chart -f values.yaml --set a=b",
        "-n x template r chart -f values.yaml --post-renderer /bin/cat",
        "lint chart --color never",
        "repo list",
        "version",
        "plugin --help",
    ):
        assert toys.by_steer(*words.split()).code == 0, words


def test_what_is_no_command_is_told_with_its_use(toys: Pair) -> None:
    toys.plugin("gets", "name: gets\ndownloaders: [{command: x, protocols: [toy, plaything]}]\n")
    toys.plugin("calls", V1.replace("tells [words]", "other").replace("name: tells", "name: calls"))
    (toys.plugin("wasm", V1.replace("tells", "wasm").replace("subprocess", "extism/v1")) / "plugin.wasm").touch()
    for word, hint in (
        ("gets", 'There is a plugin "gets", of type getter/v1: it is used for addresses of toy://, plaything://.'),
        ("calls", 'There is a plugin "calls", of type cli/v1: it is used as `steer other`.'),
    ):
        shown = toys.by_steer(word)
        assert (shown.code, shown.err.splitlines()) == (1, [f'Error: unknown command "{word}" for "steer"', hint])
    shown = toys.by_steer("wasm")
    assert shown.code == 1
    assert shown.err.splitlines()[0] == (
        'Error: plugin "wasm" needs the runtime extism/v1 (WebAssembly), which steer does not have'
    )
    assert toys.by_steer("deaf", "-n").err == "Error: flag needs an argument: -n\n"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_plugin_decides_what_becomes_of_a_signal(toys: Pair, number: signal.Signals) -> None:
    toys.plugin("waits", "name: waits\ncommand: $HELM_PLUGIN_DIR/run.sh\n", run=WAITS)
    process = subprocess.Popen(
        [*STEER, "waits"], env=toys.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    process.send_signal(number)
    out, _ = process.communicate(timeout=30)
    assert (process.returncode, out) == (5, "cleaned up\n")


WAITS = f"""#!{sys.executable}
import os, signal
def end(*_):
    os.write(1, b"cleaned up\\n")
    os._exit(5)
signal.signal(signal.SIGTERM, end)
signal.signal(signal.SIGHUP, end)
print("ready", flush=True)
signal.pause()
"""


@pytest.mark.oracle
@pytest.mark.parametrize("words", ["version", "version --short", "version --template {{.Version}}"])
def test_a_plugin_that_asks_for_the_version_is_told_helms(toys: Pair, words: str) -> None:
    toys.plugin("asks", f'name: asks\ncommand: "$HELM_BIN {words}"\n')
    theirs, ours = toys.both("asks")
    assert (ours.code, ours.out) == (theirs.code, theirs.out)
    assert ours.out.startswith("v")
    assert toys.by_steer("version").out.startswith("steer ")


def test_a_getter_of_the_old_kind_may_be_a_command_too(toys: Pair) -> None:
    downloaders = "downloaders: [{command: run.sh, protocols: [toy]}]\n"
    toys.plugin("both", f"name: both\nusage: two in one\ncommand: $HELM_PLUGIN_DIR/run.sh\n{downloaders}", run=TELLS)
    assert toys.by_steer("both", "x").lines[0] == "<x>"
    assert "both   two in one" in toys.by_steer("--help").out
