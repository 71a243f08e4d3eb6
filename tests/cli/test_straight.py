"""The straight way reads an ordinary command line as click does; whatever click would refuse or ask about it leaves alone."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import click
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steersman.cli import straight
from steersman.cli.command import HelmCommand, go_arguments
from steersman.cli.commands import COMMANDS
from steersman.cli.declare import Choice, Declared, Parameter
from steersman.cli.global_options import GLOBAL

WORDS = ["", "x", "5", "5m", "true", "-", "a=b,c=d"]


def leaves() -> Iterator[tuple[str, Declared]]:
    """Every command that the straight way may take."""
    for name in COMMANDS:
        words = [name]
        while True:
            try:
                found, _ = straight._find(words)
            except straight._Unusual:
                break
            yield " ".join(words), found
            break
        module = __import__(f"steersman.cli.{COMMANDS[name].module}", fromlist=["command"])
        for child, declared in module.command.children.items():
            if not declared.is_group:
                yield f"{name} {child}", declared


LEAVES = dict(leaves())


def by_click(declared: Declared, words: list[str]) -> dict[str, Any] | None:
    """What click makes of the words; None where it refuses them."""
    command = declared.click()
    assert isinstance(command, HelmCommand)
    try:
        with click.Context(command, info_name="x") as context:
            command.parse_args(context, list(words))
            return dict(context.params)
    except (click.UsageError, click.exceptions.Exit):
        return None


def by_straight(declared: Declared, words: list[str]) -> dict[str, Any] | None:
    try:
        return straight.read(declared, words)
    except straight._Unusual:
        return None


@st.composite
def command_lines(draw: st.DrawFn) -> tuple[str, list[str]]:
    name = draw(st.sampled_from(sorted(LEAVES)))
    declared = LEAVES[name]
    options = [p for p in (*declared.parameters, *GLOBAL) if p.is_option]
    words: list[str] = []
    for parameter in draw(st.lists(st.sampled_from(options), max_size=4)):
        words += draw(_spelt(parameter))
    count = draw(st.integers(0, 3))
    words += [draw(st.sampled_from(["name", "other", "1"])) for _ in range(count)]
    return name, words


@st.composite
def _spelt(draw: st.DrawFn, parameter: Parameter) -> list[str]:
    flag = draw(st.sampled_from(parameter.flags))
    kind = parameter.attributes.get("type")
    value = draw(st.sampled_from([*WORDS, *(kind.words if isinstance(kind, Choice) else ())]))
    form = draw(st.sampled_from(["alone", "equals", "next"]))
    return [flag] if form == "alone" else [f"{flag}={value}"] if form == "equals" else [flag, value]


@settings(max_examples=600)
@given(command_lines())
def test_what_is_read_is_what_click_reads(line: tuple[str, list[str]]) -> None:
    name, words = line
    read = by_straight(LEAVES[name], words)
    if read is not None:
        assert read == by_click(LEAVES[name], words), (name, words)


ORDINARY = [
    "list",
    "list -A -o json",
    "list --max=5 -q --filter x",
    "history my-app",
    "history --max 3 my-app -n other",
    "status my-app --revision 2",
    "get values my-app -a -o yaml",
    "install my-app ./chart -f a.yaml --set a=b --set c=d --create-namespace --timeout 10m --wait",
    "upgrade my-app ./chart -i --wait=legacy --history-max 5 --reuse-values --hooks-on-change",
    "rollback my-app 1",
    "uninstall a b c --keep-history",
    "test my-app --filter name=a",
    "repo list",
    "search repo nginx --version ^1",
    "version --short",
]


@pytest.mark.parametrize("line", ORDINARY)
def test_an_ordinary_command_line_needs_no_click(line: str) -> None:
    declared, rest = straight._find(line.split())
    read = by_straight(declared, list(rest))
    assert read is not None
    assert read == by_click(declared, list(rest))


@pytest.mark.parametrize(
    "line", ["", "nonsense", "get", "list --help", "history", "history a b", "list -o xml", "--debug list", "list -qd"]
)
def test_anything_else_is_left_to_click(line: str) -> None:
    assert straight.run(line.split()) is None


def test_questions_import_nothing_slow() -> None:
    slow = {"click", "rich", "asyncio", "inspect", "dataclasses", "typing", "re", "json", "pathlib", "datetime"}
    slow |= {"urllib.parse", "base64", "logging", "steersman.lifecycle.plan"}
    program = (
        "import sys\nbefore = set(sys.modules)\n"
        "from steersman.deferred import defer\ndefer()\nfrom steersman.cli import straight\n"
        "assert straight.run(['list', '--kubeconfig', '/nowhere/config']) == 1\n"
        f"slow = {slow!r} & {{name for name in set(sys.modules) - before if '__getattr__' not in vars(sys.modules[name])}}\n"
        "assert not slow, slow\n"
    )
    environment = {**os.environ, "HELM_DRIVER": "secret"}
    done = subprocess.run([sys.executable, "-c", program], env=environment, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_go_arguments_leave_ordinary_words_alone() -> None:
    assert go_arguments(LEAVES["list"].click().params, ["-q", "--max", "3"]) == ["-q", "--max", "3"]
