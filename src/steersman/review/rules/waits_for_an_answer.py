"""A command that asks a person before it works: in a Pod nobody answers."""

from __future__ import annotations

import re
from collections.abc import Iterator

from steersman.review.commands import Command
from steersman.review.model import Finding, Rule, Severity
from steersman.review.rules.secret_on_command_line import MYSQL
from steersman.review.shapes import entries
from steersman.review.shell import Script, scripts
from steersman.review.subject import Subject

# Program and words; the option without which it asks; what becomes of it.
_ABORTS, _FAILS = "asks whether to go on, and aborts", "asks whether to go on, and fails"
_NOBODY = "makes no user without a terminal, and succeeds all the same"
_APT, _YUM = r"\s(-\w*y\w*|--yes|--assume-yes|-\w*q\w*q\w*|-s)\b", r"\s(-\w*y\w*|--assumeyes)\b"
_ASKS = tuple(
    (re.compile(pattern), re.compile(unless), words, hint)
    for pattern, unless, words, hint in (
        (r"^apt(-get)?\b.* (install|upgrade|dist-upgrade|remove)\b", _APT, _ABORTS, "-y"),
        (r"^(yum|dnf|microdnf)\b.* (install|update|upgrade|remove)\b", _YUM, _ABORTS, "-y"),
        (r"\bmanage\.py (flush|collectstatic)\b", r"--no-?input\b", _FAILS, "--noinput"),
        (r"\bmanage\.py createsuperuser\b", r"--no-?input\b", _NOBODY, "--noinput"),
        (r"\bprisma migrate reset\b", r"--force\b|\s-f\b", _FAILS, "--force"),
        (
            r"^(terraform|tofu) (apply|destroy)\b",
            r"-auto-approve|-input=false| apply (-\S+ )*[^-\s]",
            _FAILS,
            "-auto-approve",
        ),
        (r"^az\b.* delete\b", r"\s(-y|--yes)\b", _FAILS, "--yes"),
    )
)
_LARAVEL = re.compile(r"\bartisan (migrate(:\w+)?|db:seed)\b")


def check(subject: Subject) -> Iterator[Finding]:
    for script in scripts(subject):
        for command in script.every_command:
            if command.fed_by or command.heredocs or any(sign.startswith("<") for sign, _ in command.redirects):
                continue  # it is answered
            words, hint = _asks(script, command)
            if words:
                yield script.finding(f"`{command.name}` {words}: in a Pod nobody answers", command.line, hint=hint)


def _asks(script: Script, command: Command) -> tuple[str, str]:
    line = " ".join((command.name, *command.words))
    if command.name in ("echo", "printf"):
        return "", ""
    if command.name in MYSQL and ("-p" in command.words or "--password" in command.words):
        return "-p without a value asks for the password", "Hand the password over in MYSQL_PWD, or in a file."
    if command.name in ("psql", "pg_dump", "pg_restore", "createdb", "dropdb") and (
        "-W" in command.words or "--password" in command.words
    ):
        return "-W asks for the password", "Leave it out, and hand the password over in PGPASSWORD."
    found = _LARAVEL.search(line)
    if found and found[2] not in (":status", ":install") and not re.search(r"--(force|pretend|env=test)", line):
        values = {str(each.get("name")): each.get("value") for _, each in entries(script.container.spec.get("env"))}
        if values.get("APP_ENV") == "production":
            return "asks whether to go on in production, and is cancelled", "Give it --force."
    for pattern, unless, words, option in _ASKS:
        if pattern.search(line) and not unless.search(line):
            return words, f"Give it {option}."
    return "", ""


RULE = Rule("waits-for-an-answer", "script", Severity.WARNING, "no command asks a person", check)
