"""Good and bad cases for each rule of the group lifecycle."""

from __future__ import annotations

import pytest

from steersman.review.build import from_manifest
from steersman.review.configuration import Configuration
from steersman.review.runner import review

from .kit import Json, document, job, pod, said, text

SECRET: Json = document("Secret", "database", stringData={"password": "x"})
EARLY_SECRET: Json = document("Secret", "database", "pre-install -5", stringData={"password": "x"})
ENV: Json = {"env": [{"name": "P", "valueFrom": {"secretKeyRef": {"name": "database", "key": "password"}}}]}
WRONG_KEY: Json = {"env": [{"name": "P", "valueFrom": {"secretKeyRef": {"name": "database", "key": "pass"}}}]}
OPTIONAL: Json = {"envFrom": [{"secretRef": {"name": "database", "optional": True}}]}
FROM: Json = {"envFrom": [{"configMapRef": {"name": "settings"}}]}
CLAIM: Json = {"volumes": [{"name": "b", "persistentVolumeClaim": {"claimName": "backups"}}]}
ITEMS: Json = {"volumes": [{"name": "s", "configMap": {"name": "settings", "items": [{"key": "b.sql", "path": "b"}]}}]}
ACCOUNT: Json = {"serviceAccountName": "migrator"}
RBAC = "rbac.authorization.k8s.io/v1"
SUBJECTS = [{"kind": "ServiceAccount", "name": "migrator"}]
ADD = "psql -c 'ALTER TABLE agents ADD COLUMN IF NOT EXISTS status text'"
SCHEMA = "psql -c 'CREATE TABLE IF NOT EXISTS agents (id int)'"
DROP = "psql -c 'ALTER TABLE agents DROP COLUMN model'"
DATABASE: Json = {"env": [{"name": "PGHOST", "value": "db.example"}]}
SERVICE = document("Service", "postgres")
APP: Json = document(
    "Deployment",
    "app",
    "",
    "apps/v1",
    spec=job(container={"image": "registry.example/app:2", "readinessProbe": {"httpGet": {"port": 1}}})["spec"],
)
NEEDS_TOKEN: Json = document("Deployment", "app", "", "apps/v1", spec=job(container=ENV)["spec"])
WAITS: Json = document(
    "Deployment",
    "app",
    "",
    "apps/v1",
    spec=job(initContainers=[{"name": "wait", "command": ["kubectl", "wait", "job/migrate"]}])["spec"],
)
SQL = document("ConfigMap", "settings", "pre-install,pre-upgrade -5", data={"a.sql": "ALTER TABLE a RENAME TO b;"})

BAD: list[tuple[str, list[Json], str]] = [
    ("hook-later-reference", [SECRET, job(container=ENV)], "Secret/database is no hook"),
    ("hook-later-reference", [document("ConfigMap", "settings"), job(container=FROM)], "ConfigMap/settings is no hook"),
    (
        "hook-later-reference",
        [document("PersistentVolumeClaim", "backups"), job(**CLAIM)],
        "PersistentVolumeClaim/backups",
    ),
    (
        "hook-later-reference",
        [document("ServiceAccount", "migrator"), job(**ACCOUNT)],
        "ServiceAccount/migrator is no hook",
    ),
    (
        "hook-later-reference",
        [document("Secret", "database", "pre-install 5"), job(container=ENV)],
        "a hook of weight 5",
    ),
    (
        "hook-later-reference",
        [document("Secret", "database", "pre-install"), job(name="a", container=ENV)],
        "by its name",
    ),
    (
        "hook-later-reference",
        [document("Secret", "database", "pre-upgrade"), job(container=ENV)],
        "a hook of pre-upgrade",
    ),
    ("hook-later-reference", [document("Secret", "database", "pre-instal"), job(container=ENV)], "Helm leaves it out"),
    ("hook-later-reference", [SECRET, job("post-delete", container=ENV)], "is deleted before it"),
    (
        "hook-later-reference",
        [document("Secret", "database", "pre-install -5 hook-succeeded"), job("post-install", container=ENV)],
        "deleted (hook-succeeded) at the end of pre-install",
    ),
    (
        "hook-later-reference",
        [
            document("ServiceAccount", "migrator", "pre-install -5"),
            document("RoleBinding", "migrator", api=RBAC, subjects=SUBJECTS),
            job(**ACCOUNT),
        ],
        "RoleBinding/migrator, which gives ServiceAccount/migrator its rights",
    ),
    ("reference-missing-key", [EARLY_SECRET, job(container=WRONG_KEY)], "has no key 'pass'"),
    (
        "reference-missing-key",
        [document("ConfigMap", "settings", data={"a.sql": ""}), job(**ITEMS)],
        "has no key 'b.sql'",
    ),
    ("delete-policy-old-result", [job("pre-install 0 hook-succeeded")], "fails at once"),
    ("delete-policy-old-result", [job("pre-upgrade 0 hook-failed")], "reads the old success"),
    ("delete-policy-old-result", [pod("test 0 never")], "reads the old result"),
    ("delete-policy-destroys-evidence", [job("pre-install 0 before-hook-creation,hook-failed")], "before anybody"),
    ("hook-ttl", [job(spec={"ttlSecondsAfterFinished": 0})], "0 s after its end"),
    ("hook-not-waited", [document("Deployment", "d", "pre-install", "apps/v1", spec=job()["spec"])], "Deployment"),
    ("name-collision", [document("Secret", "a", "pre-install"), document("Secret", "a")], "both a hook"),
    ("name-collision", [job("pre-install,pre-upgrade"), job("pre-upgrade 5")], "at pre-upgrade"),
    ("unknown-field", [job(spec={"volumes": []})], "Job has no field spec.volumes"),
    ("unknown-field", [job(spec={"backofLimit": 1})], "no field spec.backofLimit"),
    ("unknown-field", [job(backoffLimit=1)], "no field spec.template.spec.backoffLimit"),
    (
        "unknown-field",
        [job(container={"command": ["sh", "-c", {'echo "Step 1': "x"}]})],
        "must be a string, not an object",
    ),
    ("unknown-field", [job(container={"env": [{"name": "PORT", "value": 80}]})], "must be a string, not a number"),
    ("unknown-field", [job(container={"image": ["x"]})], "must be a string, not a list"),
    ("unknown-field", [document("Secret", "s", stringData="x")], "must be"),
    ("hook-recreates-data", [document("PersistentVolumeClaim", "b", "pre-upgrade")], "an empty one"),
    ("upgrade-migration-without-install", [job("pre-upgrade", script=ADD)], "on upgrade only"),
    ("upgrade-migration-without-install", [job("pre-upgrade", container={"command": ["alembic", "upgrade"]})], "only"),
    (
        "upgrade-migration-without-install",
        [job("pre-install", "init", script=SCHEMA), job("pre-upgrade", script=ADD)],
        "no install hook knows status",
    ),
    ("destructive-migration-without-rollback", [job("pre-upgrade", script=DROP)], "DROP COLUMN on upgrade"),
    ("destructive-migration-without-rollback", [SQL, job("pre-install,pre-upgrade", container=FROM)], "RENAME TO"),
    (
        "readiness-waits-for-post-install",
        [NEEDS_TOKEN, document("Secret", "database", "post-install")],
        "Deployment/app cannot start without Secret/database",
    ),
    ("readiness-waits-for-post-install", [WAITS, job("post-install")], "in its init container wait"),
    (
        "readiness-waits-for-post-install",
        [APP, job("post-install", container={"image": "registry.example/app:2"})],
        "is asked for readiness",
    ),
    (
        "equal-weights",
        [job("pre-upgrade", "backup", **CLAIM), job("pre-upgrade", **CLAIM)],
        "both use PersistentVolume",
    ),
    (
        "equal-weights",
        [job("pre-upgrade", "backup", container=DATABASE), job("pre-upgrade", container=DATABASE)],
        "both work on db.example",
    ),
    ("equal-weights", [document("Secret", "database", "pre-install"), job(container=ENV)], "it needs Secret/database"),
    ("hook-later-service", [SERVICE, job(container={"env": [{"name": "DB_HOST", "value": "postgres"}]})], "is no hook"),
    ("hook-later-service", [SERVICE, job(script="psql -h postgres")], "calls the Service postgres"),
    ("hook-later-service", [SERVICE, job("post-delete", script="curl http://postgres:80/x")], "is deleted before it"),
    ("hook-later-service", [SERVICE, job(container={"command": ["redis-cli", "-h", "postgres"]})], "is no hook"),
    ("gitops-events", [job("pre-install")], "at every sync"),
    ("gitops-events", [job("pre-rollback,post-rollback")], "never runs"),
    ("hook-unknown-word", [job("pre-upgarde")], "'pre-upgarde' is no hook event"),
    ("hook-unknown-word", [job("pre-upgrade 1.5")], "'1.5' is no integer"),
    ("hook-unknown-word", [job("pre-upgrade 0 on-success")], "'on-success' is no policy"),
]

GOOD: list[tuple[str, list[Json]]] = [
    ("hook-later-service", [SERVICE, job(container={"args": ["create", "--host=postgres,postgres.x.svc"]})]),
    ("unknown-field", [job(spec={"template": None, "suspend": False}), pod(volumes=[{"name": "t", "emptyDir": {}}])]),
    ("unknown-field", [job(container={"resources": {"limits": {"cpu": 1, "memory": "1Gi"}}})]),
    ("unknown-field", [document("Anything", "a", "", "example.org/v1", spec={"x": 1})]),
    ("unknown-field", [document("Job", "empty", "pre-install", "batch/v1", spec=None)]),
    ("hook-recreates-data", [document("PersistentVolumeClaim", "b"), document("Secret", "s", "pre-upgrade")]),
    ("hook-recreates-data", [document("PersistentVolumeClaim", "b", "pre-install 0 hook-failed")]),
    ("upgrade-migration-without-install", [job("pre-install,pre-upgrade", script=ADD)]),
    ("upgrade-migration-without-install", [job("pre-upgrade", "backup", script="pg_dump > /b/before-migration.sql")]),
    ("upgrade-migration-without-install", [job("pre-install", "i", script=ADD), job("pre-upgrade", script=ADD)]),
    ("upgrade-migration-without-install", [job("pre-upgrade", "validate-migration", script="psql -c 'SELECT 1'")]),
    ("destructive-migration-without-rollback", [job("pre-upgrade", script=DROP), job("pre-rollback", "undo")]),
    ("destructive-migration-without-rollback", [job("pre-upgrade", script=ADD), job("pre-install", script=DROP)]),
    ("destructive-migration-without-rollback", [job("pre-upgrade", script="# DROP TABLE later\ntruncate -s 0 /tmp/x")]),
    ("readiness-waits-for-post-install", [NEEDS_TOKEN, EARLY_SECRET]),
    ("readiness-waits-for-post-install", [APP, job("post-install", "register", script="curl -f http://registry")]),
    ("readiness-waits-for-post-install", [APP, job("pre-install"), job("post-install", "seed-db-migrate")]),
    ("equal-weights", [job("pre-upgrade -5", "backup", **CLAIM), job("pre-upgrade", **CLAIM)]),
    (
        "equal-weights",
        [job("pre-upgrade", "a"), job("pre-upgrade", "b"), job("test", "c", **CLAIM), job("test", "d", **CLAIM)],
    ),
    ("hook-later-service", [SERVICE, job("post-install", script="psql -h postgres")]),
    ("hook-later-service", [SERVICE, job(script="echo postgres; psql -U postgres -h postgres-old")]),
    ("hook-later-service", [SERVICE, job(container={"env": [{"name": "PGUSER", "value": "postgresql"}]})]),
    ("hook-later-service", [SERVICE, job(container={"env": [{"name": "PGUSER", "value": "postgres"}]})]),
    ("hook-later-service", [SERVICE, job(container={"env": [{"name": "STATEFULSET_NAME", "value": "postgres"}]})]),
    ("hook-later-service", [document("Service", "postgres", "pre-install -5"), job(script="psql -h postgres")]),
    ("gitops-events", [job("pre-install,pre-upgrade"), job("test", "t"), document("Secret", "s", "pre-install")]),
    ("hook-later-reference", [EARLY_SECRET, job(container=ENV)]),
    ("hook-later-reference", [SECRET, job("post-install", container=ENV)]),
    ("hook-later-reference", [SECRET, job("pre-upgrade", container=ENV)]),
    ("hook-later-reference", [SECRET, job("pre-delete", container=ENV), job("test", "t", container=ENV)]),
    ("hook-later-reference", [SECRET, job(container=OPTIONAL)]),
    ("hook-later-reference", [job(container=ENV)]),  # not the chart's: somebody else's to provide
    (
        "hook-later-reference",
        [SECRET, document("Deployment", "d", "pre-install", "apps/v1", spec=job(container=ENV)["spec"])],
    ),
    (
        "hook-later-reference",
        [
            document("ServiceAccount", "migrator", "pre-install -5"),
            document("RoleBinding", "migrator", "pre-install -5", RBAC, subjects=SUBJECTS),
            job(**ACCOUNT),
        ],
    ),
    ("reference-missing-key", [EARLY_SECRET, job(container=ENV)]),
    ("reference-missing-key", [document("Secret", "database"), job("post-install", container=WRONG_KEY)]),
    ("delete-policy-old-result", [job()]),
    ("delete-policy-old-result", [job("pre-install 0 before-hook-creation,hook-succeeded")]),
    ("delete-policy-old-result", [document("ConfigMap", "c", "pre-install 0 hook-succeeded")]),
    ("delete-policy-destroys-evidence", [job("pre-install 0 before-hook-creation,hook-succeeded")]),
    ("delete-policy-destroys-evidence", [document("Secret", "s", "pre-install 0 hook-failed")]),
    ("hook-ttl", [job(spec={"ttlSecondsAfterFinished": 86400})]),
    ("hook-ttl", [job()]),
    ("hook-not-waited", [job(), pod(), document("Secret", "s", "pre-install")]),
    ("name-collision", [job("pre-install"), job("pre-upgrade")]),
    ("name-collision", [document("Secret", "a"), document("ConfigMap", "a")]),
    ("name-collision", [document("Secret", "a"), document("Secret", "a", "pre-instal")]),
    (
        "hook-unknown-word",
        [job("Pre-Install,post-upgrade -5 hook-succeeded,Before-Hook-Creation"), job("test-success")],
    ),
]


@pytest.mark.parametrize(("rule", "objects", "message"), BAD, ids=[f"{rule}-{message}" for rule, _, message in BAD])
def test_flaw_is_found(rule: str, objects: list[Json], message: str) -> None:
    findings = said(rule, *objects)
    assert len(findings) == 1
    assert message in findings[0]


SECOND: Json = {"name": "second", "livenessProbe": {"httpGet": {"port": 1, "periodSeconds": 2}}}
HINTS: list[tuple[Json, str]] = [
    (job(spec={"volumes": []}), "It belongs into spec.template.spec."),
    (job(backoffLimit=1), "It belongs into spec."),
    (job(spec={"image": "x"}), "It belongs into spec.template.spec.containers[0]."),
    (job(containers=[{"name": "first"}, SECOND]), "It belongs into spec.template.spec.containers[1].livenessProbe."),
    (job(spec={"backofLimit": 1}), "Is backoffLimit meant?"),
    (job(container={"env": [{"name": "PORT", "value": 80}]}), "Quote it."),
]


@pytest.mark.parametrize(("hook", "hint"), HINTS, ids=[hint for _, hint in HINTS])
def test_unknown_field_is_told_its_place(hook: Json, hint: str) -> None:
    result = review(from_manifest(text(hook), "x.yaml"), Configuration(only=frozenset(["unknown-field"])))
    assert [finding.hint for finding in result.findings] == [hint]


@pytest.mark.parametrize(("rule", "objects"), GOOD)
def test_what_is_right_is_left_alone(rule: str, objects: list[Json]) -> None:
    assert said(rule, *objects) == []
