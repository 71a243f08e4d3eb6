"""`HELM_DRIVER=sql`: revisions in PostgreSQL, in the tables that helm 4.3.1 makes and reads.

`HELM_DRIVER_SQL_CONNECTION_STRING` names the database (libpq's key words or a URL). The schema is created where it is missing,
and noted in Helm's own table of migrations, so that Helm finds nothing left to do.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import time
from typing import TYPE_CHECKING, Any

from steersman.errors import AlreadyExists, ClusterUnreachable, NotFound, UsageError
from steersman.record import record
from steersman.release.record import Release, Status, storage_key
from steersman.release.selector import matches
from steersman.release.stored import OWNER, Stored

if TYPE_CHECKING:
    from psycopg import AsyncConnection

_MIGRATIONS = {
    "init": """
        CREATE TABLE releases_v1 (
            key VARCHAR(90),
            type VARCHAR(64) NOT NULL,
            body TEXT NOT NULL,
            name VARCHAR(64) NOT NULL,
            namespace VARCHAR(64) NOT NULL,
            version INTEGER NOT NULL,
            status TEXT NOT NULL,
            owner TEXT NOT NULL,
            createdAt INTEGER NOT NULL,
            modifiedAt INTEGER NOT NULL DEFAULT 0,
            PRIMARY KEY (key, namespace)
        );
        CREATE INDEX ON releases_v1 (key, namespace);
        CREATE INDEX ON releases_v1 (version);
        CREATE INDEX ON releases_v1 (status);
        CREATE INDEX ON releases_v1 (owner);
        CREATE INDEX ON releases_v1 (createdAt);
        CREATE INDEX ON releases_v1 (modifiedAt);
        GRANT ALL ON releases_v1 TO PUBLIC;
        ALTER TABLE releases_v1 ENABLE ROW LEVEL SECURITY;
    """,
    "custom_labels": """
        CREATE TABLE custom_labels_v1 (
            releaseKey VARCHAR(64),
            releaseNamespace VARCHAR(67),
            key VARCHAR(317),
            value VARCHAR(63)
        );
        CREATE INDEX ON custom_labels_v1 (releaseKey, releaseNamespace);
        GRANT ALL ON custom_labels_v1 TO PUBLIC;
        ALTER TABLE custom_labels_v1 ENABLE ROW LEVEL SECURITY;
    """,
}
_LEDGER = "CREATE TABLE IF NOT EXISTS gorp_migrations (id TEXT PRIMARY KEY, applied_at TIMESTAMP WITH TIME ZONE)"
# Held while the schema is made, so that two first users do not both make it.
_SCHEMA_LOCK = 0x7374656572


@record(slots=True)
class SqlDriver:
    """`connection` is libpq's connection string. A database accepts a record of any size."""

    connection: str
    name: str = "sql"
    size_limit: int | None = None
    _ready: bool = False

    async def query(
        self,
        namespace: str | None,
        *,
        name: str = "",
        version: int | None = None,
        superseded: bool = True,
        selector: str = "",
    ) -> list[Stored]:
        conditions: dict[str, Any] = {"owner = %s": OWNER}
        if namespace is not None:
            conditions["namespace = %s"] = namespace
        if name:
            conditions["name = %s"] = name
        if version is not None:
            conditions["version = %s"] = version
        if not superseded:
            conditions["status <> %s"] = Status.SUPERSEDED.value
        where = " AND ".join(conditions)
        async with self._session() as session:
            rows = await (
                await session.execute(
                    "SELECT r.name, r.namespace, r.version, r.status, r.body, r.createdAt, r.modifiedAt, "
                    "(SELECT jsonb_object_agg(l.key, l.value) FROM custom_labels_v1 l "
                    "WHERE l.releaseKey = r.key AND l.releaseNamespace = r.namespace) "
                    f"FROM releases_v1 r WHERE {where}".encode(),
                    tuple(conditions.values()),
                )
            ).fetchall()
        found = [
            Stored(
                name=row[0],
                namespace=row[1],
                version=row[2],
                status=Status(row[3]),
                payload=row[4],
                created_at=row[5],
                modified_at=row[6],
                labels=row[7] or {},
            )
            for row in rows
        ]
        return [stored for stored in found if matches(selector, stored.labels)]

    async def create(self, release: Release, payload: str) -> None:
        async with self._session() as session:
            done = await session.execute(
                "INSERT INTO releases_v1 (key, type, body, name, namespace, version, status, owner, createdAt) "
                "VALUES (%s, 'helm.sh/release.v1', %s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
                (
                    release.key,
                    payload,
                    release.name,
                    release.namespace,
                    release.version,
                    str(release.status),
                    OWNER,
                    int(time()),
                ),
            )
            if not done.rowcount:
                raise AlreadyExists(f"{release.key} already exists", code=409, reason="AlreadyExists")
            for key, value in release.labels.items():
                await session.execute(
                    "INSERT INTO custom_labels_v1 (releaseKey, releaseNamespace, key, value) VALUES (%s, %s, %s, %s)",
                    (release.key, release.namespace, key, value),
                )

    async def update(self, release: Release, payload: str) -> None:
        async with self._session() as session:
            done = await session.execute(
                "UPDATE releases_v1 SET body = %s, status = %s, modifiedAt = %s WHERE key = %s AND namespace = %s",
                (payload, str(release.status), int(time()), release.key, release.namespace),
            )
            if not done.rowcount:
                raise NotFound(f"{release.key} not found", code=404, reason="NotFound")

    async def delete(self, namespace: str, name: str, version: int) -> None:
        key = (storage_key(name, version), namespace)
        async with self._session() as session:
            await session.execute("DELETE FROM custom_labels_v1 WHERE releaseKey = %s AND releaseNamespace = %s", key)
            await session.execute("DELETE FROM releases_v1 WHERE key = %s AND namespace = %s", key)

    @asynccontextmanager
    async def _session(self) -> AsyncIterator[AsyncConnection[Any]]:
        """One transaction on a connection of its own; what fails in it is as if it had never been."""
        if not self.connection:
            raise UsageError(
                "HELM_DRIVER=sql needs a database",
                hint="set HELM_DRIVER_SQL_CONNECTION_STRING, e.g. postgresql://user:password@host/database",
            )
        try:
            import psycopg
        except ImportError:
            raise UsageError(
                "HELM_DRIVER=sql needs the PostgreSQL client library", hint="pip install 'steersman[sql]'"
            ) from None
        try:
            async with await psycopg.AsyncConnection.connect(self.connection) as session:
                if not self._ready:
                    await _make_schema(session)
                    self._ready = True
                yield session
        except psycopg.OperationalError as error:
            # libpq names host, port and user, never the password.
            raise ClusterUnreachable(f"the release database does not answer: {str(error).strip()}") from error


async def _make_schema(session: AsyncConnection[Any]) -> None:
    await session.execute("SELECT pg_advisory_xact_lock(%s)", (_SCHEMA_LOCK,))
    await session.execute(_LEDGER)
    done = {row[0] for row in await (await session.execute("SELECT id FROM gorp_migrations")).fetchall()}
    for name, statements in _MIGRATIONS.items():
        if name not in done:
            await session.execute(statements.encode())
            await session.execute("INSERT INTO gorp_migrations (id, applied_at) VALUES (%s, now())", (name,))
