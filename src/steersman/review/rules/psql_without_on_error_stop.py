"""psql that goes on after a statement has failed."""

from __future__ import annotations

from collections.abc import Iterator

from steersman.review.model import Finding, Rule, Severity
from steersman.review.shapes import entries
from steersman.review.shell import Script, mounted_files, scripts
from steersman.review.sql import files_read
from steersman.review.subject import Subject


def check(subject: Subject) -> Iterator[Finding]:
    for script in scripts(subject):
        given: dict[str, list[str]] = {}
        for path, (_, _, text) in mounted_files(script.item, script.container, subject.items):
            given.setdefault(path, []).append(text)
        set_before = everywhere(script)
        for command in script.commands:
            if command.name != "psql" or any("ON_ERROR_STOP" in word for word in command.words):
                continue
            texts = [heredoc.text for heredoc in command.heredocs]
            texts += [text for file in files_read(command) for text in given.get(file, ())]
            if set_before or any("ON_ERROR_STOP" in text for text in texts):
                continue
            statements = sum(word in ("-c", "--command") or word.startswith("--command=") for word in command.words)
            reads = (
                bool(command.heredocs)
                or command.option("-f", "--file")
                or bool(command.fed_by)
                or any(sign.startswith("<") for sign, _ in command.redirects)
            )
            if reads or statements > 1:
                yield script.finding(
                    "psql goes on after a statement that failed and then exits with 0",
                    command.line,
                    hint="Give it `-v ON_ERROR_STOP=1`.",
                )


def everywhere(script: Script) -> bool:
    """Whether it is switched on for every call: in psqlrc, in a variable that holds the options, in a function."""
    outside = script.text
    for command in script.commands:
        if command.name == "psql":
            outside = outside.replace(command.raw, "").replace(
                "".join(each.text for each in command.heredocs) or "\0", ""
            )
    values = (str(each.get("value")) for _, each in entries(script.container.spec.get("env")))
    return "ON_ERROR_STOP" in outside or any("ON_ERROR_STOP" in value for value in values)


RULE = Rule("psql-without-on-error-stop", "script", Severity.ERROR, "psql stops at the first failing statement", check)
