"""Messages of tools that no machine here can run (their servers, clouds or downloads are out of reach), in the words that their documentation and users quote."""

# ruff: noqa: E501 (messages stand whole)
from __future__ import annotations

from dataclasses import replace

import pytest

from steersman.diagnose.facts import Facts, HookFacts, RunFacts
from steersman.diagnose.ranking import diagnose

FACTS = Facts(
    release="r", namespace="apps", hook=HookFacts("m", path="app/templates/m.yaml"), run=RunFacts(exit_code=1)
)
TOOLS = {
    "migration-history": (
        "ERROR: Validate failed: Migrations have failed validation\nMigration checksum mismatch for migration version 3",
        "ERROR: Found non-empty schema(s) \"public\" but no schema history table. Use baseline()",
        "Error: P3009\nmigrate found failed migrations in the target database, new migrations will not be applied.",
        "Error: P3005\nThe database schema is not empty.",
        "error: Dirty database version 7. Fix and force version.",
        "Error: The migration directory is corrupt, the following files are missing: 0007_agents.js",
        "error: no migration found for version 12: read down for version 12 .: file does not exist",
        "CommandError: Conflicting migrations detected; multiple leaf nodes in the migration graph: (0003_a, 0003_b in agents).",
    ),
    "migration-lock": (
        "liquibase.exception.LockException: Could not acquire change log lock.  Currently locked by migrate-x (10.1.2.3) since 1/2/26, 3:04 AM",
        "MigrationLocked: Migration table is already locked",
        "Error: P1002\nTimed out trying to acquire a postgres advisory lock (SELECT pg_advisory_lock(72707369)).",
        "error: can't acquire database lock",
        "ActiveRecord::ConcurrentMigrationError:",
    ),
    "connection-refused": (
        "Error: dial tcp 10.0.0.5:5432: connect: connection refused",
        "org.postgresql.util.PSQLException: Connection to db:5432 refused. Check that the hostname and port are correct.",
        "MongoNetworkError: connect ECONNREFUSED 10.0.0.7:27017",
        "SQLSTATE[HY000] [2002] Connection refused (Connection: mysql, SQL: select * from migrations)",
    ),
    "name-not-resolved": (
        "Error: failed to open database: dial tcp: lookup postgres on 10.96.0.10:53: no such host",
        "MongoServerSelectionError: getaddrinfo ENOTFOUND mongo",
        "Caused by: java.net.UnknownHostException: postgres",
        "getaddrinfo EAI_AGAIN redis",
        "wget: bad address 'warehouse'",
        "nc: bad address 'warehouse'",
        "SQLSTATE[HY000] [2002] php_network_getaddresses: getaddrinfo for mysql failed: Name or service not known",
    ),
    "database-missing": ('ActiveRecord::NoDatabaseError: We could not find your database: shop. FATAL:  database "shop" does not exist', "Error: P1003\nDatabase `shop` does not exist on the database server at `db:5432`."),
    "authentication-failed": ("Error: P1000: Authentication failed against database server at `db`, the provided database credentials for `app` are not valid.", "MongoServerError: Authentication failed.", "(error) NOAUTH Authentication required."),
    "table-missing": ("SQLSTATE[42S02]: Base table or view not found: 1146 Table 'shop.agents' doesn't exist", 'PG::UndefinedTable: ERROR:  relation "agents" does not exist', 'ERROR: relation "agents" does not exist (SQLSTATE 42P01)'),
    "already-exists": ("Mysql2::Error: Table 'agents' already exists", 'pq: relation "agents" already exists', "ERROR 1060 (42S21) at line 3: Duplicate column name 'model'"),
    "kubernetes-forbidden": ('Error from server (Forbidden): pods is forbidden: User "system:serviceaccount:apps:default" cannot list resource "pods" in API group "" in the namespace "apps"',),
    "kubernetes-not-found": ('Error from server (NotFound): deployments.apps "web" not found',),
    "release-locked": ("Error: UPGRADE FAILED: another operation (install/upgrade/rollback) is in progress",),
    "cloud-credentials": ("fatal error: An error occurred (InvalidAccessKeyId) when calling the ListObjectsV2 operation: The AWS Access Key Id you provided does not exist in our records.", "ERROR: (gcloud.sql.instances.list) You do not currently have an active account selected."),
    "cloud-access-denied": ("upload failed: ./dump.sql to s3://backups/dump.sql An error occurred (AccessDenied) when calling the PutObject operation: Access Denied", "* permission denied"),
    "bucket-missing": ("fatal error: An error occurred (NoSuchBucket) when calling the ListObjectsV2 operation: The specified bucket does not exist",),
    "too-many-redirects": ("curl: (47) Maximum (50) redirects followed",),
    "wrong-architecture": ("exec /usr/local/bin/migrate: exec format error",),
    "line-endings": ("/usr/bin/env: ‘bash\\r’: No such file or directory", "run.sh: line 2: $'\\r': command not found"),
    "out-of-memory": ("FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory", "fatal error: runtime: out of memory"),
    "no-route": ("curl: (7) Failed to connect to 10.9.9.9 port 5432: No route to host",),
}  # fmt: skip


@pytest.mark.parametrize(("cause", "output"), [(cause, each) for cause, outputs in TOOLS.items() for each in outputs])
def test_the_cause_is_read_from_what_a_tool_says(cause: str, output: str) -> None:
    found = diagnose(replace(FACTS, logs=tuple(output.split("\n"))))
    assert found.cause == cause
    assert "{" not in found.problem
