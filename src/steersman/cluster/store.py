"""Where the cluster's objects live: SQLite on disk, an index in memory, and the event log in between.

Every write is one SQLite transaction in WAL mode, committed before `put` or `delete` returns: what was acknowledged survives
`kill -9` (the kernel has it; `synchronous=NORMAL` brings it to the disk at each checkpoint). Measured, a commit costs 20 to
40 µs, less than handing it to another thread, so there is none: all calls belong to the thread of the event loop.

Reads never touch the disk. Bodies are kept as encoded JSON, a quarter of what parsed objects take.
"""

from __future__ import annotations

import json
import sqlite3
from bisect import bisect_left, insort
from collections.abc import Iterable
from pathlib import Path

from steersman.cluster.history import Change, EventType, History, Record
from steersman.errors import ApiError, SteersmanError

Records = list[Record]
Names = list[str]

SCHEMA = """
CREATE TABLE IF NOT EXISTS objects (
    resource TEXT NOT NULL, key TEXT NOT NULL, revision INTEGER NOT NULL, labels TEXT, body BLOB NOT NULL,
    PRIMARY KEY (resource, key)
);
CREATE TABLE IF NOT EXISTS revision (id INTEGER PRIMARY KEY CHECK (id = 0), value INTEGER NOT NULL);
INSERT OR IGNORE INTO revision VALUES (0, 1);
"""


class StoreError(SteersmanError):
    """The state on disk cannot be used."""


class _Table:
    """The objects of one resource, by key and in order."""

    __slots__ = ("keys", "records")

    def __init__(self) -> None:
        self.records: dict[str, Record] = {}
        self.keys: list[str] = []

    def put(self, record: Record) -> Record | None:
        key = record.key
        previous = self.records.get(key)
        if previous is None:
            insort(self.keys, key)
        self.records[key] = record
        return previous

    def remove(self, key: str) -> None:
        del self.records[key]
        del self.keys[bisect_left(self.keys, key)]

    def range(self, namespace: str | None, after: str) -> Iterable[str]:
        start, end = 0, len(self.keys)
        if namespace is not None:
            start, end = bisect_left(self.keys, f"{namespace}/"), bisect_left(self.keys, f"{namespace}0")
        if after:
            start = max(start, bisect_left(self.keys, after + "\0"))
        return self.keys[start:end]


class Store:
    """All objects, addressed by resource name (`jobs.batch`), namespace ("" for cluster-scoped) and name.

    `path` None keeps everything in memory only. Not thread-safe; raises StoreError where the file is not usable.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._database = self._open(path)
        self.revision: int = self._database.execute("SELECT value FROM revision").fetchone()[0]
        self._tables: dict[str, _Table] = {}
        for resource, key, revision, labels, body in self._database.execute(
            "SELECT resource, key, revision, labels, body FROM objects ORDER BY resource, key"
        ):
            namespace, _, name = key.partition("/")
            table = self._tables.setdefault(resource, _Table())
            found = json.loads(labels) if labels else {}
            table.records[key] = Record(resource, namespace, name, revision, body, found)
            table.keys.append(key)
        self.history = History(self.revision)

    @staticmethod
    def _open(path: Path | None) -> sqlite3.Connection:
        try:
            database = sqlite3.connect(path or ":memory:", isolation_level=None, check_same_thread=False)
            # One process owns the file; SQLite then needs no shared memory beside it and no lock per transaction.
            database.execute("PRAGMA locking_mode=EXCLUSIVE")
            database.execute("PRAGMA journal_mode=WAL")
            database.execute("PRAGMA synchronous=NORMAL")
            database.executescript(SCHEMA)
        except sqlite3.Error as error:
            raise StoreError(
                f"cannot use the cluster's state in {path}: {error}",
                hint="Another server may hold it; `steer cluster reset` starts over with an empty cluster.",
            ) from error
        return database

    def get(self, resource: str, namespace: str, name: str) -> Record | None:
        table = self._tables.get(resource)
        return table.records.get(f"{namespace}/{name}") if table is not None else None

    def list(self, resource: str, namespace: str | None = None, after: str = "") -> Records:
        """In key order; `namespace` None means all, `after` is the key of the last record of the page before."""
        table = self._tables.get(resource)
        if table is None:
            return []
        return [table.records[key] for key in table.range(namespace, after)]

    def resources(self) -> Names:
        """Every resource that has objects."""
        return [name for name, table in self._tables.items() if table.records]

    def put(self, record: Record) -> Change:
        """Store a new version. `record.revision` has to be `self.revision + 1` and to stand in its body."""
        key = record.key
        labels = json.dumps(record.labels, separators=(",", ":")) if record.labels else None
        with self._transaction(record.revision) as database:
            database.execute(
                "INSERT INTO objects VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
                "revision = excluded.revision, labels = excluded.labels, body = excluded.body",
                (record.resource, key, record.revision, labels, record.body),
            )
        previous = self._tables.setdefault(record.resource, _Table()).put(record)
        return self._log("ADDED" if previous is None else "MODIFIED", record, previous)

    def delete(self, record: Record) -> Change:
        """Remove the object; `record` is its last state, with the revision of the deletion. Raises KeyError."""
        table = self._tables[record.resource]
        previous = table.records[record.key]
        with self._transaction(record.revision) as database:
            database.execute("DELETE FROM objects WHERE resource = ? AND key = ?", (record.resource, record.key))
        table.remove(record.key)
        return self._log("DELETED", record, previous)

    def close(self) -> None:
        self._database.close()

    def _transaction(self, revision: int) -> _Transaction:
        if revision != self.revision + 1:
            raise AssertionError(f"revision {revision} follows {self.revision}")
        return _Transaction(self._database, revision)

    def _log(self, kind: EventType, record: Record, previous: Record | None) -> Change:
        self.revision = record.revision
        change = Change(kind, record, previous)
        self.history.append(change)
        return change


class _Transaction:
    """BEGIN … COMMIT around one write and the revision that it takes. Raises ApiError (500) where the disk takes no more."""

    __slots__ = ("_database", "_revision")

    def __init__(self, database: sqlite3.Connection, revision: int) -> None:
        self._database = database
        self._revision = revision

    def __enter__(self) -> sqlite3.Connection:
        self._database.execute("BEGIN")
        return self._database

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        if kind is None:
            try:
                self._database.execute("UPDATE revision SET value = ?", (self._revision,))
                self._database.execute("COMMIT")
            except sqlite3.Error as failure:
                error = failure
            else:
                return
        if self._database.in_transaction:
            self._database.execute("ROLLBACK")
        if isinstance(error, sqlite3.Error):
            words = f"the cluster's state cannot be written: {error}"
            raise ApiError(words, code=500, reason="InternalError") from error
