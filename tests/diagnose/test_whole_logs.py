"""The ends of hooks' logs as they stand, several lines each: what ends them decides, whatever stands around it."""

# ruff: noqa: E501 (logs stand whole)
from __future__ import annotations

from dataclasses import replace

import pytest

from steersman.diagnose.facts import Facts, HookFacts, RunFacts, ServiceFacts
from steersman.diagnose.ranking import diagnose

FACTS = Facts(
    release="r",
    namespace="apps",
    hook=HookFacts("m", path="app/templates/m.yaml"),
    run=RunFacts(exit_code=1),
    services=(ServiceFacts("kubernetes", "default", (443,)),),
)
LOGS = {
    "already-exists": (
        'thread \'main\' panicked at src/bin/migrate.rs:14:10:\nmigration failed: Execution Error: error returned from database: relation "agents" already exists\nnote: run with `RUST_BACKTRACE=1` environment variable to display a backtrace',
        'keytool error: java.lang.Exception: Certificate not imported, alias <corp-ca> already exists',
        '{"error_code":409,"message":"Connector orders already exists"}',
    ),
    "authentication-failed": (
        'org.springframework.beans.factory.BeanCreationException: Error creating bean with name \'flywayInitializer\' defined in class path resource\nCaused by: org.flywaydb.core.internal.exception.FlywaySqlException: Unable to obtain connection from database: FATAL: password authentication failed for user "app"\n\tat org.flywaydb.core.Flyway.migrate(Flyway.java:124)\nCaused by: org.postgresql.util.PSQLException: FATAL: password authentication failed for user "app"\n\tat org.postgresql.core.v3.ConnectionFactoryImpl.doAuthentication(ConnectionFactoryImpl.java:646)\n\t... 23 more',
        'Could not connect: (1045, "Access denied for user \'app\'@\'10.2.3.4\' (using password: NO)")',
        '[FATAL] [DBT-06103] ORA-28000: The account is locked.',
        'Failed: error connecting to db server: server returned error on SASL authentication step: Authentication failed.',
        "mysqldump: Got error: 1045: Access denied for user 'backup'@'10.2.3.4' (using password: YES) when trying to connect",
        'ldap_bind: Invalid credentials (49)',
        "smtplib.SMTPAuthenticationError: (535, b'5.7.8 Error: authentication failed: UGFzc3dvcmQ6')",
    ),
    "cloud-access-denied": (
        'googleapi: Error 403: app@p.iam.gserviceaccount.com does not have storage.objects.create access to the Google Cloud Storage object., forbidden',
        'azure.core.exceptions.HttpResponseError: This request is not authorized to perform this operation using this permission.\nErrorCode:AuthorizationPermissionMismatch',
        'An error occurred (AccessDeniedException) when calling the GetSecretValue operation: User: arn:aws:sts::1:assumed-role/x/y is not authorized to perform: secretsmanager:GetSecretValue on resource: db',
    ),
    "cloud-credentials": (
        'Error: google: could not find default credentials. See https://cloud.google.com/docs/authentication/external/set-up-adc for more information',
    ),
    "cloud-object-missing": (
        "An error occurred (ResourceNotFoundException) when calling the GetSecretValue operation: Secrets Manager can't find the specified secret.",
        'An error occurred (404) when calling the HeadObject operation: Not Found\nfatal error: An error occurred (404) when calling the HeadObject operation: Key "dump.sql" does not exist',
    ),
    "command-not-found": (
        '/entrypoint.sh: line 4: /vault/secrets/db: No such file or directory\n/entrypoint.sh: line 5: exec: migrate: not found',
        'exec: "flyway": executable file not found in $PATH',
    ),
    "connection-failed": (
        'fetch https://dl-cdn.alpinelinux.org/alpine/v3.18/main/x86_64/APKINDEX.tar.gz\nWARNING: fetching https://dl-cdn.alpinelinux.org/alpine/v3.18/main: temporary error (try again later)\nERROR: unable to select packages:\n  postgresql-client (no such package):\n    required by: world[postgresql-client]',
        'Error: Client network socket disconnected before secure TLS connection was established',
    ),
    "connection-lost": (
        "pymysql.err.OperationalError: (2013, 'Lost connection to MySQL server during query ([Errno 104] Connection reset by peer)')",
    ),
    "connection-refused": (
        "2026-01-02 10:00:00 INFO  Starting Flyway\norg.flywaydb.core.internal.exception.sqlExceptions.FlywaySqlUnableToConnectToDbException: Unable to obtain connection from database (jdbc:postgresql://db:5432/shop) for user 'app': Connection to db:5432 refused. Check that the hostname and port are correct and that the postmaster is accepting TCP/IP connections.\nSQL State  : 08001\nError Code : 0\nMessage    : Connection to db:5432 refused. Check that the hostname and port are correct and that the postmaster is accepting TCP/IP connections.\nCaused by: java.net.ConnectException: Connection refused\n\tat java.base/sun.nio.ch.Net.pollConnect(Native Method)",
        '** (DBConnection.ConnectionError) tcp connect (db:5432): connection refused - :econnrefused\n    (db_connection 2.4.3) lib/db_connection/connection.ex:102: DBConnection.Connection.connect/2',
        'In Connection.php line 829:\n\n  SQLSTATE[HY000] [2002] Connection refused (Connection: mysql, SQL: select * from information_schema.tables)\n\n\nIn Connector.php line 70:\n\n  SQLSTATE[HY000] [2002] Connection refused\n',
        'Unhandled exception. Microsoft.Data.SqlClient.SqlException (0x80131904): A network-related or instance-specific error occurred while establishing a connection to SQL Server. The server was not found or was not accessible. (provider: TCP Provider, error: 40 - Could not open a connection to SQL Server: Could not open a connection to SQL Server)\n ---> System.ComponentModel.Win32Exception (111): Connection refused',
        "E       requests.exceptions.ConnectionError: HTTPConnectionPool(host='web', port=8080): Max retries exceeded with url: /health (Caused by NewConnectionError('<urllib3.connection.HTTPConnection object>: Failed to establish a new connection: [Errno 111] Connection refused'))\nFAILED tests/smoke.py::test_health - requests.exceptions.ConnectionError\n1 failed in 0.3s",
        "2024-01-02T10:00:00.000+0000\tFailed: can't create session: could not connect to server: server selection error: server selection timeout, current topology: { Type: Unknown, Servers: [{ Addr: mongo:27017, Type: Unknown, Last error: dial tcp 10.0.0.4:27017: connect: connection refused }, ] }",
        'rake aborted!\nActiveRecord::ConnectionNotEstablished: connection to server at "10.0.0.3", port 5432 failed: Connection refused\n\tIs the server running on that host and accepting TCP/IP connections?\n/app/vendor/bundle/ruby/3.2.0/gems/activerecord/lib/x.rb:1:in `rescue in new_client\'\n\nCaused by:\nPG::ConnectionBad: connection to server at "10.0.0.3", port 5432 failed: Connection refused\n\tIs the server running on that host and accepting TCP/IP connections?\n/app/vendor/x.rb:1:in `initialize\'\n\nTasks: TOP => db:migrate\n(See full trace by running task with --trace)',
    ),
    "connection-timeout": (
        'Error: failed to connect: context deadline exceeded: dial tcp 10.1.2.3:5432: i/o timeout',
        'Connecting to web:8080 (10.96.3.4:8080)\nwget: download timed out',
    ),
    "database-missing": (
        'PG::ConnectionBad: FATAL:  database "shop_production" does not exist\nCouldn\'t create \'shop_production\' database. Please check your configuration.\nrake aborted!\nActiveRecord::NoDatabaseError: We could not find your database: shop_production.',
    ),
    "decryption-failed": (
        'Failed to get the data key required to decrypt the SOPS file.\n\nGroup 0: FAILED\n  age1x: FAILED\n    - | failed to load age identities: open /root/.config/sops/age/keys.txt: no such file or directory',
        'gpg: decryption failed: No secret key',
        'bad decrypt\n140:error:06065064:digital envelope routines:EVP_DecryptFinal_ex:bad decrypt:crypto/evp/evp_enc.c:610:',
    ),
    "dependent-objects": (
        'ERROR:  cannot drop table users because other objects depend on it',
    ),
    "disk-full": (
        "OSError: [Errno 28] No space left on device: '/backup/dump.sql'",
        'pg_dump: error: could not write to file: No space left on device',
    ),
    "encoding": (
        'ERROR:  invalid byte sequence for encoding "UTF8": 0xe9 0x74 0x69\nCONTEXT:  COPY users, line 3',
    ),
    "exit-code": (
        'Error: could not verify the plan: 3 resources differ',
    ),
    "file-missing": (
        "Error: ENOENT: no such file or directory, open '/run/secrets/db.json'\n    at Object.openSync (node:fs:601:3) {\n  errno: -2,\n  code: 'ENOENT'",
        "sed: can't read /config/app.conf: No such file or directory",
    ),
    "http-status": (
        'Error: failed to fetch https://charts.corp/index.yaml : 401 Unauthorized',
        'Error: POST https://hooks.slack.com/services/T/B/x: unexpected status code: 404',
        'Connecting to web:8080 (10.96.3.4:8080)\nwget: server returned error: HTTP/1.1 502 Bad Gateway',
        '{"error_code":400,"message":"Connector configuration is invalid and contains the following 1 error(s):\\nInvalid value for configuration topic.prefix"}',
    ),
    "input-unexpected": (
        'json.decoder.JSONDecodeError: Expecting value: line 1 column 1 (char 0)',
    ),
    "invalid-value": (
        'ERROR:  numeric field overflow\nDETAIL:  A field with precision 5, scale 2 must round to an absolute value less than 10^3.',
    ),
    "kubernetes-forbidden": (
        'error: failed to patch status: Error from server (Forbidden): configmaps "x" is forbidden: User "system:serviceaccount:apps:hook" cannot patch resource "configmaps" in API group "" in the namespace "apps"',
    ),
    "lock-timeout": (
        "django.db.utils.OperationalError: (1205, 'Lock wait timeout exceeded; try restarting transaction')",
    ),
    "migration-history": (
        '   INFO  Nothing to migrate.\n\n                                                                                \n  [ERROR] Migrations have not been initialised: The metadata storage is not up to date, please run the sync-metadata-storage command to fix this issue.\n',
        'panic: error: Dirty database version 20240101. Fix and force version.\n\ngoroutine 1 [running]:\nmain.main()',
    ),
    "migration-lock": (
        'Error: Migration lock is held by another process; timed out',
    ),
    "module-missing": (
        '** (UndefinedFunctionError) function Shop.Release.migrate/0 is undefined (module Shop.Release is not available)\n    Shop.Release.migrate()',
    ),
    "name-not-resolved": (
        'Error: getaddrinfo EAI_AGAIN kafka.data.svc.cluster.local\n    at GetAddrInfoReqWrap.onlookup [as oncomplete] (node:dns:107:26)',
        "Err:1 http://deb.debian.org/debian bookworm InRelease\n  Temporary failure resolving 'deb.debian.org'\nW: Failed to fetch http://deb.debian.org/debian/dists/bookworm/InRelease  Temporary failure resolving 'deb.debian.org'\nE: Unable to locate package jq",
        "WARNING: Retrying (Retry(total=0, connect=None)) after connection broken by 'NewConnectionError('<pip._vendor.urllib3.connection.HTTPSConnection object at 0x7f>: Failed to establish a new connection: [Errno -3] Temporary failure in name resolution')': /simple/requests/\nERROR: Could not find a version that satisfies the requirement requests (from versions: none)\nERROR: No matching distribution found for requests",
        "ldap_sasl_bind(SIMPLE): Can't contact LDAP server (-1)\n\tadditional info: Name or service not known",
        'rsync: getaddrinfo: backup 873: Name or service not known\nrsync error: error in socket IO (code 10) at clientserver.c(127) [sender=3.2.7]',
    ),
    "object-missing": (
        'ERROR: rpc error: code = NotFound desc = topic "projects/p/topics/orders" does not exist',
    ),
    "out-of-memory": (
        'fatal error: runtime: cannot allocate memory\n\nruntime stack:\nruntime.throw({0x1, 0x2})',
    ),
    "package-missing": (
        'Reading package lists...\nE: Unable to locate package kubectl',
        'ERROR: Could not find a version that satisfies the requirement mylib==9.9 (from versions: 1.0, 1.1)\nERROR: No matching distribution found for mylib==9.9',
        "npm error code E404\nnpm error 404 Not Found - GET https://registry.npmjs.org/@corp%2fmigrate - Not found\nnpm error 404  '@corp/migrate@1.0.0' is not in this registry.",
    ),
    "permission-denied": (
        "Error: EACCES: permission denied, mkdir '/app/.cache'",
        "mkdir: cannot create directory '/.cache': Permission denied\nERROR: Could not install packages due to an OSError: [Errno 13] Permission denied: '/.local'",
        'ERROR: Unable to lock database: Permission denied\nERROR: Failed to open apk database: Permission denied',
        'rsync: [receiver] mkstemp "/data/.x.Jk2" failed: Permission denied (13)\nrsync error: some files/attrs were not transferred (see previous errors) (code 23) at main.c(1330)',
        "chown: changing ownership of '/data': Operation not permitted",
    ),
    "privilege-missing": (
        "mysqldump: Error: 'Access denied; you need (at least one of) the PROCESS privilege(s) for this operation' when trying to dump tablespaces",
        'pg_dump: error: query failed: ERROR:  permission denied for table secrets\npg_dump: detail: Query was: LOCK TABLE public.secrets IN ACCESS SHARE MODE',
    ),
    "program-crashed": (
        'fatal error: all goroutines are asleep - deadlock!\n\ngoroutine 1 [chan receive]:\nmain.main()\n\t/app/main.go:9 +0x28',
    ),
    "read-only-file-system": (
        'ERROR: Unable to lock database: Read-only file system',
    ),
    "sql-syntax": (
        'time="..." level=fatal msg="error applying migrations: error while executing sql: pq: syntax error at or near \\"TABEL\\""',
    ),
    "table-missing": (
        'Caused by: liquibase.exception.MigrationFailedException: Migration failed for changeset db/changelog/002.xml::2::me:\n     Reason: liquibase.exception.DatabaseException: ERROR: relation "agents" does not exist [Failed SQL: (0) ALTER TABLE agents ADD x int]',
    ),
    "task-missing": (
        "rake aborted!\nDon't know how to build task 'db:migrat' (See the list of available tasks with `rake --tasks`)",
    ),
    "test-failed": (
        'Failures:\n  GET /health returned 503\n1 failed, 3 passed',
        '=================================== FAILURES ===================================\n______ test_login ______\nE       assert 500 == 200\n=========================== short test summary info ============================\nFAILED tests/smoke.py::test_login - assert 500 == 200\n1 failed, 4 passed in 2.31s',
    ),
    "tls": (
        'Unhandled exception. System.Net.Http.HttpRequestException: The SSL connection could not be established, see inner exception.\n ---> System.Security.Authentication.AuthenticationException: The remote certificate is invalid because of errors in the certificate chain: UntrustedRoot\n   at System.Net.Security.SslStream.SendAuthResetSignal(ProtocolToken message, ExceptionDispatchInfo exception)\n   --- End of inner exception stack trace ---',
        'npm error code SELF_SIGNED_CERT_IN_CHAIN\nnpm error errno SELF_SIGNED_CERT_IN_CHAIN\nnpm error request to https://registry.corp/x failed, reason: self-signed certificate in certificate chain',
        'keytool error: java.io.IOException: keystore password was incorrect',
    ),
    "unique-violation": (
        'django.db.utils.IntegrityError: UNIQUE constraint failed: auth_user.username',
        '2024-01-02T10:00:00.000+0000\tcontinuing through error: E11000 duplicate key error collection: shop.users index: _id_ dup key: { _id: 1 }\n2024-01-02T10:00:00.000+0000\t0 document(s) restored successfully. 12 document(s) failed to restore.',
    ),
    "usage": (
        "migrate: error: argument --steps: invalid int value: 'all'",
        'Error: unknown flag: --atomicc\nhelm.go:86: [debug] unknown flag: --atomicc',
    ),
    "variable-missing": (
        'ERROR! Config provider Config.Reader failed with:\n** (RuntimeError) environment variable DATABASE_URL is missing.\nFor example: ecto://USER:PASS@HOST/DATABASE\n    /app/releases/0.1.0/runtime.exs:35: (file)',
    ),
    "version-mismatch": (
        "./migrate: /lib/x86_64-linux-gnu/libc.so.6: version `GLIBC_2.34' not found (required by ./migrate)",
    ),
    "wait-timed-out": (
        'Waiting for deployment "web" rollout to finish: 1 of 3 updated replicas are available...\nerror: deployment "web" exceeded its progress deadline',
        'Waiting for 1 pods to be ready...\nWaiting for partitioned roll out to finish: 0 out of 3 new pods have been updated...\nerror: timed out waiting for the condition',
    ),
}  # fmt: skip


@pytest.mark.parametrize(("cause", "log"), [(cause, each) for cause, logs in LOGS.items() for each in logs])
def test_the_cause_is_read_from_a_whole_log(cause: str, log: str) -> None:
    assert diagnose(replace(FACTS, logs=tuple(log.split("\n")))).cause == cause


def test_quotes_that_a_logger_escaped_and_colours_are_read_through() -> None:
    for line in (
        'time="2026-01-02" level=fatal msg="pq: relation \\"agents\\" does not exist"',
        '{"level":"error","msg":"ERROR: relation \\"agents\\" does not exist (SQLSTATE 42P01)"}',
        '\x1b[31mERROR:\x1b[0m  relation "agents" does not exist',
    ):
        found = diagnose(replace(FACTS, logs=(line,)))
        assert (found.cause, "agents" in found.problem) == ("table-missing", True)
