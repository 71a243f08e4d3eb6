"""A shell is offered plugins beside the commands, and behind a plugin's name what the plugin offers."""

from __future__ import annotations

import pytest

from .toys import Pair

MANIFEST = "name: {name}\nusage: about {name}\ncommand: echo\n"
STATIC = """
commands:
  - name: status
    flags: [a, long]
    validArgs: [all, none]
  - name: other
    commands: [{name: inner, validArgs: [deep]}]
flags: [x, verbose]
"""
DYNAMIC = """#!/bin/sh
echo "<$HELM_NAMESPACE>" >&2
for word in "$@"; do echo "given-$word"; done
echo "last\tits meaning"
echo :4
"""


@pytest.fixture
def toys(pair: Pair) -> Pair:
    folder = pair.plugin("static", MANIFEST.format(name="static"))
    (folder / "completion.yaml").write_text(STATIC)
    folder = pair.plugin("dynamic", MANIFEST.format(name="dynamic"))
    (folder / "plugin.complete").write_text(DYNAMIC)
    (folder / "plugin.complete").chmod(0o755)
    pair.plugin("silent", MANIFEST.format(name="silent"))
    pair.plugin("broken", "name: a b\n")
    renderer = "apiVersion: v1\nname: renders\nversion: 0.1.0\ntype: postrenderer/v1\nruntime: subprocess\n"
    pair.plugin("renders", renderer)
    return pair


def complete(pair: Pair, line: str) -> list[str]:
    """What is offered for the last word, as PowerShell is told it: kind, word, meaning."""
    *words, begun = line.split(" ")
    asked = {
        "_STEER_COMPLETE": "powershell_complete",
        "COMP_WORDS": "\n".join(["steer", *words]),
        "COMP_CURRENT": begun,
    }
    shown = pair.by_steer(**asked)
    assert shown.err == ""
    return shown.out.splitlines()


def words(pair: Pair, line: str) -> list[str]:
    return [line.split("\t")[1] for line in complete(pair, line)]


def test_the_names_of_plugins(toys: Pair) -> None:
    assert complete(toys, "stati") == ["plain\tstatic\tabout static"]
    assert words(toys, "sta") == ["status", "static"]
    assert words(toys, "plugin uninstall ") == ["dynamic", "renders", "silent", "static"]
    assert words(toys, "plugin rm dynamic s") == ["silent", "static"]
    assert words(toys, "template r chart --post-renderer re") == ["renders"]


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("static ", ["status", "other"]),
        ("static s", ["status"]),
        ("static -", ["-x", "--verbose"]),
        ("static status ", ["all", "none"]),
        ("static status --", ["--long"]),
        ("static other ", ["inner"]),
        ("static -n there other inner d", ["deep"]),
        ("dynamic ", ["<default>", "given-", "last"]),
        ("dynamic one -n there --flag l", ["last"]),
        ("dynamic one -n there --flag given-", ["given-one", "given---flag", "given-given-"]),
        ("-n before dynamic <", ["<before>"]),
        ("dynamic -n after <", ["<after>"]),
        ("silent ", [""]),
    ],
)
def test_what_a_plugin_offers(toys: Pair, line: str, offered: list[str]) -> None:
    assert words(toys, line) == offered


def test_meanings_and_files(toys: Pair) -> None:
    assert complete(toys, "dynamic l") == ["plain\tlast\tits meaning"]
    assert complete(toys, "silent x")[0].startswith("file\tx")
    (toys.plugins / "dynamic/plugin.complete").write_text("#!/bin/sh\nexit 3\n")
    assert complete(toys, "dynamic x")[0].startswith("file\tx")
