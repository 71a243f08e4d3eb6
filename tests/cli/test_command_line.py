"""The manners of the command line: Go's flags, global flags, aliases, one clear error."""

from __future__ import annotations

import subprocess
from pathlib import Path

import click
import pytest

from steersman.cli.command import go_arguments
from steersman.cli.commands import ALIASES, COMMANDS
from steersman.cli.declare import bare
from steersman.cli.durations import parse_duration
from steersman.cli.main import root

from .conftest import Steer

WAIT = bare("--wait", bare_value="watcher").click()
FLAG = click.Option(["--install", "-i"], is_flag=True)


@pytest.mark.parametrize(
    ("given", "understood"),
    [
        (["--wait", "name"], ["--wait=watcher", "name"]),
        (["--wait=legacy", "name"], ["--wait=legacy", "name"]),
        (["--install=true"], ["--install"]),
        (["--install=false", "x"], ["x"]),
        (["--install=T"], ["--install"]),
        (["--", "--wait"], ["--", "--wait"]),
        (["-i", "x"], ["-i", "x"]),
    ],
)
def test_flags_are_read_as_go_reads_them(given: list[str], understood: list[str]) -> None:
    assert go_arguments([WAIT, FLAG], given) == understood


def test_a_boolean_flag_with_another_value_is_an_error() -> None:
    with pytest.raises(click.UsageError, match='invalid argument "maybe" for "--install" flag'):
        go_arguments([FLAG], ["--install=maybe"])


@pytest.mark.parametrize(
    ("text", "seconds"), [("5m0s", 300.0), ("1h30m", 5400.0), ("1.5s", 1.5), ("300ms", 0.3), ("0", 0.0), ("-1m", -60.0)]
)
def test_durations(text: str, seconds: float) -> None:
    assert parse_duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("5", "missing unit in"),
        ("5x", 'unknown unit "x" in'),
        ("", "invalid"),
        ("m", "invalid"),
        ("1m2", "missing unit in"),
        ("s1", "invalid"),
        ("1.m.", "invalid"),
        (".s", "invalid"),
        ("1h 2m", 'unknown unit "h " in'),
    ],
)
def test_what_is_no_duration(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=f'time: {reason} duration "{text}"'):
        parse_duration(text)


# Said by both in the same words, but for the name; hints of ours may follow.
MISTAKES = [
    "show values",
    "show values a b",
    "dependency build a b",
    "repo add x",
    "repo list x",
    "env X Y",
    "status a b",
    "rollback",
    "install",
    "template",
    "upgrade x",
    "uninstall",
    "version x",
    "list x",
    "list --nope",
    "list --nope=1",
    "list -m x",
    "list --max=",
    "list -n",
    "list --kubeconfig",
    "list -xyz",
    "list -zo json",
    "history z --max x",
    "status a --revision",
    "install a b --timeout 5x",
    "install a b --timeout 5",
    "install a b --atomic=maybe",
    "upgrade a b --wait=foo",
    "uninstall a --wait=",
    "nope",
]


@pytest.mark.oracle
@pytest.mark.parametrize("line", MISTAKES)
def test_mistakes_are_told_in_helms_words(line: str, steer: Steer, helm: Path) -> None:
    theirs = subprocess.run([helm, *line.split()], capture_output=True, text=True)
    ours = steer(*line.split())
    assert (ours.code, ours.out) == (theirs.returncode, theirs.stdout) == (1, "")
    assert ours.err.split("\n")[0].rstrip(".") == theirs.stderr.split("\n")[0].replace("helm", "steer")


@pytest.mark.parametrize("name", [*COMMANDS, *ALIASES])
def test_every_command_is_there_and_explains_itself(name: str, steer: Steer) -> None:
    context = click.Context(root)
    assert root.get_command(context, name) is not None
    shown = steer(name, "--help")
    assert shown.code == 0
    assert "Usage: steer" in shown.out


def test_global_flags_may_stand_on_either_side(steer: Steer) -> None:
    for words in (("--kubeconfig", "/nowhere", "list"), ("list", "--kubeconfig", "/nowhere")):
        shown = steer(*words)
        assert shown.code == 1
        assert "cannot read kubeconfig /nowhere" in shown.err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("frobnicate",), 'unknown command "frobnicate" for "steer"'),
        (("rolback", "a"), "Did you mean rollback?"),
        (("get", "value", "a"), 'unknown command "value" for "steer get". Did you mean values?'),
        (("status",), '"steer status" requires 1 argument\n\nUsage:  steer status RELEASE [flags]\n'),
        (("status", "a", "b"), '"steer status" requires 1 argument\n'),
        (
            ("uninstall",),
            '"steer uninstall" requires at least 1 argument\n\nUsage:  steer uninstall RELEASE [...] [flags]\n',
        ),
        (("list", "--frob"), "unknown flag: --frob"),
        (("install", "a"), "must either provide a name or specify --generate-name"),
        (("upgrade", "a"), '"steer upgrade" requires 2 arguments\n'),
        (
            ("upgrade", "a", "b", "--wait=foo"),
            'invalid wait input "foo". Valid inputs are watcher, hookOnly, and legacy',
        ),
        (("upgrade", "a", "b", "--timeout", "5x"), 'time: unknown unit "x" in duration "5x"'),
        (("install", "a", "/nowhere"), 'path "/nowhere" not found'),
        (("list", "--kube-apiserver", "https://127.0.0.1:1"), "Kubernetes cluster unreachable: https://127.0.0.1:1"),
    ],
)
def test_one_clear_error_and_exit_1(words: tuple[str, ...], message: str, steer: Steer) -> None:
    shown = steer(*words)
    assert shown.code == 1
    assert shown.out == ""
    assert shown.err.startswith("Error: ")
    assert message in shown.err
    assert "Traceback" not in shown.err


def test_completion_for_every_shell(steer: Steer) -> None:
    for shell in ("bash", "zsh", "fish"):
        shown = steer("completion", shell)
        assert shown.code == 0
        assert "_STEER_COMPLETE" in shown.out


def test_the_start_of_the_command_loads_no_cluster(tmp_path: Path) -> None:
    import subprocess
    import sys

    code = (
        "import sys; from steersman.cli.main import run; run(['--help']); "
        "print([m for m in ('aiohttp', 'asyncio', 'rich', 'lightkube') if m in sys.modules])"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.rstrip().endswith("[]")
