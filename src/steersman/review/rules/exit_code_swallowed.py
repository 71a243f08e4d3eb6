"""A failure that the script throws away."""

from __future__ import annotations

from collections.abc import Iterator

from steersman.review.commands import Command
from steersman.review.model import Finding, Rule, Severity
from steersman.review.shell import scripts
from steersman.review.subject import Subject

CLEANERS = (
    "rm",
    "rmdir",
    "mkdir",
    "kill",
    "pkill",
    "dropdb",
    "umount",
    "wait",
    "unset",
    "grep",
    "diff",
    "which",
    "command",
)


def check(subject: Subject) -> Iterator[Finding]:
    for script in scripts(subject):
        for command in script.commands:
            if not command.name or command.captured or _removes(command):
                continue
            if command.fallback.strip() in ("true", ":", "exit 0", "return 0"):
                yield script.finding(
                    f"`|| {command.fallback.strip()}` makes a failure of `{command.name}` look like a success",
                    command.line,
                    hint="Let it fail, or let the hook be one that may: `steersman.dev/hook-failure: warn`.",
                )
        _, *before_last = reversed(script.commands) if script.commands else (None,)
        last = script.commands[-1] if script.commands else None
        if last is None or last.loop or last.checked or not before_last or script.option("e", "errexit"):
            continue
        if last.name == "exit" and last.words == ("0",) and script.statements[-1].start_point[0] == last.line:
            yield script.finding("the script ends with `exit 0`, whatever happened before", last.line)


def _removes(command: Command) -> bool:
    """Removing what may not be there, or making what may: that is how it is said in a shell."""
    return command.name in CLEANERS or "delete" in command.words or "DELETE" in command.words


RULE = Rule("exit-code-swallowed", "script", Severity.WARNING, "a failure is not thrown away", check)
