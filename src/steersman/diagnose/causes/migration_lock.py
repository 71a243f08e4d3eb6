"""A migration tool that waits for another one of its kind, which mostly died."""

from __future__ import annotations

from steersman.diagnose.log_rule import log_rule

find = log_rule(
    "migration-lock",
    (
        r"Could not acquire change log lock\. +(?P<name>Currently locked by .*)",
        r"LockException|Waiting for changelog lock",
        r"(?P<name>Migration table is already locked)|MigrationLocked",
        r"Timed out trying to acquire a postgres advisory lock",
        r"can't acquire (?:database )?lock|failed to acquire (?:an )?(?:advisory )?lock|unable to acquire lock",
        r"(?P<name>Unable to (?:acquire|obtain) (?:Flyway|table|PostgreSQL) (?:advisory )?lock.*)",
        r"ActiveRecord::ConcurrentMigrationError|Cannot run migrations because another migration process is currently running",
    ),
    problem="The migration tool could not get its own lock: another run holds it. {name}",
    explanation="Either another migration is really running (two Pods at once, the application that migrates at its "
    "start), or one was killed "
    "half way and its lock stayed in the table.",
    fix="See whether another migration runs. If none does, release the lock with the tool (liquibase releaseLocks, "
    "knex migrate:unlock, delete "
    "the row of DATABASECHANGELOGLOCK or knex_migrations_lock), and then check how far the killed one had come.",
    verify=("kubectl -n {namespace} get pods",),
)
