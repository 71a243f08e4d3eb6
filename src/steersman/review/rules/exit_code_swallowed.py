"""A failure that the script throws away."""

from __future__ import annotations

from collections.abc import Iterator

from steersman.review.model import Finding, Rule, Severity
from steersman.review.shell import Command, scripts
from steersman.review.subject import Subject


def check(subject: Subject) -> Iterator[Finding]:
    for script in scripts(subject):
        for command in script.commands:
            if not command.name or _removes(command):
                continue
            if command.fallback.strip() in ("true", ":", "exit 0", "return 0"):
                yield script.item.finding(
                    f"`|| {command.fallback.strip()}` makes a failure of `{command.name}` look like a success",
                    script.path,
                    offset=command.line,
                    hint="Let it fail, or let the hook be one that may: `steersman.dev/hook-failure: warn`.",
                )
        _, *before_last = reversed(script.commands) if script.commands else (None,)
        last = script.commands[-1] if script.commands else None
        if last is None or last.loop or last.checked or not before_last or script.option("e", "errexit"):
            continue
        if last.name == "exit" and last.words == ("0",) and script.statements[-1].start_point[0] == last.line:
            yield script.item.finding(
                "the script ends with `exit 0`, whatever happened before", script.path, offset=last.line
            )


def _removes(command: Command) -> bool:
    """Removing what may not be there, or making what may: that is how it is said in a shell."""
    return command.name in ("rm", "mkdir", "kill", "pkill") or command.words[:1] == ("delete",)


RULE = Rule("exit-code-swallowed", "script", Severity.WARNING, "a failure is not thrown away", check)
