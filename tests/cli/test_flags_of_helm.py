"""Every command and flag that helm's own help names is one of steer's."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import click

from steersman.cli.command import HelmGroup
from steersman.cli.main import root


def test_steer_knows_what_the_help_of_helm_names(helm: Path) -> None:
    missing = {line for words, flags in _helps(helm, ()) for line in _missing(words, flags)}
    assert missing == set()


def _helps(helm: Path, words: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], list[str]]]:
    """Each command of helm's from `words` down, with the flags that its help names."""
    text = subprocess.run([helm, *words, "--help"], capture_output=True, text=True, check=True).stdout
    yield words, [flag for pair in re.findall(r"^ +(?:(-\w), |    )(--[\w-]+)", text, re.M) for flag in pair if flag]
    below = re.search(r"^Available Commands:\n((?:  .*\n)+)", text, re.M)
    for name in re.findall(r"^  (\S+)", below.group(1), re.M) if below else ():
        yield from _helps(helm, (*words, name))


def _missing(words: tuple[str, ...], flags: list[str]) -> Iterator[str]:
    context = click.Context(root, help_option_names=["-h", "--help"])
    known = _flags(root, context)
    command: click.Command = root
    for word in words:
        found = command.get_command(context, word) if isinstance(command, click.Group) else None
        if found is None and word in _choices(command):  # what is a command of helm's may be an argument of steer's
            found = command
        if found is None:
            yield " ".join(words)
            return
        command = found
        context = click.Context(command, parent=context)
        known |= _flags(command, context)
        meant = command.get_command(context, command.otherwise) if isinstance(command, HelmGroup) else None
        known |= _flags(meant, context) if meant else set()
    for name in flags:
        if name not in known:
            yield f"{' '.join(words)} {name}".strip()


def _choices(command: click.Command) -> set[str]:
    arguments = [param for param in command.params if isinstance(param, click.Argument)]
    return {word for each in arguments if isinstance(each.type, click.Choice) for word in each.type.choices}


def _flags(command: click.Command, context: click.Context) -> set[str]:
    return {flag for each in command.get_params(context) for flag in (*each.opts, *each.secondary_opts)}
