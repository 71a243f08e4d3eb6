"""A migration tool that names the migration that failed; why, another line may say."""

from __future__ import annotations

from steersman.diagnose.diagnosis import Confidence
from steersman.diagnose.log_rule import log_rule

find = log_rule(
    "migration-failed",
    (
        r"Migration (?P<name>V?[\w.]+\.sql) failed",
        r"(?P<name>\S+\.(?:sql|go)): failed to run (?:SQL|Go) migration",
        r"Migration failed for changeset (?P<name>\S+)",
        r"migration (?:file )?\"?(?P<name>[^\s\"]+)\"? failed|while executing migration (?P<name2>\d+)",
        r"Failed to run (?P<name>\d{4}[\w-]+) with:|Could not migrate up (?P<name2>\S+):",
        r"An error has occurred, (?:this and )?all later migrations canceled",
        r"sql/migrate: execut\w+ statement|Failed executing DbCommand",
    ),
    problem="The migration {name}{name2} failed.",
    explanation="The tool names the migration that it was at; why its SQL failed, no line says in words that are known here.",
    fix="Look at the lines around it and at the server's log; run this migration by hand against a copy.",
    verify=("steer -n {namespace} logs {release} {hook}",),
    at_most=Confidence.MEDIUM,
    depth=1,
)
