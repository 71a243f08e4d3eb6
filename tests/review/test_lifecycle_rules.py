"""Good and bad cases for each rule of the group lifecycle."""

from __future__ import annotations

import pytest

from .kit import Json, document, job, pod, said

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
    ("hook-unknown-word", [job("pre-upgarde")], "'pre-upgarde' is no hook event"),
    ("hook-unknown-word", [job("pre-upgrade 1.5")], "'1.5' is no integer"),
    ("hook-unknown-word", [job("pre-upgrade 0 on-success")], "'on-success' is no policy"),
]

GOOD: list[tuple[str, list[Json]]] = [
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


@pytest.mark.parametrize(("rule", "objects"), GOOD)
def test_what_is_right_is_left_alone(rule: str, objects: list[Json]) -> None:
    assert said(rule, *objects) == []
