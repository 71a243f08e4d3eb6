"""Hooks that are safe in all but one thing: the whole review tells that one, and nothing else."""

from __future__ import annotations

import pytest

from .kit import Json, document
from .safe import (
    AT_SCRIPTS,
    FROM_SECRET,
    MOUNTED,
    MYSQL,
    SAFE_CONTAINER,
    SCRIPTS,
    VOLUME,
    WAIT,
    files,
    found,
    hook,
    psql,
)

# The one flaw in each, and the rule that tells it.
PLANTED: dict[str, tuple[list[Json], str]] = {
    "one line, not the last command": (
        [hook("cd /app; ./prepare; ./work", shell=("/bin/sh", "-c"))],
        "script-without-errexit",
    ),
    "script file without set -e": (
        [
            files(run_sh="#!/bin/sh\n./prepare\n./work\n"),
            hook(command=["/bin/sh", "/scripts/run.sh"], pod=SCRIPTS, container=AT_SCRIPTS),
        ],
        "script-without-errexit",
    ),
    "script file run by name": (
        [
            files(run_sh="#!/bin/bash\nset -e\ncurl -m 5 -s http://x/ping\n"),
            hook(command=["/scripts/run.sh"], pod=SCRIPTS, container=AT_SCRIPTS),
        ],
        "curl-without-fail",
    ),
    "psql reads a pipe": ([hook(f"{WAIT}\necho 'SELECT 1; SELECT 2' | psql")], "psql-without-on-error-stop"),
    "second psql without": (
        [hook(f"{WAIT}\npsql -v ON_ERROR_STOP=1 -f /a.sql\npsql -f /b.sql")],
        "psql-without-on-error-stop",
    ),
    "psql without a shell": ([hook(command=["psql", "-c", "CREATE TABLE a (b int)"])], "sql-not-repeatable"),
    "create index": ([hook(psql("CREATE INDEX i ON orders (a);"))], "sql-not-repeatable"),
    "insert without conflict": ([hook(psql("INSERT INTO plans (id) VALUES (1);"))], "sql-not-repeatable"),
    "create policy": ([hook(psql("CREATE POLICY p ON orders USING (true);"))], "sql-not-repeatable"),
    "insert through echo": (
        [hook(f'{WAIT}\necho "INSERT INTO plans VALUES (1)" | psql -v ON_ERROR_STOP=1')],
        "sql-not-repeatable",
    ),
    "index blocks writes": ([hook(psql("CREATE INDEX IF NOT EXISTS i ON orders (a);"))], "sql-blocking-lock"),
    "not null without default": (
        [hook(psql("ALTER TABLE orders ADD COLUMN IF NOT EXISTS a int NOT NULL;"))],
        "sql-blocking-lock",
    ),
    "volatile default": (
        [hook(psql("ALTER TABLE orders ADD COLUMN IF NOT EXISTS a uuid DEFAULT gen_random_uuid();"))],
        "sql-blocking-lock",
    ),
    "type change": (
        [hook(psql("ALTER TABLE orders ALTER COLUMN a TYPE bigint;")), hook("true", on="pre-rollback", name="undo")],
        "sql-blocking-lock",
    ),
    "no lock timeout": (
        [hook(f"{WAIT}\npsql -v ON_ERROR_STOP=1 -c 'ALTER TABLE orders ADD COLUMN IF NOT EXISTS a int'")],
        "sql-no-lock-timeout",
    ),
    "concurrently in a transaction": (
        [hook(psql("BEGIN;\nCREATE INDEX CONCURRENTLY IF NOT EXISTS i ON orders (a);\nCOMMIT;"))],
        "sql-concurrently-in-transaction",
    ),
    "mysql add column": (
        [hook(f"{MYSQL}ALTER TABLE orders ADD COLUMN a INT;\nSQL", on="pre-upgrade,pre-install")],
        "sql-not-repeatable",
    ),
    "mysql type change": (
        [hook(f"{MYSQL}ALTER TABLE orders MODIFY COLUMN a BIGINT;\nSQL"), hook(on="pre-rollback", name="undo")],
        "sql-blocking-lock",
    ),
    "mysql waits a year": (
        [
            hook(
                "mysql -e 'ALTER TABLE orders ADD COLUMN IF NOT EXISTS a INT'",
                pod={"initContainers": [{**SAFE_CONTAINER, "name": "wait", "command": ["wait-for-db"]}]},
            )
        ],
        "sql-no-lock-timeout",
    ),
    "password by redis-cli -a": (
        [
            hook(
                'redis-cli -h cache -e -a "$DB_PASSWORD" flushdb',
                on="post-upgrade,post-install",
                container={**FROM_SECRET},
                pod={"initContainers": [{**SAFE_CONTAINER, "name": "wait", "command": ["wait-for-it"]}]},
            )
        ],
        "secret-on-command-line",
    ),
    "password of any program": (
        [hook('./tool --password="$DB_PASSWORD"', container=FROM_SECRET)],
        "secret-on-command-line",
    ),
    "password without a shell": (
        [hook(command=["tool", "--password", "$(DB_PASSWORD)"], container=FROM_SECRET)],
        "secret-on-command-line",
    ),
    "redis error is a success": (
        [hook(command=["redis-cli", "-h", "cache", "FLUSHDB"], on="post-upgrade,pre-upgrade")],
        "redis-cli-exit-code",
    ),
    "or true on the work": ([hook("alembic upgrade head || true")], "exit-code-swallowed"),
    "pipe into gzip": (
        [hook("pg_dump shop | gzip > /backup/x.gz", on="pre-upgrade", name="save", container=MOUNTED, pod=VOLUME)],
        "script-pipe-hides-failure",
    ),
    "loop ends by success only": (
        [hook("while true; do pg_isready && break; sleep 1; done", spec={"activeDeadlineSeconds": None})],
        "unbounded-loop",
    ),
    "sleep, then the work": (
        [hook("sleep 30\n./register", on="post-install,post-upgrade")],
        "sleep-instead-of-waiting",
    ),
    "backup after the migration": (
        [
            hook("alembic upgrade head", name="migrate", weight=0),
            hook("pg_dump shop > /backup/a", name="backup", weight=5, on="pre-upgrade", container=MOUNTED, pod=VOLUME),
        ],
        "backup-after-migration",
    ),
    "check before the migration": (
        [
            hook("alembic upgrade head", name="migrate", weight=5),
            hook("alembic check", name="validate-migration", weight=0),
        ],
        "backup-after-migration",
    ),
    "test pod is restarted": (
        [
            document(
                "Pod",
                "t",
                "test",
                spec={
                    "automountServiceAccountToken": False,
                    "activeDeadlineSeconds": 60,
                    "containers": [{**SAFE_CONTAINER, "command": ["true"]}],
                },
            )
        ],
        "hook-restart-policy",
    ),
    "job without restartPolicy": ([hook(pod={"restartPolicy": None})], "hook-restart-policy"),
    "old result is read": ([hook(policy="hook-succeeded")], "delete-policy-old-result"),
    "evidence is destroyed": ([hook(policy="hook-failed,before-hook-creation")], "delete-policy-destroys-evidence"),
    "ttl": ([hook(spec={"ttlSecondsAfterFinished": 10})], "hook-ttl"),
    "later secret": (
        [document("Secret", "outside", data={"k": "eA=="}), hook(container=FROM_SECRET)],
        "hook-later-reference",
    ),
    "write is lost": ([hook("pg_dump shop > /backup/a", on="pre-upgrade", name="save")], "write-without-volume"),
    "deadline beyond the timeout": ([hook(spec={"activeDeadlineSeconds": 900})], "hook-deadline"),
    "no deadline": ([hook(spec={"activeDeadlineSeconds": None})], "hook-deadline"),
    "moving tag": ([hook(container={"image": "postgres:latest"})], "mutable-image-tag"),
    "bash under sh": ([hook("for i in {1..3}; do echo; done")], "bashism-under-sh"),
}

# Beside the planted one: what belongs to it as its other side.
ALSO = {
    "create index": {"sql-blocking-lock", "hook-repeats-unsafe-work"},
    "insert without conflict": {"hook-repeats-unsafe-work"},
    "insert through echo": {"hook-repeats-unsafe-work"},
    "psql without a shell": {"no-retry-on-connect", "hook-repeats-unsafe-work"},
    "concurrently in a transaction": set(),
    "mysql add column": {"no-retry-on-connect", "hook-repeats-unsafe-work"},
    "mysql type change": {"no-retry-on-connect", "gitops-events"},
    "type change": {"gitops-events"},
    "script file run by name": {"no-retry-on-connect"},
    "redis error is a success": {"gitops-events"},
    "loop ends by success only": {"hook-deadline"},
    "psql reads a pipe": set(),
    "pipe into gzip": {"gitops-events"},
    "write is lost": {"gitops-events"},
    "backup after the migration": {"gitops-events"},
}


@pytest.mark.parametrize("name", PLANTED)
def test_the_planted_flaw_is_found_and_nothing_else(name: str) -> None:
    objects, rule = PLANTED[name]
    said = found(*objects)
    assert rule in said
    assert said - ALSO.get(name, set()) == {rule}
