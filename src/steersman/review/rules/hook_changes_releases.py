"""Helm within a hook: it changes releases while this one is still being changed."""

from __future__ import annotations

from collections.abc import Iterator

from steersman.review.model import Finding, Rule, Severity
from steersman.review.rules.migration_tool_resets import short
from steersman.review.shell import scripts
from steersman.review.subject import Subject

_VERBS = ("install", "upgrade", "rollback")


def check(subject: Subject) -> Iterator[Finding]:
    for script in scripts(subject):
        if script.item.is_test:
            continue
        for command in script.every_command:
            verb = next((word for word in command.words if not word.startswith("-")), "")
            if (
                command.name == "helm"
                and verb in _VERBS
                and not any(word.startswith("--dry-run") for word in command.words)
            ):
                yield script.finding(
                    f"`{short(command)}`: this release is still being changed, and must not be changed from within; another one "
                    "stays as the hook made it when this one is rolled back or uninstalled",
                    command.line,
                    hint="Make the other chart a dependency, or run its release from where this one is run.",
                )


RULE = Rule("hook-changes-releases", "script", Severity.WARNING, "no hook changes releases", check)
