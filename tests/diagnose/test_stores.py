"""Messages of stores, runtimes and tools that could not be run here, in the words that their documentation and users quote."""

# ruff: noqa: E501 (messages stand whole)
from __future__ import annotations

from dataclasses import replace

import pytest

from steersman.diagnose.diagnosis import Confidence
from steersman.diagnose.facts import Facts, HookFacts, RunFacts
from steersman.diagnose.ranking import diagnose

FACTS = Facts(
    release="r", namespace="apps", hook=HookFacts("m", path="app/templates/m.yaml"), run=RunFacts(exit_code=1)
)
STORES = {
    "unique-violation": (
        "MongoServerError: E11000 duplicate key error collection: app.users index: email_1 dup key: { email: \"a@b\" }",
        "Violation of PRIMARY KEY constraint 'PK_users'. Cannot insert duplicate key in object 'dbo.users'. The duplicate key value is (1).",
        "ORA-00001: unique constraint (APP.USERS_PK) violated",
    ),
    "privilege-missing": (
        "redis.exceptions.NoPermissionError: this user has no permissions to run the 'flushall' command",
        "MongoServerError: not authorized on admin to execute command { createIndexes: \"users\" }",
        "org.apache.kafka.common.errors.TopicAuthorizationException: Not authorized to access topics: [orders]",
        "org.apache.kafka.common.errors.ClusterAuthorizationException: Cluster authorization failed.",
        '{"error":{"root_cause":[{"type":"security_exception","reason":"no permissions for [indices:admin/create] and User [name=app, backend_roles=[]]"}]},"status":403}',
        "pika.exceptions.ChannelClosedByBroker: (403, \"ACCESS_REFUSED - access to exchange 'orders' in vhost '/' refused for user 'app'\")",
        "Code: 497. DB::Exception: app: Not enough privileges. To execute this query, it's necessary to have the grant CREATE TABLE ON default.events. (ACCESS_DENIED)",
        "Msg 262, Level 14, State 1, Server mssql, Line 1\nCREATE TABLE permission denied in database 'shop'.",
        "ORA-01031: insufficient privileges",
        "Unauthorized: Error from server: code=2100 [Unauthorized] message=\"User app has no CREATE permission on <keyspace shop> or any of its parents\"",
        "nats: Permissions Violation for Publish to \"orders.new\"",
        "Error: etcdserver: permission denied",
    ),
    "authentication-failed": (
        '{"error":{"root_cause":[{"type":"security_exception","reason":"unable to authenticate user [app] for REST request [/_bulk]"}]},"status":401}',
        "pymongo.errors.OperationFailure: bad auth : authentication failed, full error: {'ok': 0, 'code': 8000}",
        "org.apache.kafka.common.errors.SaslAuthenticationException: Authentication failed: Invalid username or password",
        "%3|169.1|FAIL|rdkafka#producer-1| [thrd:sasl_plaintext://kafka:9092/bootstrap]: SASL authentication error: Authentication failed: Invalid username or password (after 5ms in state AUTH_REQ)",
        "System.Data.SqlClient.SqlException (0x80131904): Login failed for user 'sa'.",
        "Msg 18456, Level 14, State 1, Server mssql, Line 1\nLogin failed for user 'app'.",
        "ORA-01017: invalid username/password; logon denied",
        "Code: 516. DB::Exception: default: Authentication failed: password is incorrect, or there is no user with such name. (AUTHENTICATION_FAILED)",
        "Error: etcdserver: authentication failed, invalid user ID or password",
        "fatal: could not read Username for 'https://github.com': terminal prompts disabled",
        "remote: HTTP Basic: Access denied\nfatal: Authentication failed for 'https://git.corp/a/b.git/'",
        "git@github.com: Permission denied (publickey).\nfatal: Could not read from remote repository.",
    ),
    "table-missing": (
        "Code: 60. DB::Exception: Table default.events doesn't exist. (UNKNOWN_TABLE)",
        "ORA-00942: table or view does not exist",
        "Msg 208, Level 16, State 1, Server mssql, Line 1\nInvalid object name 'dbo.users'.",
        "InvalidRequest: Error from server: code=2200 [Invalid query] message=\"unconfigured table users\"",
        "Caused by: org.hibernate.tool.schema.spi.SchemaManagementException: Schema-validation: missing table [users]",
    ),
    "column-missing": (
        "pymssql.exceptions.ProgrammingError: (207, b\"Invalid column name 'model'.DB-Lib error message 20018\")",
        'ORA-00904: "MODEL": invalid identifier',
    ),
    "database-missing": (
        "InvalidRequest: Error from server: code=2200 [Invalid query] message=\"Keyspace 'app' does not exist\"",
        "Code: 81. DB::Exception: Database shop doesn't exist. (UNKNOWN_DATABASE)",
        "ORA-12514: TNS:listener does not currently know of service requested in connect descriptor",
        "(error) ERR DB index is out of range",
        "Cannot open database \"shop\" requested by the login. The login failed.\nLogin failed for user 'app'.",
    ),
    "already-exists": (
        "Error while executing topic command : Topic 'orders' already exists.",
        "org.apache.kafka.common.errors.TopicExistsException: Topic 'orders' already exists.",
        '{"error":{"type":"resource_already_exists_exception","reason":"index [logs/abc] already exists"},"status":400}',
        "MongoServerError: Collection already exists. NS: app.users",
        "pika.exceptions.ChannelClosedByBroker: (406, \"PRECONDITION_FAILED - inequivalent arg 'durable' for queue 'orders' in vhost '/': received 'true' but current is 'false'\")",
        "Msg 2714, Level 16, State 6, Server mssql, Line 1\nThere is already an object named 'users' in the database.",
        "ORA-00955: name is already used by an existing object",
        'Error from server (AlreadyExists): secrets "tls" already exists',
        "mc: <ERROR> Unable to make bucket `s/backups`. Your previous request to create the named bucket succeeded and you already own it.",
    ),
    "object-missing": (
        "org.apache.kafka.common.errors.UnknownTopicOrPartitionException: This server does not host this topic-partition.",
        "pika.exceptions.ChannelClosedByBroker: (404, \"NOT_FOUND - no queue 'orders' in vhost '/'\")",
        "Error: Namespace shop is not found.",
        "MongoServerError: ns not found",
        "nats: stream not found",
    ),
    "disk-full": (
        '{"error":{"type":"cluster_block_exception","reason":"index [x] blocked by: [TOO_MANY_REQUESTS/12/disk usage exceeded flood-stage watermark, index has read-only-allow-delete block];"},"status":429}',
        "Error: etcdserver: mvcc: database space exceeded",
        "ORA-01653: unable to extend table APP.EVENTS by 128 in tablespace USERS",
        "Code: 243. DB::Exception: Cannot reserve 1.00 MiB, not enough space. (NOT_ENOUGH_SPACE)",
        "mc: <ERROR> Failed to copy `dump.sql`. Storage backend has reached its minimum free drive threshold. Please delete a few objects to proceed.",
    ),
    "out-of-memory": (
        "Code: 241. DB::Exception: Memory limit (for query) exceeded: would use 9.32 GiB. (MEMORY_LIMIT_EXCEEDED)",
        '{"error":{"type":"circuit_breaking_exception","reason":"[parent] Data too large"},"status":429}',
        "memory allocation of 8589934592 bytes failed",
    ),
    "server-starting": (
        "redis.exceptions.BusyLoadingError: Redis is loading the dataset in memory",
        "ORA-01033: ORACLE initialization or shutdown in progress",
        "mc: <ERROR> Unable to list folder. Server not initialized yet, please try again.",
    ),
    "cluster-unavailable": (
        "Error: etcdserver: request timed out",
        "Error from server: etcdserver: leader changed",
        "(error) CLUSTERDOWN Hash slot not served",
        "Error while executing topic command : Replication factor: 3 larger than available brokers: 1.",
        "cassandra.Unavailable: Error from server: code=1000 [Unavailable exception] message=\"Cannot achieve consistency level QUORUM\"",
        "Error writing key: Unexpected response code: 500 (No cluster leader)",
    ),
    "cluster-redirect": ("(error) MOVED 15495 10.0.0.7:6379",),
    "table-offline": ('ERROR: relation "users" is offline: adding',),
    "read-only-transaction": ("MongoServerError: not primary", "ORA-16000: database or pluggable database open for read-only access"),
    "connection-refused": (
        'Fatal: unable to open config file: Stat: Get "http://minio:9000/backups/": dial tcp 10.0.0.4:9000: connect: connection refused',
        "ORA-12541: TNS:no listener",
        "cassandra.cluster.NoHostAvailable: ('Unable to connect to any servers', {'10.0.0.2:9042': ConnectionRefusedError(111)})",
        "** (DBConnection.ConnectionError) tcp connect (db:5432): connection refused - :econnrefused",
        "org.apache.kafka.clients.NetworkClient - [AdminClient clientId=a] Connection to node -1 (kafka/10.0.0.1:9092) could not be established. Broker may not be available.\nCaused by: java.net.ConnectException: Connection refused",
    ),
    "name-not-resolved": (
        "%3|169.0|FAIL|rdkafka#producer-1| [thrd:kafka:9092/bootstrap]: kafka:9092/bootstrap: Failed to resolve 'kafka:9092': Name or service not known",
        "org.apache.kafka.common.config.ConfigException: No resolvable bootstrap urls given in bootstrap.servers",
        "System.Net.Sockets.SocketException (0xFFFDFFFF): Name or service not known (db:5432)",
        "Error: querySrv ENOTFOUND _mongodb._tcp.cluster0.example.net",
        "** (DBConnection.ConnectionError) tcp connect (db:5432): non-existing domain - :nxdomain",
        "error: failed to lookup address information: Name or service not known",
    ),
    "connection-timeout": (
        "org.apache.kafka.common.errors.TimeoutException: Timed out waiting for a node assignment. Call: createTopics",
        "MongoServerSelectionError: connection <monitor> to 10.0.0.4:27017 closed",
        "Sqlcmd: Error: Microsoft ODBC Driver 17 for SQL Server : Login timeout expired.",
        "java.sql.SQLTransientConnectionException: HikariPool-1 - Connection is not available, request timed out after 30000ms (total=0, active=0, idle=0, waiting=0)",
    ),
    "too-many-connections": (
        "java.sql.SQLTransientConnectionException: HikariPool-1 - Connection is not available, request timed out after 30001ms (total=10, active=10, idle=0, waiting=4)",
        "sqlalchemy.exc.TimeoutError: QueuePool limit of size 5 overflow 10 reached, connection timed out, timeout 30.00",
        "ORA-12516: TNS:listener could not find available handler with matching protocol stack",
    ),
    "connection-failed": ("nats: no servers available for connection", "kafka.errors.NoBrokersAvailable: NoBrokersAvailable"),
    "connection-lost": ("org.apache.zookeeper.KeeperException$ConnectionLossException: KeeperErrorCode = ConnectionLoss for /brokers",),
    "lock-timeout": ("ORA-00054: resource busy and acquire with NOWAIT specified or timeout expired",),
    "deadlock": ("Transaction (Process ID 61) was deadlocked on lock resources with another process and has been chosen as the deadlock victim.",),
    "invalid-value": ("ORA-12899: value too large for column \"APP\".\"USERS\".\"NAME\" (actual: 300, maximum: 255)", "String or binary data would be truncated in table 'shop.dbo.users', column 'name'."),
    "vault-sealed": ("Error: error logging in: Error making API request. Code: 503. Errors:\n\n* Vault is sealed",),
    "vault-login": ("Error authenticating: error logging in to auth method: Error making API request.\nCode: 400. Errors:\n\n* invalid role name \"app\"", "Code: 403. Errors:\n\n* service account name not authorized"),
    "cloud-access-denied": ("Error making API request.\nURL: PUT http://vault:8200/v1/auth/kubernetes/login\nCode: 403. Errors:\n\n* permission denied",),
    "cloud-credentials": ("mc: <ERROR> Unable to initialize new alias from the provided credentials. The Access Key Id you provided does not exist in our records.",),
}  # fmt: skip
RUNTIMES = {
    "module-missing": (
        "Exception in thread \"main\" java.lang.ClassNotFoundException: org.postgresql.Driver",
        "pyodbc.Error: ('01000', \"[01000] [unixODBC][Driver Manager]Can't open lib 'ODBC Driver 17 for SQL Server' : file not found (0) (SQLDriverConnect)\")",
        "Unhandled exception. System.IO.FileNotFoundException: Could not load file or assembly 'Npgsql, Version=7.0.0.0, Culture=neutral'. The system cannot find the file specified.",
        "django.core.exceptions.ImproperlyConfigured: Error loading psycopg2 or psycopg module",
        "** (UndefinedFunctionError) function Shop.Release.migrate/0 is undefined (module Shop.Release is not available)",
        "PHP Fatal error:  Uncaught Error: Call to undefined function mysqli_connect() in /app/migrate.php:3",
        "2024/01/02 sql: unknown driver \"postgres\" (forgotten import?)",
    ),
    "version-mismatch": (
        "Caused by: java.lang.UnsupportedClassVersionError: App has been compiled by a more recent version of the Java Runtime (class file version 61.0)",
        "./migrate: /lib/x86_64-linux-gnu/libc.so.6: version `GLIBC_2.34' not found (required by ./migrate)",
        "pg_dump: error: server version: 16.1; pg_dump version: 15.4\npg_dump: error: aborting because of server version mismatch",
        "pg_restore: error: unsupported version (1.15) in file header",
        "ERROR 2059 (HY000): Authentication plugin 'caching_sha2_password' cannot be loaded",
        "npm error code EBADENGINE\nnpm error engine Unsupported engine",
        "Your Ruby version is 3.1.0, but your Gemfile specified 3.2.0",
        "You must install or update .NET to run this application.",
    ),
    "configuration-missing": (
        "***************************\nAPPLICATION FAILED TO START\n***************************\n\nDescription:\n\nFailed to configure a DataSource: 'url' attribute is not specified and no embedded datasource could be configured.\n\nReason: Failed to determine a suitable driver class",
        "Caused by: java.lang.IllegalArgumentException: Could not resolve placeholder 'shop.token' in value \"${shop.token}\"",
        "ArgumentError: Missing `secret_key_base` for 'production' environment, set this string with `bin/rails credentials:edit`",
        "production.ERROR: No application encryption key has been specified.",
        "Unhandled exception. System.InvalidOperationException: The ConnectionString property has not been initialized.",
    ),
    "variable-missing": (
        "Error: Missing required environment variable: STRIPE_KEY",
        "** (RuntimeError) could not fetch environment variable \"DATABASE_URL\" because it is not set",
        "Symfony\\Component\\DependencyInjection\\Exception\\EnvNotFoundException: Environment variable not found: \"DATABASE_URL\".",
        "required key DATABASE_URL missing value",
    ),
    "dependency-missing": (
        "Unhandled exception. System.InvalidOperationException: Unable to resolve service for type 'Shop.ICart' while attempting to activate 'Shop.Seeder'.",
        "Parameter 0 of constructor in com.acme.Seeder required a bean of type 'com.acme.Cart' that could not be found.",
    ),
    "address-in-use": ("Web server failed to start. Port 8080 was already in use.", "listen tcp :8080: bind: address already in use"),
    "program-crashed": (
        "panic: runtime error: invalid memory address or nil pointer dereference\n[signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x0]",
        "Segmentation fault (core dumped)", "Bus error (core dumped)", "java.lang.StackOverflowError",
        "thread 'main' has overflowed its stack",
    ),
    "migration-history": (
        "Error: checksum mismatch in migration directory\nsql/migrate: checksum mismatch",
        "error: migration 2 was previously applied but has been modified",
        "ERROR: No active migration lock; EF Core: The migration '20230101_Init' was not found",
        "error: migration 7 is partially applied; fix and remove row from `_sqlx_migrations` table",
        "Error: Not run migration 002_b is preceding already run migration 003_c",
    ),
    "migration-failed": ("goose run: ERROR 00002_x.sql: failed to run SQL migration: failed to execute SQL query",),
    "migration-lock": ("Error: Error acquiring the state lock\n\nError message: ConditionalCheckFailedException", "unable to create lock in backend: repository is already locked exclusively by PID 7 on backup-1"),
    "task-missing": (
        "npm ERR! Missing script: \"migrate\"", "make: *** No rule to make target 'migrate'.  Stop.",
        "  Command \"migrat\" is not defined.", "** (Mix) The task \"ecto.migrate\" could not be found",
        "Don't know how to build task 'db:migrat' (See the list of available tasks with `rake --tasks`)",
    ),
    "permission-denied": ("npm error code EACCES\nnpm error syscall mkdir\nnpm error path /app/.npm", "fatal: detected dubious ownership in repository at '/data/repo'"),
    "tls": (
        "javax.net.ssl.SSLHandshakeException: PKIX path building failed: sun.security.provider.certpath.SunCertPathBuilderException: unable to find valid certification path to requested target",
        " ---> System.Security.Authentication.AuthenticationException: The remote certificate is invalid because of errors in the certificate chain: PartialChain",
        "npm error code UNABLE_TO_VERIFY_LEAF_SIGNATURE", "npm error code SELF_SIGNED_CERT_IN_CHAIN",
        "error sending request for url (https://api/): invalid peer certificate: UnknownIssuer",
        "fatal: unable to access 'https://git.corp/a/': server certificate verification failed. CAfile: none CRLfile: none",
    ),
    "proxy-refused": (
        "curl: (56) Received HTTP code 407 from proxy after CONNECT",
        "System.Net.Http.HttpRequestException: The proxy tunnel request to proxy 'http://proxy:3128/' failed with status code '407'.",
        "proxyconnect tcp: EOF",
    ),
    "http-status": (
        "System.Net.Http.HttpRequestException: Response status code does not indicate success: 401 (Unauthorized).",
        "org.springframework.web.client.HttpClientErrorException$NotFound: 404 Not Found: [no body]",
        "Client error: `POST https://api/x` resulted in a `422 Unprocessable Content` response",
    ),
    "input-unexpected": (
        "jq: error (at <stdin>:1): Cannot index string with string \"name\"", "parse error: Invalid numeric literal at line 1, column 10",
        "SyntaxError: Unexpected token '<', \"<html>\" is not valid JSON", "Error: yaml: line 3: mapping values are not allowed in this context",
    ),
    "archive-damaged": ("tar: invalid magic", "pg_restore: error: input file appears to be a text format dump. Please use psql.", "gunzip: invalid magic"),
    "repository-missing": ("Fatal: unable to open config file: Stat: The specified key does not exist.\nIs there a repository at the following location?", "remote: Repository not found.", "Error: repo bitnami not found"),
    "host-key-unknown": ("Host key verification failed.\nfatal: Could not read from remote repository.",),
    "wait-timed-out": (
        "error: timed out waiting for the condition on deployments/web", "error: deployment \"web\" exceeded its progress deadline",
        "Error: UPGRADE FAILED: context deadline exceeded", "wait-for-it.sh: timeout occurred after waiting 15 seconds for db:5432",
    ),
    "kubernetes-conflict": (
        "Error from server (Conflict): Operation cannot be fulfilled on deployments.apps \"web\": the object has been modified; please apply your changes to the latest version and try again",
        "error: Apply failed with 1 conflict: conflict with \"hpa\": .spec.replicas",
    ),
    "kubernetes-not-found": ('error: the server doesn\'t have a resource type "widgets"',),
    "kubernetes-not-configured": ("error: You must be logged in to the server (Unauthorized)",),
    "object-invalid": ('The Deployment "web" is invalid: spec.template.spec.containers[0].image: Required value',),
    "usage": ("error: no objects passed to apply",),
    "script-syntax": ("/scripts/run.sh: line 3: [: too many arguments", "jq: error: syntax error, unexpected $end (Unix shell quoting issues?) at <top-level>, line 1:"),
    "exit-code": ("Error: 3 tests failed",),
}  # fmt: skip
CASES = [(cause, each) for table in (STORES, RUNTIMES) for cause, messages in table.items() for each in messages]


@pytest.mark.parametrize(("cause", "output"), CASES)
def test_the_cause_is_read_from_what_a_store_or_runtime_says(cause: str, output: str) -> None:
    found = diagnose(replace(FACTS, logs=tuple(output.split("\n"))))
    assert found.cause == cause
    assert not {"{", "}"} & set(found.problem)


# What contains the words of a cause and is none of it.
NOT_MEANT = (
    "all required environment variables are set", "checking migrations: 4 columns not found in cache", "loaded config.toml: 14 keys",
    "2 topics, 0 brokers down, 5 partitions moved", "Error: seed 12 of 80 has an odd size", "xz: dump.sql: File exists",
    "Aborted by user", "Code: 60 of plan B is missing", "NoSuchMethodError: The method 'x' was called on null",
    "Waiting 30 s before the next try", "Result: 403 rows differ", "Error: job 404 not found in queue", "Total: 500 Internal checks done",
    "validation of customers.csv: field required in column 7", "java.net.BindException: Cannot assign requested address",
    "error parsing DATABASE_URL: port out of range", "AssertionError: expected 200, got 503", "FATAL: seed 7 is broken",
    'Error from server (BadRequest): container "app" in pod "web-1" is waiting to start: ContainerCreating',
    "Error: checksum mismatch for chart.tgz", "Memory limit of cache: 512 MB", "value cannot be null: amount",
    'deployment "web" successfully rolled out', "Timeout is set to 30s", "1 validation error for Order",
    "This file was already imported on Monday, refusing to go on", "Exit Code: 60.", "User data has no owner",
)  # fmt: skip


@pytest.mark.parametrize("line", NOT_MEANT)
def test_ordinary_words_name_no_cause(line: str) -> None:
    assert diagnose(replace(FACTS, logs=(line,))).cause == "exit-code"


def test_the_fix_speaks_of_the_store_that_answered() -> None:
    def told(line: str) -> str:
        found = diagnose(replace(FACTS, logs=(line,)))
        return "\n".join((found.fix, *found.verify))

    topic = told("org.apache.kafka.common.errors.TopicExistsException: Topic 'orders' already exists.")
    assert "--if-not-exists" in topic
    assert "TABLE" not in topic
    assert "sqlplus" in told("ORA-00942: table or view does not exist")
    assert "mysql -h" in told("ERROR 1146 (42S02) at line 1: Table 'shop.agents' doesn't exist")
    assert "psql -h" in told('ERROR:  relation "agents" does not exist')
    assert "kubectl apply" in told('Error from server (AlreadyExists): secrets "tls" already exists')


def test_the_last_cause_of_a_java_trace_counts() -> None:
    trace = """org.springframework.beans.factory.BeanCreationException: Error creating bean with name 'flywayInitializer'
\tat org.springframework.beans.factory.support.AbstractBeanFactory.doGetBean(AbstractBeanFactory.java:333)
Caused by: java.sql.SQLTransientConnectionException: HikariPool-1 - Connection is not available, request timed out after 30000ms.
\tat com.zaxxer.hikari.pool.HikariPool.createTimeoutException(HikariPool.java:696)
Caused by: org.postgresql.util.PSQLException: FATAL: password authentication failed for user "app"
\tat org.postgresql.core.v3.ConnectionFactoryImpl.doAuthentication(ConnectionFactoryImpl.java:646)
\t... 23 more"""
    found = diagnose(replace(FACTS, logs=tuple(trace.split("\n"))))
    assert (found.cause, found.confidence) == ("authentication-failed", Confidence.HIGH)
    known = 'org.postgresql.util.PSQLException: FATAL: password authentication failed for user "app"'
    other = trace.replace(known, "com.acme.VaultException: no lease")
    assert diagnose(replace(FACTS, logs=tuple(other.split("\n")))).confidence is not Confidence.HIGH


def test_all_fields_that_pydantic_wants_are_named() -> None:
    log = (
        "pydantic_core._pydantic_core.ValidationError: 2 validation errors for Settings", "database_url",
        "  Field required [type=missing, input_value={}, input_type=dict]", "secret_key",
        "  Field required [type=missing, input_value={}, input_type=dict]",
    )  # fmt: skip
    found = diagnose(replace(FACTS, logs=log))
    assert found.problem.endswith("database_url, secret_key")


@pytest.mark.parametrize(
    ("code", "script", "cause"),
    [
        (124, "timeout 60 ./migrate", "wait-timed-out"),
        (124, "./migrate", "exit-code"),
        (143, "./migrate", "terminated"),
        (139, "./migrate", "program-crashed"),
        (134, "./migrate", "program-crashed"),
        (132, "./migrate", "program-crashed"),
        (1, "./migrate", "exit-code"),
    ],
)
def test_some_exit_codes_say_by_themselves_what_happened(code: int, script: str, cause: str) -> None:
    spec = {"containers": [{"name": "migrate", "command": ["sh", "-c", script]}]}
    found = diagnose(replace(FACTS, hook=HookFacts("m", spec=spec), logs=("step 1",), run=RunFacts(exit_code=code)))
    assert found.cause == cause
