"""The ends of hooks' logs as Java, .NET, PHP, Ruby, Elixir, Rust, Go, Node and kubectl leave them, several lines each."""

# ruff: noqa: E501 (logs stand whole)
from __future__ import annotations

from dataclasses import replace

import pytest
from tests.diagnose.test_whole_logs import FACTS

from steersman.diagnose.ranking import diagnose

LOGS = {
    "already-exists": (
        'rake aborted!\nStandardError: An error has occurred, this and all later migrations canceled:\n\nPG::DuplicateTable: ERROR:  relation "agents" already exists\n/app/db/migrate/2024_x.rb:3:in `change\'\n\nCaused by:\nActiveRecord::StatementInvalid: PG::DuplicateTable: ERROR:  relation "agents" already exists\n\nTasks: TOP => db:migrate\n(See full trace by running task with --trace)',
        '** (Postgrex.Error) ERROR 42P07 (duplicate_table) relation "agents" already exists',
        'error: migration failed: type "mood" already exists in line 0: CREATE TYPE mood (details: pq: type "mood" already exists)',
    ),
    "answer-needed": (
        '  APPLICATION IN PRODUCTION.  \n\n  Are you sure you want to run this command? (yes/no) [no]:\n  > \n\n  WARN  Command cancelled.',
    ),
    "authentication-failed": (
        'psql: error: connection to server at "db.aws" (10.0.0.3), port 5432 failed: FATAL:  no pg_hba.conf entry for host "10.1.2.3", user "app", database "app", no encryption',
        'error: password authentication failed for user "app"\n    at Parser.parseErrorMessage (/app/node_modules/pg-protocol/dist/parser.js:287:98) {\n  length: 100,\n  severity: \'FATAL\',\n  code: \'28P01\'',
        "com.mongodb.MongoSecurityException: Exception authenticating MongoCredential{mechanism=SCRAM-SHA-256, userName='app'}\nCaused by: com.mongodb.MongoCommandException: Command failed with error 18 (AuthenticationFailed): 'Authentication failed.' on server mongo:27017.",
        'Npgsql.PostgresException (0x80004005): 28P01: password authentication failed for user "app"',
        '2024/01/02 goose: failed to connect to `host=db user=app database=shop`: failed SASL auth (FATAL: password authentication failed for user "app" (SQLSTATE 28P01))',
    ),
    "bucket-missing": (
        'botocore.errorfactory.NoSuchBucket: An error occurred (NoSuchBucket) when calling the PutObject operation: The specified bucket does not exist',
    ),
    "cloud-access-denied": (
        'An error occurred (AccessDenied) when calling the AssumeRoleWithWebIdentity operation: Not authorized to perform sts:AssumeRoleWithWebIdentity',
    ),
    "cloud-credentials": (
        'botocore.exceptions.ClientError: An error occurred (ExpiredToken) when calling the PutObject operation: The provided token has expired.',
    ),
    "column-missing": (
        'psycopg2.errors.UndefinedColumn: column users.model does not exist\nLINE 1: SELECT users.model\n               ^',
    ),
    "command-not-found": (
        '> shop@1.0.0 migrate\n> knex migrate:latest\n\nsh: 1: knex: not found',
        'sh: prisma: not found\nnpm ERR! code ELIFECYCLE',
    ),
    "configuration-missing": (
        "ArgumentError: Missing `secret_key_base` for 'production' environment, set this string with `bin/rails credentials:edit`",
    ),
    "connection-failed": (
        "Error: P1001: Can't reach database server at `db:5432`\n\nPlease make sure your database server is running at `db:5432`.",
        'Could not connect to the endpoint URL: "http://minio:9000/backups"',
    ),
    "connection-lost": (
        'Error: Connection terminated unexpectedly\n    at Connection.<anonymous> (/app/node_modules/pg/lib/client.js:132:73)',
    ),
    "connection-refused": (
        '[entrypoint] waiting for postgres...\n[entrypoint] still waiting (1)\n[entrypoint] still waiting (2)\nnc: connect to db (10.0.0.3) port 5432 (tcp) failed: Connection refused\n[entrypoint] giving up',
        'E0102 10:00:00.000000       7 memcache.go:265] couldn\'t get current server API group list: Get "https://10.96.0.1:443/api?timeout=32s": dial tcp 10.96.0.1:443: connect: connection refused\nThe connection to the server 10.96.0.1:443 was refused - did you specify the right host or port?',
        'com.mysql.cj.jdbc.exceptions.CommunicationsException: Communications link failure\n\tat com.mysql.cj.jdbc.ConnectionImpl.createNewIO(ConnectionImpl.java:828)\nCaused by: com.mysql.cj.exceptions.CJCommunicationsException: Communications link failure\nCaused by: java.net.ConnectException: Connection refused (Connection refused)',
        'com.mongodb.MongoTimeoutException: Timed out after 30000 ms while waiting to connect. Client view of cluster state is {type=UNKNOWN, servers=[{address=mongo:27017, type=UNKNOWN, state=CONNECTING, exception={com.mongodb.MongoSocketOpenException: Exception opening socket}, caused by {java.net.ConnectException: Connection refused}}]',
        'com.microsoft.sqlserver.jdbc.SQLServerException: The TCP/IP connection to the host mssql, port 1433 has failed. Error: "Connection refused. Verify the connection properties."',
        'Unhandled exception. Npgsql.NpgsqlException (0x80004005): Failed to connect to 10.0.0.3:5432\n ---> System.Net.Sockets.SocketException (111): Connection refused\n   at Npgsql.Internal.NpgsqlConnector.Connect(NpgsqlTimeout timeout)',
        '  An exception occurred in the driver: SQLSTATE[HY000] [2002] Connection refused',
        'Error: error communicating with database: Connection refused (os error 111)',
    ),
    "connection-timeout": (
        'TypeOrmModule] Unable to connect to the database. Retrying (9)...\nError: timeout expired\n    at Timeout._onTimeout (/app/node_modules/pg/lib/client.js:95:26)',
        'Unable to connect to the server: dial tcp 10.96.0.1:443: i/o timeout',
        '2026-01-02 ERROR HikariPool-1 - Exception during pool initialization.\ncom.mysql.cj.jdbc.exceptions.CommunicationsException: Communications link failure\n\nThe last packet sent successfully to the server was 0 milliseconds ago. The driver has not received any packets from the server.\nCaused by: java.net.SocketTimeoutException: connect timed out',
        '** (DBConnection.ConnectionError) connection not available and request was dropped from queue after 2966ms. This means requests are coming in and your connection pool cannot serve them fast enough.',
    ),
    "database-missing": (
        '** (Postgrex.Error) FATAL 3D000 (invalid_catalog_name) database "shop" does not exist',
    ),
    "decryption-failed": (
        'rake aborted!\nActiveSupport::MessageEncryptor::InvalidMessage: ActiveSupport::MessageEncryptor::InvalidMessage',
    ),
    "disk-full": (
        'npm error code ENOSPC\nnpm error syscall write\nnpm error errno -28',
    ),
    "file-missing": (
        'ERROR:  could not open extension control file "/usr/share/postgresql/15/extension/vector.control": No such file or directory',
        'Exception in thread "main" java.nio.file.NoSuchFileException: /config/application.yml',
        'Error: No such file or directory (os error 2)',
        'error: open /migrations: no such file or directory',
    ),
    "function-missing": (
        'ERROR:  function gen_random_uuid() does not exist\nHINT:  No function matches the given name and argument types.',
        'ERROR:  type "vector" does not exist\nLINE 1: ALTER TABLE a ADD e vector(3)',
    ),
    "input-unexpected": (
        'error: error parsing STDIN: error converting YAML to JSON: yaml: line 4: did not find expected key',
    ),
    "invalid-value": (
        'psycopg.errors.StringDataRightTruncation: value too long for type character varying(10)',
    ),
    "kubernetes-forbidden": (
        'Error from server (Forbidden): error when retrieving current configuration of: Resource: "apps/v1, Resource=deployments" from server for: "STDIN": deployments.apps "web" is forbidden: User "system:serviceaccount:apps:hook" cannot get resource "deployments" in API group "apps" in the namespace "apps"',
    ),
    "kubernetes-not-found": (
        'Error from server (NotFound): namespaces "staging" not found',
        'error: no matching resources found',
    ),
    "lock-timeout": (
        'Database error: lock on table migrations could not be acquired within 30s',
    ),
    "migration-history": (
        '[ERROR] The previously executed migrations in the database that are not registered migrations: Version20240101',
        "django.db.migrations.exceptions.NodeNotFoundError: Migration shop.0004_x dependencies reference nonexistent parent node ('shop', '0003_y')",
        'Caused by: org.flywaydb.core.api.exception.FlywayValidateException: Validate failed: Migrations have failed validation\nMigration checksum mismatch for migration version 3\n-> Applied to database : 1\n-> Resolved locally    : 2\nEither revert the changes to the migration, or run repair to update the schema history.\nNeed more flexibility with validation rules? Learn more: https://rd.gt/3AbJUZE',
        "System.InvalidOperationException: The model for context 'ShopContext' has pending changes. Add a new migration before updating the database.",
        'Error: migration 20240102 was previously applied but is missing in the resolved migrations',
        '2024/01/02 10:00:00 goose run: error: found 1 missing migrations before current version 3:\n\tversion 2: migrations/00002_x.sql',
    ),
    "migration-lock": (
        'ActiveRecord::ConcurrentMigrationError: \n\nCannot run migrations because another migration process is currently running.',
    ),
    "module-missing": (
        'Traceback (most recent call last):\n  File "/app/manage.py", line 11, in main\n    from django.core.management import execute_from_command_line\nModuleNotFoundError: No module named \'django\'\n\nThe above exception was the direct cause of the following exception:\n\nTraceback (most recent call last):\n  File "/app/manage.py", line 22, in <module>\n    main()\nImportError: Couldn\'t import Django. Are you sure it\'s installed and available on your PYTHONPATH environment variable? Did you forget to activate a virtual environment?',
        'Error: Error loading shared library ld-linux-x86-64.so.2: No such file or directory (needed by /app/node_modules/x.node)',
        "Process terminated. Couldn't find a valid ICU package installed on the system. Please install libicu using your package manager and try again.",
        "PHP Warning:  require(/app/vendor/autoload.php): Failed to open stream: No such file or directory in /app/artisan on line 18\nPHP Fatal error:  Uncaught Error: Failed opening required '/app/vendor/autoload.php' (include_path='.:/usr/local/lib/php') in /app/artisan:18",
        "bundler: failed to load command: rake (/usr/local/bundle/bin/rake)\n/usr/local/bundle/gems/x.rb:1:in `require': cannot load such file -- pg (LoadError)",
    ),
    "name-not-resolved": (
        '2024/01/02 10:00:00 goose run: failed to connect to `host=db user=app database=shop`: hostname resolving error (lookup db on 10.96.0.10:53: no such host)',
    ),
    "object-invalid": (
        'The Job "seed" is invalid: spec.template: Invalid value: core.PodTemplateSpec{}: field is immutable',
    ),
    "out-of-memory": (
        '<--- Last few GCs --->\n\n[1:0x5]    10000 ms: Mark-sweep 250.0 (260.0) -> 249.9 (260.2) MB\n\nFATAL ERROR: Ineffective mark-compacts near heap limit Allocation failed - JavaScript heap out of memory\n 1: 0xb7a940 node::Abort() [node]\nAborted (core dumped)',
        'Terminating due to java.lang.OutOfMemoryError: Java heap space',
    ),
    "permission-denied": (
        'sh: 1: knex: Permission denied',
        'Exception in thread "main" java.nio.file.AccessDeniedException: /data/out',
        'The stream or file "/app/storage/logs/laravel.log" could not be opened in append mode: Failed to open stream: Permission denied',
    ),
    "privilege-missing": (
        "ERROR 1044 (42000) at line 1: Access denied for user 'app'@'%' to database 'shop'",
    ),
    "program-crashed": (
        '#\n# A fatal error has been detected by the Java Runtime Environment:\n#\n#  SIGSEGV (0xb) at pc=0x00007f, pid=1, tid=7\n#\n# JRE version: OpenJDK Runtime Environment (17.0.1)',
    ),
    "script-syntax": (
        "SyntaxError: Unexpected token '??='\n    at wrapSafe (internal/modules/cjs/loader.js:1001:16)",
        "/app/migrate.js:1\nimport pg from 'pg'\n^^^^^^\nSyntaxError: Cannot use import statement outside a module",
    ),
    "serialization-failure": (
        'sqlalchemy.exc.OperationalError: (psycopg2.errors.SerializationFailure) could not serialize access due to concurrent update',
    ),
    "server-starting": (
        'django.db.utils.OperationalError: connection to server at "db" (10.0.0.3), port 5432 failed: FATAL:  the database system is starting up',
    ),
    "sql-syntax": (
        'ERROR: Migration of schema "public" to version "4 - add" failed! Changes successfully rolled back.\nERROR: Migration V4__add.sql failed\n--------------------------\nSQL State  : 42601\nError Code : 0\nMessage    : ERROR: syntax error at or near "TABEL"\n  Position: 7\nLocation   : db/migration/V4__add.sql\nLine       : 1\nStatement  : ALTER TABEL x',
    ),
    "table-missing": (
        'Unhandled exception. Npgsql.PostgresException (0x80004005): 42P01: relation "__EFMigrationsHistory" does not exist\n\nPOSITION: 15\n   at Npgsql.Internal.NpgsqlConnector.ReadMessageLong()',
        "   Illuminate\\Database\\QueryException\n\n  SQLSTATE[42S02]: Base table or view not found: 1146 Table 'shop.cache' doesn't exist (Connection: mysql, SQL: delete from `cache`)\n\n  at vendor/laravel/framework/src/Illuminate/Database/Connection.php:822",
        'thread \'main\' panicked at \'called `Result::unwrap()` on an `Err` value: Database(PgDatabaseError { severity: Error, code: "42P01", message: "relation \\"agents\\" does not exist" })\', src/main.rs:9',
    ),
    "tls": (
        'psql: error: connection to server at "db" (10.0.0.3), port 5432 failed: SSL error: certificate verify failed',
        'Unable to connect to the server: tls: failed to verify certificate: x509: certificate signed by unknown authority',
        'com.microsoft.sqlserver.jdbc.SQLServerException: "encrypt" property is set to "true" and "trustServerCertificate" property is set to "false" but the driver could not establish a secure connection to SQL Server by using Secure Sockets Layer (SSL) encryption: Error: PKIX path building failed',
    ),
    "too-many-connections": (
        'Error: P2024: Timed out fetching a new connection from the connection pool. (Current connection pool timeout: 10, connection limit: 5)',
    ),
    "unique-violation": (
        "Caused by: com.microsoft.sqlserver.jdbc.SQLServerException: Violation of UNIQUE KEY constraint 'UQ_x'. Cannot insert duplicate key in object 'dbo.t'. The duplicate key value is (a).",
    ),
    "url-malformed": (
        'Error: P1012\nerror: Error validating datasource `db`: the URL must start with the protocol `postgresql://` or `postgres://`.',
        'Error: P1013: The provided database string is invalid. invalid port number in database URL.',
        'Invalid endpoint: https://s3..amazonaws.com',
        'Caused by: java.lang.RuntimeException: Driver com.mysql.jdbc.Driver claims to not accept jdbcUrl, ${DB_URL}\n\tat com.zaxxer.hikari.util.DriverDataSource.<init>(DriverDataSource.java:110)',
        'error: database driver: unknown driver postgresql (forgotten import?)',
    ),
    "usage": (
        'Unrecognized option: -XX:+UseZGC2\nError: Could not create the Java Virtual Machine.\nError: A fatal exception has occurred. Program will exit.',
        "Unrecognized VM option 'MaxPermSize2'\nError: Could not create the Java Virtual Machine.",
    ),
    "variable-missing": (
        'psql: warning: extra command-line argument "-c" ignored\npsql: error: could not translate host name "-U" to address: Name or service not known',
        'In EnvVarProcessor.php line 171:\n                                                      \n  Environment variable not found: "DATABASE_URL".',
    ),
    "version-mismatch": (
        "Error: The module '/app/node_modules/bcrypt/lib/binding/bcrypt_lib.node'\nwas compiled against a different Node.js version using\nNODE_MODULE_VERSION 108. This version of Node.js requires\nNODE_MODULE_VERSION 115.",
        "You must install or update .NET to run this application.\n\nApp: /app/efbundle\nArchitecture: x64\nFramework: 'Microsoft.NETCore.App', version '8.0.0' (x64)\n.NET location: /usr/share/dotnet\n\nThe following frameworks were found:\n  7.0.14 at [/usr/share/dotnet/shared/Microsoft.NETCore.App]",
    ),
    "wrong-architecture": (
        'Error: /app/node_modules/x/build/Release/x.node: invalid ELF header',
    ),
}  # fmt: skip


@pytest.mark.parametrize(("cause", "log"), [(cause, each) for cause, logs in LOGS.items() for each in logs])
def test_the_cause_is_read_from_what_a_runtime_leaves(cause: str, log: str) -> None:
    assert diagnose(replace(FACTS, logs=tuple(log.split("\n")))).cause == cause
