"""A script or manifest from the internet that is run as it comes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from steersman.review.carriers import SHELLS
from steersman.review.commands import Command
from steersman.review.model import Finding, Rule, Severity
from steersman.review.shell import scripts
from steersman.review.subject import Subject

_INTERPRETERS = (*SHELLS, "python", "python3", "node", "perl", "ruby")
_ADDRESS = re.compile(r"https?://[^\s'\"]+")
_INSIDE = re.compile(
    r"https?://([\w-]+|[\w.-]+\.(svc|local|internal|cluster\.local)|localhost|[\d.]+|\$\{?\w+\}?[^/]*)(:\d+)?(/|$)"
)


def check(subject: Subject) -> Iterator[Finding]:
    for script in scripts(subject):
        for command in script.every_command:
            address = next((found for word in command.words if (found := outside(word))), "")
            if not address:
                continue
            what = ""
            if command.name in ("curl", "wget") and command.pipeline and _interpreter(command):
                what = f"what `{command.name}` fetches is run as it comes"
            elif command.name in ("kubectl", "oc") and {"apply", "create", "replace"} & set(command.words):
                what = f"`{command.name}` applies what it finds at an address outside"
            if what:
                yield script.finding(
                    f"{what}: who changes it there changes this cluster, and when it is away the release fails",
                    command.line,
                    hint="Put it into the chart or the image, at a version that was looked at.",
                )


def outside(word: str) -> str:
    """The address in a word that leads out of the cluster; "" for none."""
    found = _ADDRESS.search(word)
    return found[0] if found and not _INSIDE.match(found[0]) else ""


def _interpreter(command: Command) -> bool:
    """Whether the pipeline ends in a program that runs what comes."""
    last = [word for word in command.pipeline[-1].split() if word != "sudo" and "=" not in word]
    name = last[0].rpartition("/")[2] if last else ""
    return name in _INTERPRETERS and not any(word in ("-c", "-e", "-m") or word.endswith(".py") for word in last[1:])


RULE = Rule(
    "runs-what-it-downloads", "script", Severity.WARNING, "a hook runs only what the chart and its images hold", check
)
