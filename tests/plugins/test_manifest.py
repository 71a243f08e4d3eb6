"""plugin.yaml is checked as helm checks it."""

from __future__ import annotations

import re

import pytest

from steersman.errors import PluginError
from steersman.plugins.manifest import load, read

from .toys import Pair

V1 = "apiVersion: v1\nname: x\nversion: 1.0.0\n"
WHOLE = f"{V1}type: cli/v1\nruntime: subprocess\n"
GETTER = f"{V1}type: getter/v1\nruntime: subprocess\n"
# What helm and steer say alike.
SAME = [
    'name: "a b"',
    "apiVersion: v2",
    "name: x\nversion: 1.5",
    "name: x\nversion: v1.0.0",
    "name: x\nversion: 1.0.0\ncommand: a\nplatformCommand: [{command: b}]",
    "name: x\nhooks: {install: a}\nplatformHooks: {install: [{command: b}]}",
    'name: x\ndownloaders: [{command: ""}]',
    "name: x\ndownloaders: [{command: a}]",
    'name: x\ndownloaders: [{command: a, protocols: [""]}]',
    "apiVersion: v1\nname: x",
    'apiVersion: v1\nname: "x y"',
    "apiVersion: v1\nname: x\nversion: 0.2",
    V1,
    f"{V1}type: a",
    f"{V1}type: a\nruntime: b",
    f"{V1}type: cli/v1\nruntime: b",
    GETTER,
    f'{GETTER}config: {{protocols: [a, ""]}}',
    f"{V1}type: cli/v1\nruntime: extism/v1",
]
# What both refuse, helm in the words of its decoder.
REFUSED = [
    "",
    "[]",
    "a: [",
    "name: a\nname: b",
    "name: [x]",
    "name: x\ncommand: {a: 1}",
    f"{WHOLE}unknown: 1",
    f"{WHOLE}config: {{nope: 1}}",
    f"{WHOLE}config: {{usage: [1]}}",
    f"{WHOLE}config: [a]",
    f"{WHOLE}runtimeConfig: {{platformCommand: x}}",
    f"{WHOLE}runtimeConfig: {{platformCommand: [x]}}",
]
TAKEN = [
    "name: x",
    "name: 12\nversion: 1.2.3-rc.1+b",
    "name: x\nunknown: 1",
    'name: x\nusage: "a\\tb\\u0001c"',
    WHOLE,
    f"{WHOLE}config: {{}}\nruntimeConfig: {{nope: 1}}",
    f"{GETTER}config: {{protocols: [a]}}",
    f"{V1}type: postrenderer/v1\nruntime: subprocess\nconfig: {{}}",
]


def by_helm(pair: Pair, manifest: str) -> tuple[list[str], str]:
    """What helm lists of the plugin, and why it does not."""
    pair.plugin("x", manifest)
    shown = pair.by_helm("plugin", "list")
    warned = re.search(r'error="(.*)"$', shown.err, re.M)
    return [line.split()[0] for line in shown.lines[1:]], warned[1].replace('\\"', '"') if warned else ""


@pytest.mark.oracle
def test_what_is_wrong_is_told_in_helms_words(pair: Pair) -> None:
    for manifest in SAME:
        listed, why = by_helm(pair, manifest)
        with pytest.raises(PluginError) as raised:
            load(str(pair.plugins / "x"))
        assert ([], why) == (listed, str(raised.value)), manifest


@pytest.mark.oracle
def test_what_helm_refuses_is_refused(pair: Pair) -> None:
    for manifest in REFUSED:
        listed, why = by_helm(pair, manifest)
        assert (listed, bool(why)) == ([], True), manifest
        with pytest.raises(PluginError):
            read(manifest.encode())


@pytest.mark.oracle
def test_what_helm_takes_is_taken(pair: Pair) -> None:
    for manifest in TAKEN:
        listed, why = by_helm(pair, manifest)
        assert ([read(manifest.encode()).name], "") == (listed, why), manifest


def test_the_usage_of_the_old_kind_is_one_line_of_what_can_be_printed() -> None:
    assert read(b'name: x\nusage: "a\\tb\\u0001c\\nd"').short_help == "a bc d"
