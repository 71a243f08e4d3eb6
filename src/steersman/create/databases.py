"""PostgreSQL and MySQL: what differs between them in a hook."""

from __future__ import annotations

from dataclasses import dataclass

from steersman.create.request import Engine


@dataclass(frozen=True, slots=True)
class Dialect:
    """Shell and SQL of one database. `env` are the names of its variables: host, port, user, database, password."""

    image: str
    version: str
    port: int
    env: tuple[str, str, str, str, str]
    extra_env: tuple[tuple[str, str], ...]
    ping: str
    client: str
    query: str
    dump: str
    settings: tuple[str, ...]
    begin: str
    commit: str
    table: str
    mark: str
    url: str
    jdbc: str


POSTGRES = Dialect(
    image="postgres",
    version="16",
    port=5432,
    env=("PGHOST", "PGPORT", "PGUSER", "PGDATABASE", "PGPASSWORD"),
    extra_env=(("PGCONNECT_TIMEOUT", "5"),),
    ping="pg_isready -q",
    client="psql -v ON_ERROR_STOP=1",
    query='psql -v ON_ERROR_STOP=1 -Atc "{}"',
    dump="pg_dump --no-owner",
    settings=("SET lock_timeout = '5s';", "SET statement_timeout = '60s';"),
    begin="BEGIN;",
    commit="COMMIT;",
    table="""\
CREATE TABLE IF NOT EXISTS schema_versions (
  version INTEGER PRIMARY KEY,
  applied_at TIMESTAMPTZ NOT NULL DEFAULT now()
);""",
    mark="INSERT INTO schema_versions (version) VALUES (1) ON CONFLICT (version) DO NOTHING;",
    url="postgresql",
    jdbc="postgresql",
)

# MySQL commits each statement that changes a schema by itself, so every one has to bear being run again.
MYSQL = Dialect(
    image="mysql",
    version="8.4",
    port=3306,
    env=("DB_HOST", "DB_PORT", "DB_USER", "DB_NAME", "MYSQL_PWD"),
    extra_env=(),
    ping='mysqladmin --host="$DB_HOST" --port="$DB_PORT" --user="$DB_USER" --connect-timeout=5 --silent ping',
    client='mysql --host="$DB_HOST" --port="$DB_PORT" --user="$DB_USER" --connect-timeout=5 "$DB_NAME"',
    query='mysql --host="$DB_HOST" --port="$DB_PORT" --user="$DB_USER" --connect-timeout=5 '
    '--batch --skip-column-names --execute="{}" "$DB_NAME"',
    dump='mysqldump --host="$DB_HOST" --port="$DB_PORT" --user="$DB_USER" --single-transaction --no-tablespaces "$DB_NAME"',
    settings=(
        "SET SESSION lock_wait_timeout = 5;",
        "SET SESSION innodb_lock_wait_timeout = 5;",
    ),
    begin="START TRANSACTION;",
    commit="COMMIT;",
    table="""\
CREATE TABLE IF NOT EXISTS schema_versions (
  version INTEGER PRIMARY KEY,
  applied_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP
);""",
    mark="INSERT INTO schema_versions (version) VALUES (1) ON DUPLICATE KEY UPDATE version = version;",
    url="mysql+pymysql",
    jdbc="mysql",
)

DIALECTS = {Engine.POSTGRES: POSTGRES, Engine.MYSQL: MYSQL}
