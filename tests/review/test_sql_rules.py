"""The rules about SQL: what each finds, and what it leaves alone."""

from __future__ import annotations

import pytest

from steersman.manifest import yaml
from steersman.review.build import from_manifest
from steersman.review.configuration import Configuration
from steersman.review.runner import review
from steersman.review.sql import read

from .test_script_rules import found, job

TIMED = "SET lock_timeout = '5s';\n"


def psql(sql: str, options: str = "-v ON_ERROR_STOP=1") -> str:
    return job(f"set -e\npsql {options} <<'EOF'\n{sql}\nEOF\n")


def mysql(sql: str) -> str:
    return job(f"set -e\nmysql <<'EOF'\n{sql}\nEOF\n")


BAD = [
    ("sql-not-repeatable", psql("CREATE TABLE agents (id serial);")),
    ("sql-not-repeatable", psql("ALTER TABLE agents ADD COLUMN status VARCHAR(50) DEFAULT 'active';")),
    ("sql-not-repeatable", psql("CREATE INDEX idx ON agents(status);")),
    ("sql-not-repeatable", psql("INSERT INTO agents (name) VALUES ('a');")),
    ("sql-not-repeatable", psql("DROP TABLE agents;")),
    ("sql-not-repeatable", psql("ALTER TYPE mood ADD VALUE 'glad';")),
    ("sql-not-repeatable", psql("CREATE TYPE mood AS ENUM ('sad');")),
    ("sql-not-repeatable", psql("ALTER TABLE a RENAME COLUMN b TO c;")),
    ("sql-not-repeatable", psql("CREATE VIEW v AS SELECT 1;")),
    ("sql-not-repeatable", psql("ALTER TABLE ${TABLE} ADD COLUMN x int;")),
    ("sql-not-repeatable", job("psql -c 'ALTER TABLE agents ADD COLUMN x int'")),
    ("sql-not-repeatable", mysql("CREATE TABLE agents (id int);")),
    ("sql-not-repeatable", mysql("INSERT INTO agents VALUES (1);")),
    ("sql-not-repeatable", mysql("ALTER TABLE agents ADD COLUMN x int;")),
    ("sql-not-repeatable", job('mysql -e "DROP TABLE agents"')),
    ("sql-not-repeatable", psql("UPDATE a SET price = price * 1.05;")),
    ("sql-not-repeatable", psql("UPDATE a SET n = 2 * (n + 1) WHERE id = 1;")),
    ("sql-not-repeatable", psql("UPDATE a SET name = 'old-' || name WHERE kept;")),
    ("sql-not-repeatable", mysql("UPDATE a SET price = price * 1.05;")),
    ("sql-not-repeatable", mysql("UPDATE a SET name = concat('old-', name) WHERE kept;")),
    ("sql-uncommitted-transaction", psql("BEGIN;\nALTER TABLE a ADD COLUMN IF NOT EXISTS b int;")),
    ("sql-uncommitted-transaction", psql("BEGIN; TRUNCATE a; COMMIT; START TRANSACTION; TRUNCATE b;")),
    ("sql-uncommitted-transaction", mysql("START TRANSACTION;\nDELETE FROM a WHERE b = 1;")),
    ("sql-blocking-lock", psql("CREATE INDEX IF NOT EXISTS i ON agents(status);")),
    ("sql-blocking-lock", psql("ALTER TABLE agents ALTER COLUMN name TYPE text;")),
    ("sql-blocking-lock", psql("ALTER TABLE agents ALTER COLUMN name SET NOT NULL;")),
    ("sql-blocking-lock", psql("ALTER TABLE a ADD CONSTRAINT f FOREIGN KEY (b) REFERENCES c(id);")),
    ("sql-blocking-lock", psql("VACUUM FULL agents;")),
    ("sql-concurrently-in-transaction", psql("BEGIN;\nCREATE INDEX CONCURRENTLY IF NOT EXISTS i ON a(b);\nCOMMIT;")),
    (
        "sql-concurrently-in-transaction",
        psql("CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON a(b);", "-1 -v ON_ERROR_STOP=1"),
    ),
    ("sql-no-lock-timeout", psql("ALTER TABLE agents ADD COLUMN IF NOT EXISTS x int;")),
    ("sql-data-loss", psql("DROP TABLE IF EXISTS agents;")),
    ("sql-data-loss", psql("ALTER TABLE agents DROP COLUMN IF EXISTS name;")),
    ("sql-data-loss", psql("TRUNCATE agents;")),
    ("sql-data-loss", psql("DELETE FROM agents;")),
    ("sql-data-loss", psql("UPDATE agents SET a = 1;")),
    ("sql-data-loss", mysql("DROP TABLE IF EXISTS agents;")),
    (
        "sql-no-transaction",
        psql("ALTER TABLE a ADD COLUMN IF NOT EXISTS x int;\nALTER TABLE a ADD COLUMN IF NOT EXISTS y int;"),
    ),
]
GOOD = [
    ("sql-not-repeatable", psql("UPDATE a SET name = 'old-' || name WHERE name NOT LIKE 'old-%';")),
    ("sql-not-repeatable", psql("UPDATE a SET b = coalesce(b, 0), c = d + 1, e = lower(e);")),
    ("sql-not-repeatable", psql("UPDATE a SET doc = doc || '{\"v\": 2}'::jsonb;")),
    ("sql-not-repeatable", mysql("UPDATE a SET price = price * 2, done = 1 WHERE done = 0 AND price < 5;")),
    ("sql-uncommitted-transaction", psql("BEGIN;\nTRUNCATE a;\nCOMMIT;")),
    ("sql-uncommitted-transaction", psql("BEGIN;\nTRUNCATE a;\nEND;")),
    ("sql-uncommitted-transaction", psql("BEGIN;\nTRUNCATE a;\nROLLBACK;")),
    ("sql-uncommitted-transaction", psql("BEGIN;\nSELECT 1;")),
    ("sql-uncommitted-transaction", mysql("START TRANSACTION;\nDELETE FROM a;\nCOMMIT;")),
    ("sql-uncommitted-transaction", mysql("START TRANSACTION;\nALTER TABLE a ADD COLUMN b int;")),
    ("sql-not-repeatable", psql("CREATE TABLE IF NOT EXISTS agents (id serial);")),
    ("sql-not-repeatable", psql("ALTER TABLE agents ADD COLUMN IF NOT EXISTS x int;")),
    ("sql-not-repeatable", psql("INSERT INTO a VALUES (1) ON CONFLICT DO NOTHING;")),
    ("sql-not-repeatable", psql("INSERT INTO a SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM a);")),
    ("sql-not-repeatable", psql("DROP TABLE IF EXISTS agents;")),
    ("sql-not-repeatable", psql("ALTER TYPE mood ADD VALUE IF NOT EXISTS 'glad';")),
    ("sql-not-repeatable", psql("CREATE OR REPLACE VIEW v AS SELECT 1;")),
    ("sql-not-repeatable", psql("\\set ON_ERROR_STOP on\nSELECT 1;")),
    ("sql-not-repeatable", psql("SELECT embedding_model FROM agents LIMIT 1;")),
    ("sql-not-repeatable", psql("SELECT * FROM a WHERE b = :'name';")),
    ("sql-not-repeatable", mysql("CREATE TABLE IF NOT EXISTS agents (id int);")),
    ("sql-not-repeatable", mysql("INSERT IGNORE INTO agents VALUES (1);")),
    ("sql-not-repeatable", mysql("INSERT INTO a VALUES (1) ON DUPLICATE KEY UPDATE id = 1;")),
    ("sql-blocking-lock", psql("CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON agents(status);")),
    ("sql-blocking-lock", psql("CREATE TABLE IF NOT EXISTS a (b int);\nCREATE INDEX IF NOT EXISTS i ON a(b);")),
    ("sql-blocking-lock", psql("ALTER TABLE a ADD CONSTRAINT f FOREIGN KEY (b) REFERENCES c(id) NOT VALID;")),
    (
        "sql-concurrently-in-transaction",
        psql("BEGIN;\nSELECT 1;\nCOMMIT;\nCREATE INDEX CONCURRENTLY IF NOT EXISTS i ON a(b);"),
    ),
    ("sql-no-lock-timeout", psql(TIMED + "ALTER TABLE agents ADD COLUMN IF NOT EXISTS x int;")),
    (
        "sql-no-lock-timeout",
        psql("CREATE TABLE IF NOT EXISTS a (b int);\nALTER TABLE a ADD COLUMN IF NOT EXISTS c int;"),
    ),
    ("sql-data-loss", psql("DELETE FROM agents WHERE id = 1;")),
    (
        "sql-no-transaction",
        psql(
            "BEGIN;\nALTER TABLE a ADD COLUMN IF NOT EXISTS x int;\nALTER TABLE a ADD COLUMN IF NOT EXISTS y int;\nCOMMIT;"
        ),
    ),
    ("sql-no-transaction", psql("ALTER TABLE a ADD COLUMN IF NOT EXISTS x int;")),
]


@pytest.mark.parametrize(("rule", "manifest"), BAD)
def test_a_rule_finds_what_is_wrong(rule: str, manifest: str) -> None:
    assert found(rule, manifest)


@pytest.mark.parametrize(("rule", "manifest"), GOOD)
def test_a_rule_leaves_alone_what_is_right(rule: str, manifest: str) -> None:
    assert found(rule, manifest) == []


def test_a_finding_names_the_statements_line() -> None:
    manifest = psql("SELECT 1;\n\nCREATE TABLE a (b int);")
    finding = review(from_manifest(manifest, "x"), Configuration(only=frozenset({"sql-not-repeatable"}))).findings[0]
    assert manifest.splitlines()[finding.line - 1].strip() == "CREATE TABLE a (b int);"


def test_sql_in_a_configmap_that_the_script_runs() -> None:
    config = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "sql", "annotations": {"helm.sh/hook": "pre-upgrade", "helm.sh/hook-weight": "-1"}},
        "data": {"up.sql": "CREATE TABLE a (b int);\n"},
    }
    manifest = job("psql -v ON_ERROR_STOP=1 -f /sql/up.sql", volumeMounts=[{"name": "s", "mountPath": "/sql"}])
    hook = yaml.load(manifest)
    hook["spec"]["template"]["spec"]["volumes"] = [{"name": "s", "configMap": {"name": "sql"}}]
    messages = found("sql-not-repeatable", yaml.dump(config) + "---\n" + yaml.dump(hook))
    assert messages == ["not safe to run twice: CREATE TABLE fails when it is there already"]


@pytest.mark.parametrize("dialect", ["postgres", "mysql"])
def test_what_is_no_sql_is_no_error(dialect: str) -> None:
    assert read("this is ( no sql", dialect) == ()
