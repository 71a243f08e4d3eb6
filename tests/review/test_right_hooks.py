"""Hooks that look suspicious and are right: the review has nothing against them."""

from __future__ import annotations

import pytest

from .kit import Json, document
from .safe import (
    AT_SCRIPTS,
    BOTH,
    FROM_SECRET,
    MOUNTED,
    MYSQL,
    SAFE_CONTAINER,
    SAFE_POD,
    SCRIPTS,
    VOLUME,
    WAIT,
    files,
    found,
    hook,
    psql,
)

LISTS_PODS: Json = {"apiGroups": [""], "resources": ["pods"], "verbs": ["list"]}
RIGHT: dict[str, list[Json]] = {
    "sh -ec": [hook("./prepare\n./work")],
    "set -eu": [hook("set -eu\n./prepare\n./work", shell=("/bin/sh", "-c"))],
    "set -o errexit": [hook("set -o errexit\n./prepare\n./work", shell=("/bin/sh", "-c"))],
    "bash -e -o pipefail": [
        hook("pg_dump x | gzip > /tmp/y", on="pre-upgrade", shell=("/bin/bash", "-e", "-o", "pipefail", "-c"))
    ],
    "flags in one": [hook("pg_dump x | gzip > /tmp/y", on="pre-upgrade", shell=("bash", "-ceuo", "pipefail"))],
    "chain is one command": [hook("cd /app && ./prepare && ./work", shell=("/bin/sh", "-c"))],
    "each command is checked": [hook("./prepare || exit 1\n./work", shell=("/bin/sh", "-c"))],
    "env sets the scene": [hook(command=["/usr/bin/env", "bash", "-euc", "./work"])],
    "ON_ERROR_STOP by --set": [hook(psql("SELECT 1;", "psql --set ON_ERROR_STOP=on"))],
    "ON_ERROR_STOP by --set=": [hook(psql("SELECT 1;", "psql --set=ON_ERROR_STOP=1"))],
    "ON_ERROR_STOP glued": [hook(psql("SELECT 1;", "psql -vON_ERROR_STOP=1 -X"))],
    "ON_ERROR_STOP in the text": [hook(psql("\\set ON_ERROR_STOP on\nSELECT 1;", "psql"))],
    "ON_ERROR_STOP by psqlrc": [
        hook(f"{WAIT}\necho '\\set ON_ERROR_STOP on' > /tmp/rc\nPSQLRC=/tmp/rc psql -f /x.sql")
    ],
    "ON_ERROR_STOP by a variable": [hook(f'{WAIT}\nPSQL="psql -v ON_ERROR_STOP=1"\n$PSQL -f /x.sql')],
    "ON_ERROR_STOP in the mounted file": [
        files(a_sql="\\set ON_ERROR_STOP on\nSELECT 1;\n"),
        hook(f"{WAIT}\npsql -f /scripts/a.sql", pod=SCRIPTS, container=AT_SCRIPTS),
    ],
    "DO block": [
        hook(
            psql(
                "DO $$ BEGIN IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'r') THEN CREATE ROLE r; END IF; END $$;"
            )
        )
    ],
    "or replace": [hook(psql("CREATE OR REPLACE VIEW v AS SELECT 1;"))],
    "on conflict": [hook(psql("INSERT INTO plans (id) VALUES (1) ON CONFLICT DO NOTHING;"))],
    "where not exists": [
        hook(psql("INSERT INTO plans (id) SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM plans WHERE id = 1);"))
    ],
    "dropped first": [
        hook(
            psql(
                "BEGIN;\nDROP TRIGGER IF EXISTS t ON o;\nCREATE TRIGGER t BEFORE INSERT ON o EXECUTE FUNCTION f();\nCOMMIT;"
            )
        )
    ],
    "constraint dropped first": [
        hook(
            psql(
                "BEGIN;\nALTER TABLE o DROP CONSTRAINT IF EXISTS c;\n"
                "ALTER TABLE o ADD CONSTRAINT c CHECK (a > 0) NOT VALID;\nCOMMIT;"
            )
        )
    ],
    "emptied and filled": [
        hook(psql("BEGIN;\nDELETE FROM plans WHERE id < 9;\nINSERT INTO plans (id) VALUES (1);\nCOMMIT;"))
    ],
    "gexec": [
        hook(psql("SELECT 'CREATE DATABASE x' WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'x')\\gexec"))
    ],
    "concurrently alone": [hook(psql("CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON orders (a);"))],
    "index of a new table": [
        hook(psql("BEGIN;\nCREATE TABLE IF NOT EXISTS a (b int);\nCREATE INDEX IF NOT EXISTS i ON a (b);\nCOMMIT;"))
    ],
    "serial in a new table": [hook(psql("CREATE TABLE IF NOT EXISTS a (id serial PRIMARY KEY, b int NOT NULL);"))],
    "constant default": [hook(psql("ALTER TABLE orders ADD COLUMN IF NOT EXISTS a int NOT NULL DEFAULT 0;"))],
    "now is no rewrite": [hook(psql("ALTER TABLE orders ADD COLUMN IF NOT EXISTS a timestamptz DEFAULT now();"))],
    "mysql ignores": [hook(f"{WAIT}\n{MYSQL}INSERT IGNORE INTO plans VALUES (1);\nSQL")],
    "mysql where not exists": [
        hook(f"{WAIT}\n{MYSQL}INSERT INTO p SELECT 1 FROM DUAL WHERE NOT EXISTS (SELECT 1 FROM p);\nSQL")
    ],
    "mysql duplicate key": [hook(f"{WAIT}\n{MYSQL}INSERT INTO p (a) VALUES (1) ON DUPLICATE KEY UPDATE a = a;\nSQL")],
    "mysql if not exists": [hook(f"{WAIT}\n{MYSQL}CREATE TABLE IF NOT EXISTS p (a INT);\nSQL")],
    "mysql replaces": [hook(f"{WAIT}\n{MYSQL}REPLACE INTO p VALUES (1);\nSQL")],
    "alembic": [hook("alembic upgrade head")],
    "flyway": [hook(command=["flyway", "migrate"], container={"image": "flyway/flyway:10.20"})],
    "rails": [hook(command=["bundle", "exec", "rails", "db:migrate"])],
    "django": [hook("python manage.py migrate --noinput")],
    "prisma": [hook(command=["npx", "prisma", "migrate", "deploy"])],
    "artisan": [hook(command=["php", "artisan", "migrate", "--force"])],
    "bounded until": [hook(f"{WAIT}\n./work")],
    "bounded by timeout": [hook("timeout 60 sh -c 'until pg_isready; do sleep 1; done'\n./work", spec={})],
    "bounded by the deadline": [hook("until pg_isready; do sleep 1; done\n./work")],
    "reads lines": [hook('while read -r line; do echo "$line"; done < /list')],
    "curl with everything": [hook("curl --fail-with-body --retry 5 -m 10 http://x", on="post-install,post-upgrade")],
    "curl code is compared": [
        hook('code=$(curl -m 5 --retry 3 -s -o /dev/null -w "%{http_code}" http://x)\n[ "$code" = 200 ]', on="test")
    ],
    "curl answer is searched": [hook("curl -m 5 --retry 3 -s http://x | grep -q ok", on="test")],
    "curl answer is tested": [hook('size=$(curl -m 5 -s http://x)\ntest "$size" -eq 3', on="test")],
    "cleanup may fail": [
        hook(
            "kubectl delete secret x || true\n./work",
            pod={"automountServiceAccountToken": True, "serviceAccountName": "outside"},
        )
    ],
    "answer of a failed question": [
        hook(
            'x=$(kubectl get sts a -o name 2>/dev/null || true)\n[ -z "$x" ] || ./work',
            pod={"automountServiceAccountToken": True, "serviceAccountName": "outside"},
        )
    ],
    "trap": [hook("trap 'rm -f /tmp/x' EXIT\n./work > /tmp/x")],
    "create or apply": [
        hook(
            "kubectl create cm x --dry-run=client -o yaml | kubectl apply -f -",
            pod={"automountServiceAccountToken": True, "serviceAccountName": "outside"},
        )
    ],
    "helpers are hooks of lower weight": [
        document("ServiceAccount", "runner", f"{BOTH} -10"),
        document("Role", "runner", f"{BOTH} -9", "rbac.authorization.k8s.io/v1", rules=[LISTS_PODS]),
        document(
            "RoleBinding",
            "runner",
            f"{BOTH} -8",
            "rbac.authorization.k8s.io/v1",
            roleRef={"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "runner"},
            subjects=[{"kind": "ServiceAccount", "name": "runner"}],
        ),
        hook("kubectl get pods", pod={"automountServiceAccountToken": True, "serviceAccountName": "runner"}),
    ],
    "account of equal weight and like name": [
        document("ServiceAccount", "admission", BOTH),
        hook(
            "kubectl get pods",
            name="admission-create",
            pod={"automountServiceAccountToken": True, "serviceAccountName": "admission"},
        ),
    ],
    "secret from outside": [hook("./work", container=FROM_SECRET)],
    "name of a secret is none": [hook('SECRET_NAME=tls\necho "made $SECRET_NAME"')],
    "password from the environment": [
        hook(f'{WAIT}\nPGPASSWORD="$DB_PASSWORD" psql -c "SELECT 1"', container=FROM_SECRET)
    ],
    "password by a file": [
        hook('printf %s "$DB_PASSWORD" > /tmp/p\n./tool --password-file /tmp/p', container=FROM_SECRET)
    ],
    "config as a hook": [
        document("ConfigMap", "outside", f"{BOTH} -5", data={"a": "b"}),
        hook(container={"envFrom": [{"configMapRef": {"name": "outside"}}]}),
    ],
    "pre-delete cleanup": [
        hook(
            "kubectl delete crd x --ignore-not-found",
            on="pre-delete",
            pod={"automountServiceAccountToken": True, "serviceAccountName": "outside"},
        )
    ],
    "image by digest": [hook(container={"image": "postgres@sha256:" + "0" * 64})],
    "registry with a port": [hook(container={"image": "registry.local:5000/team/tool:1.2"})],
    "sequence": [
        hook(
            "pg_dump shop > /backup/a.part\nmv /backup/a.part /backup/a",
            on="pre-upgrade",
            name="backup",
            weight=-10,
            container=MOUNTED,
            pod=VOLUME,
        ),
        hook("alembic upgrade head", name="migrate"),
        hook("alembic check", name="validate-migration", weight=10),
    ],
    "script file that is right": [
        files(run_sh="#!/bin/sh\nset -eu\n./prepare\n./work\n"),
        hook(command=["/bin/sh", "/scripts/run.sh"], pod=SCRIPTS, container=AT_SCRIPTS),
    ],
    "script file by shell option": [
        files(run_sh="./prepare\n./work\n"),
        hook(command=["/bin/sh", "-e", "/scripts/run.sh"], pod=SCRIPTS, container=AT_SCRIPTS),
    ],
    "entry point with args": [
        hook(container={"command": None, "args": ["migrate", "--wait"], "image": "ghcr.io/x/y:1"})
    ],
    "test pod": [
        document(
            "Pod",
            "t",
            "test",
            spec={
                **SAFE_POD,
                "containers": [{**SAFE_CONTAINER, "command": ["wget", "-q", "-T", "5", "http://web"]}],
                "activeDeadlineSeconds": 60,
            },
        )
    ],
}

# True of a hook that is right, too: a hint for those who use Argo CD.
ALWAYS_RIGHT = {"gitops-events"}


@pytest.mark.parametrize("name", RIGHT)
def test_what_only_looks_suspicious_is_left_alone(name: str) -> None:
    assert found(*RIGHT[name]) <= ALWAYS_RIGHT
