"""The hooks of every kind and database do their work on a cluster, and do it again."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from steersman.client import Client
from steersman.create.chart import create_chart
from steersman.create.request import Engine, HookRequest, Kind
from steersman.create.writing import add_hook
from steersman.lifecycle.events import Event, HookFinished
from steersman.lifecycle.plan import Options

# What the hooks need: a database and its Secret, a cache, a registry that takes everything. They are there before the chart.
WORLD = """\
apiVersion: v1
kind: Secret
metadata: {name: shop-db}
stringData: {username: shop, password: s3cr3t}
---
apiVersion: v1
kind: Service
metadata: {name: db}
spec: {selector: {app: db}, ports: [{port: DB_PORT}]}
---
apiVersion: v1
kind: Service
metadata: {name: redis}
spec: {selector: {app: redis}, ports: [{port: 6379}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: redis}
spec:
  selector: {matchLabels: {app: redis}}
  template:
    metadata: {labels: {app: redis}}
    spec:
      containers: [{name: redis, image: "redis:7"}]
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 8080}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: python:3.12-slim
        readinessProbe: {tcpSocket: {port: 8080}, periodSeconds: 1}
        command: [python3, -c]
        args:
        - |
          from http.server import BaseHTTPRequestHandler, HTTPServer
          class Handler(BaseHTTPRequestHandler):
              def do_GET(self):
                  self.rfile.read(int(self.headers.get("Content-Length", 0)))
                  self.send_response(200)
                  self.end_headers()
              do_POST = do_GET
          HTTPServer(("", 8080), Handler).serve_forever()
"""

DATABASES = {
    Engine.POSTGRES: """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: db}
spec:
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec:
      containers:
      - name: db
        image: postgres:16
        env:
        - {name: POSTGRES_DB, value: shop}
        - {name: POSTGRES_USER, valueFrom: {secretKeyRef: {name: shop-db, key: username}}}
        - {name: POSTGRES_PASSWORD, valueFrom: {secretKeyRef: {name: shop-db, key: password}}}
        - {name: PGDATA, value: /var/lib/postgresql/data/pgdata}
        volumeMounts: [{name: data, mountPath: /var/lib/postgresql/data}]
        readinessProbe: {exec: {command: [pg_isready, -U, shop, -h, 127.0.0.1]}, periodSeconds: 1}
      volumes: [{name: data, emptyDir: {}}]
""",
    Engine.MYSQL: """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: db}
spec:
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec:
      containers:
      - name: db
        image: mysql:8.4
        env:
        - {name: MYSQL_DATABASE, value: shop}
        - {name: MYSQL_USER, valueFrom: {secretKeyRef: {name: shop-db, key: username}}}
        - {name: MYSQL_PASSWORD, valueFrom: {secretKeyRef: {name: shop-db, key: password}}}
        - {name: MYSQL_ROOT_PASSWORD, valueFrom: {secretKeyRef: {name: shop-db, key: password}}}
        readinessProbe: {tcpSocket: {port: 3306}, periodSeconds: 1}
        volumeMounts: [{name: data, mountPath: /var/lib/mysql}]
      volumes: [{name: data, emptyDir: {}}]
""",
}
PORTS = {Engine.POSTGRES: 5432, Engine.MYSQL: 3306}


@pytest.mark.embedded
@pytest.mark.parametrize("engine", Engine)
def test_every_hook_runs_and_runs_again(engine: Engine, tmp_path: Path, embedded_kubeconfig: str, mariadb: str) -> None:
    if engine is Engine.MYSQL and not mariadb:
        pytest.skip("no MySQL or MariaDB server on this machine, and Debian's cannot be downloaded")
    world = tmp_path / "world"
    (world / "templates").mkdir(parents=True)
    (world / "Chart.yaml").write_text("apiVersion: v2\nname: world\nversion: 1.0.0\n")
    (world / "templates" / "all.yaml").write_text(
        f"{WORLD.replace('DB_PORT', str(PORTS[engine]))}---\n{DATABASES[engine]}"
    )
    chart = create_chart(tmp_path / "shop")
    hosts = {Kind.CACHE: "redis", Kind.REGISTER: "web:8080", Kind.SMOKE_TEST: "web"}
    for kind in Kind:
        secret = "" if kind is Kind.CACHE else "shop-db"
        add_hook(chart, HookRequest(kind, engine, host=hosts.get(kind, "db"), database_name="shop", secret=secret))

    events: list[Event] = []
    values = {"smokeTest": {"port": 8080}}
    with Client(kubeconfig=embedded_kubeconfig, namespace=f"create-{engine}") as client:
        client.install("world", world, options=Options(create_namespace=True))
        client.install("trial", chart, values, on_event=events.append)
        client.upgrade("trial", chart, values, on_event=events.append)
        client.upgrade("trial", chart, values, on_event=events.append)
        client.test("trial", on_event=events.append)
        client.test("trial", on_event=events.append)

    finished = [event for event in events if isinstance(event, HookFinished)]
    runs = Counter(event.hook.removeprefix("trial-shop-") for event in finished if event.result == "Succeeded")
    assert runs == {
        "db-migrate": 3,
        "db-upgrade-migrate": 3,
        "db-upgrade-validate": 3,
        "register-service": 3,
        "db-backup": 2,
        "db-upgrade-backup": 2,
        "cache-flush": 2,
        "smoke-test": 2,
    }
    assert all((event.result, event.attempt) == ("Succeeded", 1) for event in finished)
    last_words = {event.hook.removeprefix("trial-shop-"): event.log_tail[-1] for event in finished}
    assert last_words["db-upgrade-backup"].startswith("backed up to /backups/trial-revision-2.sql (")
    assert last_words["db-upgrade-migrate"] == "migration applied"
    assert last_words["db-upgrade-validate"] == "migration validated"
    assert last_words["cache-flush"] == "cache flushed"
