"""Thirty hooks, each failing in a way of its own, and the cause that diagnose must name."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import Any

Object = dict[str, Any]
POSTGRES = "postgres-svc.data-layer"


@dataclass(frozen=True)
class FailingHook:
    """`spec` is laid over the container, `pod` over the Pod's spec, `job` over the Job's; `objects` belong to the chart,
    `before` is what the namespace already holds. `cause` None: nothing may be said with confidence."""

    cause: str | None
    spec: Object
    pod: Object = field(default_factory=dict)
    job: Object = field(default_factory=dict)
    objects: tuple[Object, ...] = ()
    before: tuple[Object, ...] = ()
    timeout: str = "60s"

    def values(self) -> Object:
        container = {"name": "migrate", "image": "postgres:15", **copy.deepcopy(self.spec)}
        pod = {"restartPolicy": "Never", "containers": [container], **copy.deepcopy(self.pod)}
        annotations = {"helm.sh/hook": "pre-install", "steersman.dev/hook-timeout": self.timeout}
        metadata = {"name": "migrate", "annotations": annotations}
        spec = {"backoffLimit": 0, "template": {"spec": pod}, **self.job}
        hook = {"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, "spec": spec}
        return {"objects": [hook, *self.objects]}


def shell(script: str, image: str = "postgres:15", **env: str) -> Object:
    return {
        "image": image,
        "command": ["sh", "-c", script],
        "env": [{"name": name, "value": value} for name, value in env.items()],
    }


def psql(
    sql: str, *, host: str = POSTGRES, user: str = "owner", password: str = "right", database: str = "shop"
) -> Object:
    script = f'psql -v ON_ERROR_STOP=1 -c "{sql}"'
    return shell(script, PGHOST=host, PGUSER=user, PGPASSWORD=password, PGDATABASE=database)


def locked(sql: str) -> Object:
    """As `psql`, once somebody else holds the lock."""
    held = (
        "select 'held' from pg_locks where granted and relation = 'locked'::regclass and mode = 'AccessExclusiveLock'"
    )
    found = psql(sql)
    found["command"][2] = f'until psql -Atc "{held}" | grep -q held; do sleep 0.2; done; {found["command"][2]}'
    return found


def named(kind: str, name: str, **content: Any) -> Object:
    return {"apiVersion": "v1", "kind": kind, "metadata": {"name": name}, **content}


def from_secret(name: str, key: str) -> Object:
    variable = {"name": "PASSWORD", "valueFrom": {"secretKeyRef": {"name": name, "key": key}}}
    return {**shell("env"), "env": [variable]}


PYTHON = "python:3.12"
CURL = "curlimages/curl:8.11.1"
HOOKS: dict[str, FailingHook] = {
    "host-in-another-namespace": FailingHook("name-not-resolved", psql("select 1", host="postgres")),
    "host-nowhere": FailingHook("name-not-resolved", shell("curl -sS http://warehouse/", CURL)),
    "localhost": FailingHook("connection-refused", psql("select 1", host="127.0.0.1")),
    "python-refused": FailingHook(
        "connection-refused", shell("python3 -c 'import socket; socket.create_connection((\"127.0.0.1\", 6379))'", PYTHON)
    ),
    "wrong-password": FailingHook("authentication-failed", psql("select 1", user="app", password="wrong")),
    "no-database": FailingHook("database-missing", psql("select 1", database="warehouse")),
    "no-table": FailingHook("table-missing", psql("select * from schema_migrations")),
    "no-column": FailingHook("column-missing", psql("select model from agents")),
    "table-twice": FailingHook("already-exists", psql("create table agents (id int)")),
    "syntax": FailingHook("sql-syntax", psql("alter tabel agents add x int")),
    "null": FailingHook("not-null-violation", psql("insert into agents (id) values (7)")),
    "unique": FailingHook("unique-violation", psql("insert into agents values (1, 'one')")),
    "foreign-key": FailingHook("foreign-key-violation", psql("insert into runs values (1, 99)")),
    "privilege": FailingHook("privilege-missing", psql("drop table agents", user="app")),
    "lock": FailingHook("lock-timeout", locked("set lock_timeout = 100; alter table locked add x int")),
    "read-only-transaction": FailingHook("read-only-transaction", psql("begin read only; create table t (x int)")),
    "secret-created-later": FailingHook(
        "secret-missing", from_secret("app-secret", "password"),
        objects=(named("Secret", "app-secret", stringData={"password": "hunter22"}),),
    ),
    "secret-key": FailingHook(
        "key-missing", from_secret("shared", "passwd"), before=(named("Secret", "shared", stringData={"password": "hunter22"}),)
    ),
    "config-map": FailingHook("config-map-missing", {**shell("env"), "envFrom": [{"configMapRef": {"name": "settings"}}]}),
    "service-account": FailingHook("service-account-missing", shell("true"), pod={"serviceAccountName": "migrator"}),
    "claim": FailingHook(
        "claim-missing", shell("true"),
        pod={"volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "backups"}}]}, timeout="5s",
    ),
    "image": FailingHook("image-pull", {"image": "registry.invalid/team/migrate:1.0", "command": ["migrate"]}),
    "shell-command": FailingHook("command-not-found", shell("alembic upgrade head")),
    "entry-command": FailingHook("command-not-found", {"image": "busybox:1.36", "command": ["flyway", "migrate"]}),
    "not-executable": FailingHook("permission-denied", shell("echo 'echo hi' > /tmp/run.sh; chmod 644 /tmp/run.sh; /tmp/run.sh")),
    "read-only-root": FailingHook(
        "read-only-file-system", {**shell("touch /var/done"), "securityContext": {"readOnlyRootFilesystem": True}}
    ),
    "deadline": FailingHook(
        "deadline", shell("echo working; exec sleep 60"),
        pod={"terminationGracePeriodSeconds": 1}, job={"activeDeadlineSeconds": 2},
    ),
    "quota": FailingHook(
        "quota", shell("true"), before=(named("ResourceQuota", "none", spec={"hard": {"pods": "0"}}),),
    ),
    "node-selector": FailingHook("unschedulable", shell("true"), pod={"nodeSelector": {"disk": "nvme"}}, timeout="5s"),
    "memory": FailingHook(
        "out-of-memory",
        {**shell("python3 -c 'x = bytearray(300 << 20); print(len(x))'", PYTHON), "resources": {"limits": {"memory": "64Mi"}}},
    ),
    "http-503": FailingHook("http-status", shell("curl -fsS http://web.data-layer:8080/503", CURL)),
    "tls": FailingHook("tls", shell("curl -sS https://web.data-layer:8080/", CURL)),
    "module": FailingHook("module-missing", shell("python3 -c 'import alembic_of_mine'", PYTHON)),
    "variable": FailingHook("variable-missing", shell("set -u; echo $DATABASE_URL")),
    "not-accepted": FailingHook("object-invalid", shell("true"), pod={"restartPolicy": "Always"}),
    "exit-code-only": FailingHook(None, shell("exit 3")),
}  # fmt: skip

SERVER = """
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
class Answers(BaseHTTPRequestHandler):
    def do_GET(self): self.send_error(int(self.path.strip("/") or 200))
HTTPServer(("0.0.0.0", 8080), Answers).serve_forever()
"""
SETUP = """
CREATE ROLE app LOGIN PASSWORD 'right';
CREATE TABLE agents (id int PRIMARY KEY, name text NOT NULL);
CREATE TABLE runs (id int PRIMARY KEY, agent int REFERENCES agents);
CREATE TABLE locked (id int);
INSERT INTO agents VALUES (1, 'one');
"""


def servers() -> Object:
    """A database with a table that somebody keeps locked, and a web server that answers /503 with 503."""
    env = {"POSTGRES_USER": "owner", "POSTGRES_PASSWORD": "right", "POSTGRES_DB": "shop", "PGDATA": "/tmp/data"}
    owner = {"PGHOST": POSTGRES, "PGUSER": "owner", "PGPASSWORD": "right", "PGDATABASE": "shop"}
    setup = shell(f'psql -v ON_ERROR_STOP=1 -c "{SETUP}"', **owner)
    lock = shell('psql -c "begin; lock table locked; select pg_sleep(600)"', **owner)
    hook = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "setup", "annotations": {"helm.sh/hook": "post-install"}},
        "spec": {"template": {"spec": {"restartPolicy": "Never", "containers": [{"name": "setup", **setup}]}}},
    }
    ready = {"exec": {"command": ["pg_isready", "-h", "127.0.0.1"]}, "periodSeconds": 1}
    database = {"name": "main", "image": "postgres:15", "env": [{"name": k, "value": v} for k, v in env.items()]}
    web = {"name": "main", "image": PYTHON, "command": ["python3", "-c", SERVER]}
    return {
        "objects": [
            hook,
            pod("postgres", {**database, "readinessProbe": ready}),
            pod("web", {**web, "readinessProbe": {"tcpSocket": {"port": 8080}, "periodSeconds": 1}}),
            pod("locker", {"name": "main", **shell(f"until {lock['command'][2]}; do sleep 0.2; done", **owner)}),
            service("postgres-svc", "postgres", 5432),
            service("web", "web", 8080),
        ]
    }


def pod(name: str, container: Object) -> Object:
    found = named("Pod", name, spec={"containers": [container]})
    found["metadata"]["labels"] = {"app": name}
    return found


def service(name: str, app: str, port: int) -> Object:
    return named("Service", name, spec={"selector": {"app": app}, "ports": [{"port": port}]})
