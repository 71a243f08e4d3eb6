"""A hook that installs what it needs when it runs: without the internet, or with another version there, the release fails."""

from __future__ import annotations

import re
from collections.abc import Iterator

from steersman.review.commands import Command
from steersman.review.model import Finding, Rule, Severity
from steersman.review.shell import scripts
from steersman.review.subject import Subject

_INSTALLS = re.compile(
    r"^(apk( -\S+)* add|apt(-get)?( -\S+)* install|(yum|dnf|microdnf)( -\S+)* install|python[\d.]* -m pip install|pip3? install"
    r"|npm (i|install|ci)|yarn (add|install)|pnpm (add|install|i)|gem install|go install|cargo install|composer (install|require)"
    r"|helm plugin install|gcloud components install)\b"
)
_FROM_HERE = re.compile(r"--no-index|--no-network|--offline|\s\.{0,1}/\S+\.(whl|apk|deb|rpm|tgz|tar\.gz|gem)\b")


def check(subject: Subject) -> Iterator[Finding]:
    for script in scripts(subject):
        for command in script.every_command:
            if found := installs(command):
                yield script.finding(
                    f"`{found}` fetches from the internet at every run: without it, or with another version, it fails",
                    command.line,
                    hint="Build an image that has it, and name its version.",
                    minor=script.item.is_test,
                )
                break


def installs(command: Command) -> str:
    """What a command installs with, as written; "" for nothing."""
    line = " ".join((command.name, *command.words))
    found = _INSTALLS.match(line)
    return found[0] if found and not _FROM_HERE.search(line) else ""


RULE = Rule("installs-at-run-time", "script", Severity.WARNING, "a hook's image has all that the hook needs", check)
