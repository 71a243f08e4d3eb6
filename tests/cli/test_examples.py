"""Each command's help shows an example that the command line understands."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

import click
import pytest

from steersman.cli.examples import EXAMPLES, examples_of
from steersman.cli.main import root

from .conftest import Steer

LINES = [(name, line) for name, lines in EXAMPLES.items() for line in lines]


def _commands(command: click.Command, context: click.Context, path: tuple[str, ...] = ()) -> Iterator[str]:
    if not isinstance(command, click.Group):
        yield " ".join(path)
        return
    for name in command.list_commands(context):
        inner = command.get_command(context, name)
        assert inner is not None
        yield from _commands(inner, click.Context(inner, parent=context), (*path, name))


def test_every_command_has_one() -> None:
    assert set(EXAMPLES) == set(_commands(root, click.Context(root, info_name="steer")))


@pytest.mark.parametrize(("name", "line"), LINES, ids=[line for _, line in LINES])
def test_the_command_line_understands_it(name: str, line: str) -> None:
    asked = re.search(r"steer ([^|>)]*)", line)
    assert asked is not None
    words = shlex.split(asked[1])
    context = click.Context(root, info_name="steer")
    command: click.Command = root
    while isinstance(command, click.Group):
        meant = command.get_command(context, words[0])
        if meant is None:  # what a group means where no command of it is named
            meant = command.get_command(context, getattr(command, "otherwise", ""))
        else:
            words = words[1:]
        assert meant is not None
        command = meant
        context = click.Context(command, parent=context, info_name=command.name)
    assert context.command_path == f"steer {name}"
    command.make_context(name, words, parent=context.parent)  # which raises where it does not understand


@pytest.mark.parametrize("words", [("dep", "up"), ("ls",), ("un",), ("repo", "rm")])
def test_other_names_show_them_too(words: tuple[str, ...], steer: Steer) -> None:
    shown = steer(*words, "--help").out
    assert "Examples:\n  steer " in shown
    assert examples_of(["steer", *words])


def test_a_group_tells_what_its_commands_are_for_in_whole_lines(steer: Steer) -> None:
    for group in ("get", "cluster", "plan", "rehearse", "repo", "dependency", "show", "registry", "create", "search"):
        shown = steer(group, "--help").out.partition("Commands:")[2]
        assert shown
        assert "..." not in shown.replace("CHART...", "")
