"""A secret is sent to a server whose certificate is not checked."""

from __future__ import annotations

import re
from collections.abc import Iterator

from steersman.review.model import Finding, Rule, Severity
from steersman.review.rules.runs_what_it_downloads import outside
from steersman.review.rules.secret_on_command_line import VARIABLE, named_so
from steersman.review.shell import scripts
from steersman.review.subject import Subject

_CARRIES = re.compile(r"authorization:|(?:x-)?api-?key:|x-[\w-]*token:", re.IGNORECASE)


def check(subject: Subject) -> Iterator[Finding]:
    for script in scripts(subject):
        for command in script.every_command:
            unverified = (command.name == "curl" and command.option("-k", "--insecure")) or (
                command.name == "wget" and "--no-check-certificate" in command.words
            )
            if not unverified or not any(outside(word) for word in command.words):
                continue
            secret = any(
                _CARRIES.search(word) or any(named_so(name) for name in VARIABLE.findall(word))
                for word in command.words
            )
            if secret or command.option("-u", "--user"):
                yield script.finding(
                    f"`{command.name}` sends a secret, and does not check to whom: whoever answers at this address gets it",
                    command.line,
                    hint="Leave -k out, and give it the authority's certificate where it is an own one (--cacert).",
                )


RULE = Rule("secret-sent-unverified", "script", Severity.WARNING, "a secret goes only to a server that is known", check)
