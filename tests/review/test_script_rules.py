"""The rules about scripts: what each finds, and what it leaves alone."""

from __future__ import annotations

import textwrap
from typing import Any

import pytest

from steersman.manifest import yaml
from steersman.review.build import from_manifest
from steersman.review.configuration import Configuration
from steersman.review.runner import review


def job(
    script: str, *, shell: tuple[str, ...] = ("/bin/sh", "-c"), event: str = "pre-upgrade", **container: Any
) -> str:
    given = {"name": "main", "image": "x:1", "command": [*shell, textwrap.dedent(script)], **container}
    spec = {"backoffLimit": 1, "template": {"spec": {"restartPolicy": "Never", "containers": [given]}}}
    metadata = {"name": "hook", "annotations": {"helm.sh/hook": event}}
    return yaml.dump({"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, "spec": spec})


def found(rule: str, manifest: str) -> list[str]:
    result = review(from_manifest(manifest, "hook.yaml"), Configuration(only=frozenset({rule})))
    return [finding.message for finding in result.findings]


SECRET = {"env": [{"name": "DB_PASS", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}]}
MOUNT = {"volumeMounts": [{"name": "b", "mountPath": "/backup"}]}
READ_ONLY = {"securityContext": {"readOnlyRootFilesystem": True}}
RESETS = (
    "flyway -url=jdbc:x clean migrate", "liquibase drop-all", "npx prisma migrate reset --force", "prisma migrate dev",
    "prisma db push --accept-data-loss", "bundle exec rails db:drop db:create", "rake db:reset", "manage.py flush --noinput",
    "alembic downgrade base", "php artisan migrate:fresh", "knex migrate:rollback --all", "npx sequelize-cli db:drop",
    "typeorm schema:drop", "php bin/console doctrine:database:drop --force", "goose postgres $DSN reset", "dbmate drop",
    "migrate -path /m -database $DSN drop", "dropdb --if-exists shop", "mysqladmin -f drop shop",
    "bundle exec rake db:schema:load db:seed", "./bin/rails db:setup", "timeout 60 npx knex migrate:rollback --all",
    "tini -- su-exec app poetry run alembic downgrade base", "exec env RAILS_ENV=production bin/rails db:purge",
    "kubectl exec db-0 -- dropdb shop", "su - app -c 'bundle exec rails db:drop'", "pg_restore --clean -d shop /x.dump",
    "yarn typeorm schema:drop", "dotenv -f .env run -- python manage.py flush", "mongorestore --drop /dump",
)  # fmt: skip
ONWARD = (
    "flyway migrate", "liquibase update", "prisma migrate deploy", "rails db:migrate", "manage.py migrate --noinput",
    "alembic upgrade head", "php artisan migrate --force", "goose up", "migrate -path /m -database $DSN up", "createdb shop",
    "echo clean", "echo 'never run rails db:drop here'", "pg_restore -d shop /x.dump", "bundle exec rails db:prepare",
    "if rails db:version; then rails db:migrate; else rails db:setup; fi", "yarn install", "npx prisma generate",
)  # fmt: skip

BAD: list[tuple[str, str, dict[str, Any]]] = [
    ("script-without-errexit", "psql -c 'SELECT 1'\necho done", {}),
    ("script-without-errexit", "cd /app\n./migrate\n./validate", {}),
    ("script-without-errexit", "redis-cli FLUSHALL\necho 'Cache cleared'", {}),
    ("variable-not-set", "rm -rf /data/$TENANT/*", {}),
    ("secret-on-command-line", "PW=$(openssl rand -hex 9)\necho made $PW", {}),
    ("waits-for-an-answer", "terraform init && terraform apply", {}),
    ("script-pipe-hides-failure", "set -e\npg_dump db | gzip > /backup/x.gz", {}),
    ("psql-without-on-error-stop", "set -e\npsql <<EOF\nCREATE TABLE a(b int);\nDROP TABLE c;\nEOF\n", {}),
    ("psql-without-on-error-stop", "psql -f /sql/a.sql", {}),
    ("psql-without-on-error-stop", "psql -c 'SELECT 1' -c 'SELECT 2'", {}),
    ("exit-code-swallowed", "./migrate || true", {}),
    ("exit-code-swallowed", "./migrate\nexit 0", {}),
    ("sleep-instead-of-waiting", "sleep 10\ncurl -f http://registry/register", {}),
    ("no-retry-on-connect", "psql -c 'SELECT 1'", {"event": "pre-install"}),
    ("secret-on-command-line", 'echo "the password is $DB_PASS"', SECRET),
    ("secret-on-command-line", "PGPASSWORD=hunter2 psql -c 'SELECT 1'", {}),
    ("secret-on-command-line", "psql postgres://me:hunter2@db/x -c 'SELECT 1'", {}),
    ("secret-on-command-line", 'mysql -p"$DB_PASS" -e "SELECT 1"', SECRET),
    ("secret-on-command-line", "curl -fsS -H 'Authorization: Bearer abcdef123456' https://x", {}),
    ("secret-on-command-line", "curl -fsS -H 'X-Api-Key: abcdef123456' https://x", {}),
    ("secret-on-command-line", "curl -fsS -u admin:hunter2 https://x", {}),
    ("secret-on-command-line", "mysql -phunter2 -e 'SELECT 1'", {}),
    ("secret-on-command-line", "redis-cli -a hunter2 -e PING", {}),
    ("secret-on-command-line", "tool --password hunter2", {}),
    ("secret-on-command-line", "tool --api-key=hunter2", {}),
    ("secret-on-command-line", "git clone https://x/y glpat-abcdefghijklmnop1234", {}),
    ("curl-without-fail", "curl -s http://x/health", {}),
    ("curl-without-timeout", "curl -f http://x/health", {}),
    ("unbounded-loop", "until pg_isready; do sleep 1; done", {}),
    ("unbounded-loop", "while true; do curl -f http://x; sleep 1; done", {}),
    ("bashism-under-sh", "for i in {1..10}; do echo $i; done", {}),
    ("bashism-under-sh", 'if [[ "$a" == b ]]; then echo; fi', {}),
    ("bashism-under-sh", "source /env", {}),
    ("bashism-under-sh", "diff <(ls a) <(ls b)", {}),
    ("write-without-volume", "pg_dump db > /backup/db.sql", {}),
    ("write-without-volume", "pg_dump db | gzip > /backup/db.gz", {}),
    ("write-without-volume", "date > /tmp/now", READ_ONLY),
    ("variable-not-set", "psql -h ${DB_HOST} -c 'SELECT 1'", {}),
    ("variable-not-set", 'curl -f "http://$REGISTRY/register"', {}),
    ("redis-cli-exit-code", "redis-cli -h cache FLUSHALL", {}),
    *(("migration-tool-resets", command, {}) for command in RESETS),
    ("migration-tool-resets", "flyway clean", {"event": "post-install"}),
]
GOOD: list[tuple[str, str, dict[str, Any]]] = [
    ("script-without-errexit", "set -e\npsql -c 'SELECT 1'\necho done", {}),
    ("script-without-errexit", "psql -c 'SELECT 1'\necho done", {"shell": ("/bin/sh", "-ec")}),
    ("variable-not-set", "TENANT=a\nrm -rf /data/$TENANT/*\nrm /x/$OTHER", {}),
    ("secret-on-command-line", "echo $PWD $OLDPWD", {}),
    ("waits-for-an-answer", "terraform plan -out p && terraform apply p && terraform apply -auto-approve", {}),
    ("script-without-errexit", "psql -c 'SELECT 1'\necho done", {"shell": ("/bin/bash", "-euo", "pipefail", "-c")}),
    ("script-without-errexit", "psql -c 'SELECT 1' || exit 1\necho done", {}),
    ("script-without-errexit", "echo start\npsql -c 'SELECT 1'", {}),
    ("script-without-errexit", "echo 'Step 1' && sleep 2", {}),
    ("script-without-errexit", "if ! ./migrate; then exit 1; fi\necho done", {}),
    ("script-pipe-hides-failure", "set -eo pipefail\npg_dump db | gzip > x", {"shell": ("/bin/bash", "-c")}),
    ("script-pipe-hides-failure", "curl -f http://x | grep -q ok", {}),
    ("psql-without-on-error-stop", "psql -v ON_ERROR_STOP=1 -f /sql/a.sql", {}),
    ("psql-without-on-error-stop", "psql -c 'SELECT 1'", {}),
    ("exit-code-swallowed", "set -e\n./migrate\nexit 0", {}),
    ("exit-code-swallowed", "./migrate || exit 1", {}),
    ("exit-code-swallowed", "kubectl delete secret x || true", {}),
    ("exit-code-swallowed", "for i in 1 2; do if ./ok; then exit 0; fi; done\nexit 1", {}),
    ("sleep-instead-of-waiting", "for i in 1 2 3; do ./ok && break; sleep 1; done\n./work", {}),
    ("sleep-instead-of-waiting", "echo Working\nsleep 5\necho Done", {}),
    (
        "no-retry-on-connect",
        "for i in 1 2 3; do pg_isready && break; done\npsql -c 'SELECT 1'",
        {"event": "pre-install"},
    ),
    ("no-retry-on-connect", "curl -f --retry 5 http://x", {"event": "post-install"}),
    ("secret-on-command-line", "psql -c 'SELECT 1'", SECRET),
    ("secret-on-command-line", 'echo "$DB_PASS" > /tmp/pass', SECRET),
    ("secret-on-command-line", 'PGPASSWORD="$DB_PASS" psql', SECRET),
    ("curl-without-fail", "curl -fsS http://x/health", {}),
    ("curl-without-fail", "curl --fail-with-body http://x", {}),
    ("curl-without-fail", "code=$(curl -s -o /dev/null -w '%{http_code}' http://x)", {}),
    ("curl-without-timeout", "curl -f --max-time 5 http://x", {}),
    ("unbounded-loop", 'n=0; until pg_isready; do n=$((n+1)); [ "$n" -ge 30 ] && exit 1; sleep 1; done', {}),
    ("bashism-under-sh", "for i in $(seq 10); do echo $i; done", {}),
    ("bashism-under-sh", "for i in {1..10}; do echo $i; done", {"shell": ("/bin/bash", "-c")}),
    ("write-without-volume", "pg_dump db > /backup/db.sql", MOUNT),
    ("variable-not-set", 'psql -h "$DB_HOST"', {"env": [{"name": "DB_HOST", "value": "db"}]}),
    ("variable-not-set", 'psql -h "$DB_HOST"', {"envFrom": [{"configMapRef": {"name": "c"}}]}),
    ("variable-not-set", 'DB_HOST=$(cat /host)\npsql -h "$DB_HOST" -p "${DB_PORT:-5432}"', {}),
    ("variable-not-set", '. /env\npsql -h "$DB_HOST"', {}),
    (
        "variable-not-set",
        'for HOST in a b; do curl -f "http://$HOST"; done\nread -r NAME PORT < /x\ncurl "$NAME:$PORT"',
        {},
    ),
    ("variable-not-set", 'psql -h "$POSTGRES_SERVICE_HOST" -U "$PGUSER"\ncurl "$KUBERNETES_PORT"', {}),
    ("redis-cli-exit-code", '[ "$(redis-cli ping)" = PONG ]\nredis-cli -e flushdb\nredis-cli info | grep -q role', {}),
    ("script-without-errexit", 'R=$(curl -s http://x)\necho "$R" | grep -q ok || exit 1\necho fine', {}),
    ("write-without-volume", "echo x > /dev/null; echo y > /tmp/z; echo w > relative", {}),
    ("write-without-volume", "echo x >> /etc/passwd", {}),
    ("write-without-volume", "date > /backup/now", MOUNT | READ_ONLY),
    ("write-without-volume", "date > /backup", MOUNT),
    (
        "secret-on-command-line",
        "curl -fsS -H \"Authorization: Bearer $TOKEN\" -H 'Content-Type: application/json' https://x",
        {},
    ),
    (
        "secret-on-command-line",
        "psql -p 5432; mkdir -p data; redis-cli -e PING; curl -u :$PW x; tool --password-file /run/p",
        {},
    ),
    ("secret-on-command-line", "tool --secret-name db --token=$(cat /t) --password $WORD --no-password --password", {}),
    *(("migration-tool-resets", command, {}) for command in ONWARD),
    ("migration-tool-resets", "alembic downgrade base", {"event": "pre-rollback"}),
    ("migration-tool-resets", "bundle exec rails db:schema:load", {"event": "pre-install"}),
    ("curl-without-timeout", "timeout 20 curl -f http://x/health", {}),
]


@pytest.mark.parametrize(("rule", "script", "options"), BAD)
def test_a_rule_finds_what_is_wrong(rule: str, script: str, options: dict[str, Any]) -> None:
    assert found(rule, job(script, **options))


@pytest.mark.parametrize(("rule", "script", "options"), GOOD)
def test_a_rule_leaves_alone_what_is_right(rule: str, script: str, options: dict[str, Any]) -> None:
    assert found(rule, job(script, **options)) == []


def test_a_finding_names_the_line_inside_the_script() -> None:
    manifest = job("set -e\necho one\ncurl -s http://x\n")
    finding = review(
        from_manifest(manifest, "hook.yaml"), Configuration(only=frozenset({"curl-without-fail"}))
    ).findings[0]
    assert manifest.splitlines()[finding.line - 1].strip() == "curl -s http://x"


def test_a_missing_parser_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    from steersman.review import extras
    from steersman.review.output import render

    monkeypatch.setattr(extras, "PARSERS", {"no_such_parser": "the scripts inside hooks"})
    result = review(from_manifest(job("echo"), "hook.yaml"))
    assert "not looked at: the scripts inside hooks (pip install 'steersman[review]')" in render(result, "text")
    assert '"the scripts inside hooks"' in render(result, "json")
