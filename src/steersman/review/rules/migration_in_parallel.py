"""A migration that several Pods run at once, or one after the other."""

from __future__ import annotations

from collections.abc import Iterator

from steersman.review.migrations import migrates, on_database
from steersman.review.model import Finding, Rule, Severity
from steersman.review.subject import Subject


def check(subject: Subject) -> Iterator[Finding]:
    for hook in subject.running_hooks:
        if hook.kind != "Job" or hook.at(("spec", "completionMode")) == "Indexed":
            continue
        parallel, times = (hook.at(("spec", field)) for field in ("parallelism", "completions"))
        if not (migrates(subject, hook) and on_database(subject, hook)):
            continue
        # Without completions Kubernetes starts `parallelism` Pods; with them never more than are still to be completed.
        at_once = min(parallel, times) if isinstance(parallel, int) and isinstance(times, int) else parallel
        if isinstance(at_once, int) and at_once > 1:
            yield hook.finding(
                f"{at_once} Pods run this migration at the same time, on one database",
                ("spec", "parallelism"),
                hint="Leave parallelism and completions out: one Pod, once.",
            )
        elif isinstance(times, int) and times > 1:
            yield hook.finding(
                f"the migration is run {times} times, one after the other",
                ("spec", "completions"),
                hint="Leave it out.",
            )


RULE = Rule("migration-in-parallel", "pod", Severity.ERROR, "one Pod runs a migration, once", check)
