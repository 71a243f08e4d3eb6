"""Small charts with hooks of every sort, as loaded charts."""

from __future__ import annotations

from steersman.chart.model import Chart, File, Metadata


def chart(*templates: str, version: str = "1.0.0") -> Chart:
    files = [File(f"templates/{number}.yaml", text.encode()) for number, text in enumerate(templates)]
    return Chart(Metadata(name="shop", version=version, api_version="v2"), templates=files)


def job(name: str, event: str, script: str, *, weight: int = 0, image: str = "busybox", extra: str = "") -> str:
    lines = "\n".join(f"          {line}" for line in script.splitlines())
    return f"""\
apiVersion: batch/v1
kind: Job
metadata:
  name: {name}
  annotations:
    helm.sh/hook: {event}
    helm.sh/hook-weight: "{weight}"
    {extra}
spec:
  backoffLimit: 0
  template:
    spec:
      restartPolicy: Never
      containers:
      - name: main
        image: {image}
        command: ["/bin/sh", "-ec"]
        args:
        - |
{lines}
        env:
        - {{name: PGHOST, value: db}}
        - {{name: PGUSER, value: shop}}
        - {{name: PGDATABASE, value: shop}}
        - {{name: PGPASSWORD, value: shop}}
"""


CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: shop}\ndata: {version: '{{ .Chart.Version }}'}\n"

# A database that is there before any hook that needs it.
DATABASE = """\
apiVersion: v1
kind: Service
metadata: {name: db}
spec: {selector: {app: db}, ports: [{port: 5432}]}
---
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
        image: postgres:15
        env:
        - {name: POSTGRES_USER, value: shop}
        - {name: POSTGRES_DB, value: shop}
        - {name: POSTGRES_PASSWORD, value: shop}
        - {name: PGDATA, value: /var/lib/postgresql/data/pgdata}
        volumeMounts: [{name: data, mountPath: /var/lib/postgresql/data}]
        readinessProbe: {exec: {command: [pg_isready, -U, shop, -h, 127.0.0.1]}, periodSeconds: 1}
      volumes: [{name: data, emptyDir: {}}]
"""
TABLE = job("schema", "post-install", 'psql -c "CREATE TABLE IF NOT EXISTS item (id int)"', image="postgres:15")
