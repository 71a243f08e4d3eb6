"""A migration tool that waits for another one of its kind, which mostly died."""

from __future__ import annotations

from steersman.diagnose.log_rule import latest_of, log_rule

DATABASE = log_rule(
    "migration-lock",
    (
        r"Could not acquire change log lock\. +(?P<name>Currently locked by .*)",
        r"LockException|Waiting for changelog lock|[Mm]igration lock is (?:already )?held",
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
STATE = log_rule(
    "migration-lock",
    (r"Error acquiring the state lock|Error locking state: ",),
    problem="Terraform could not get the lock of its state: another run holds it, or one was killed.",
    explanation="The lock lies beside the state (a bucket, a table, a Secret) and stays there when a Pod is killed half way.",
    fix="See whether another run is at work. If none is: terraform force-unlock ID (the ID stands below the error).",
    verify=("kubectl -n {namespace} get pods",),
)
RESTIC = log_rule(
    "migration-lock",
    (r"unable to create lock in backend: repository is already locked(?P<name>.*)",),
    problem="The restic repository is locked by another run{name}, or by one that was killed.",
    explanation="A Pod that is killed in the middle of a backup leaves its lock in the repository.",
    fix="See whether another backup runs; if none does, restic unlock (which removes only stale locks).",
    verify=("kubectl -n {namespace} get pods",),
)

find = latest_of(DATABASE, STATE, RESTIC)
