"""The lesson's own hooks: every real flaw in them, listed by hand first, is found, and nothing else is.

The snippets are read from the shared lesson where it is; `FACTS` says the same of hooks written anew, for everywhere else.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from steersman.chart.load import load
from steersman.review.build import from_chart, from_manifest
from steersman.review.configuration import Configuration
from steersman.review.rules import all_rules
from steersman.review.runner import review
from steersman.review.subject import Subject

from .kit import Json, document, job, text

LESSON = Path(__file__).resolve().parents[3] / "shared" / "seed" / "helm-hooks-lesson.md"
GROUPS = ("lifecycle", "pod")
WORK = ("script", "sql")

# Of every Job in the lesson: no deadline, no requests, root, a token for an API that it does not call.
EVERY_JOB = {"hook-deadline", "hook-resources", "hook-security-context", "unused-service-account-token"}

# The nine hooks of concept 2, as one chart's.
NINE: dict[str, set[str]] = {
    "db-schema-init": {"gitops-events"},
    "register-service": {"gitops-events", "mutable-image-tag", "unlikely-image"},
    # ALTER TABLE without IF NOT EXISTS under backoffLimit 1; and a fresh install never gets the column.
    "db-migrate-v2": {"gitops-events", "hook-repeats-unsafe-work", "upgrade-migration-without-install"},
    "invalidate-cache": {"gitops-events"},
    # `volumes` stands under the Job's spec, not its Pod's.
    "export-data": {"unknown-field"},
    "cleanup-registry": {"mutable-image-tag", "unlikely-image"},
    "backup-before-rollback": {"gitops-events"},
    "verify-rollback": {"gitops-events", "mutable-image-tag", "unlikely-image"},
    "smoke-test": {"mutable-image-tag"},
}

# The exercises, as one chart.
EXERCISES: dict[str, set[str]] = {
    "db-init": {"gitops-events"},
    "migrate": {"gitops-events", "upgrade-migration-without-install"},
    "validate-migration": {"gitops-events"},
    "cache-bust": {"gitops-events"},
    "debug-fail": {"gitops-events", "mutable-image-tag"},
    # hook-succeeded alone: a failed Job stays in the way of the next install.
    "cleanup-test": {"gitops-events", "mutable-image-tag", "delete-policy-old-result"},
    # `- echo "Step 1: …"` is an object to YAML, not a text.
    "step-1-backup": {"gitops-events", "mutable-image-tag", "unknown-field"},
    "step-2-migrate": {"gitops-events", "mutable-image-tag", "unknown-field"},
    "step-3-verify": {"gitops-events", "mutable-image-tag", "unknown-field"},
}

# What their scripts and their SQL get wrong.
NINE_AT_WORK: dict[str, set[str]] = {
    # Nothing gives the container DB_HOST, DB_USER and DB_NAME; psql goes on after an error; the database may still be starting.
    "db-schema-init": {"variable-not-set", "psql-without-on-error-stop", "no-retry-on-connect"},
    "register-service": {
        "sleep-instead-of-waiting",
        "curl-without-fail",
        "curl-without-timeout",
        "no-retry-on-connect",
    },
    # ADD COLUMN and CREATE INDEX without IF NOT EXISTS, no lock timeout, an index that blocks writes, no transaction.
    "db-migrate-v2": {
        "variable-not-set",
        "psql-without-on-error-stop",
        "sql-not-repeatable",
        "sql-no-lock-timeout",
        "sql-blocking-lock",
        "sql-no-transaction",
    },
    "invalidate-cache": {"redis-cli-exit-code"},
    # The volume is misplaced and mounted nowhere, so the dump is gone with the Pod.
    "export-data": {"variable-not-set", "write-without-volume"},
    "cleanup-registry": {"curl-without-fail", "curl-without-timeout"},
    "backup-before-rollback": {"variable-not-set", "write-without-volume"},
    # dash knows no {1..10}: the loop runs once.
    "verify-rollback": {"bashism-under-sh", "curl-without-timeout"},
    "smoke-test": {"curl-without-timeout"},
}
EXERCISES_AT_WORK: dict[str, set[str]] = {
    "db-init": {"psql-without-on-error-stop", "no-retry-on-connect", "sql-no-transaction"},
    "migrate": {"psql-without-on-error-stop", "sql-no-lock-timeout", "sql-no-transaction"},
    "cache-bust": {"script-without-errexit", "redis-cli-exit-code"},
}

# Concept 5: the policies alone, each on a Job.
POLICIES = {
    "hook-succeeded": {"delete-policy-old-result"},
    "hook-failed": {"delete-policy-old-result", "delete-policy-destroys-evidence"},
    "before-hook-creation": set(),
    "hook-succeeded,before-hook-creation": set(),
}

HELPERS = """{{- define "task-api-chart.fullname" -}}{{ .Release.Name }}{{- end }}"""
VALUES: Json = {
    "postgres": {"enabled": True, "host": "db", "user": "u", "database": "d", "secretName": "s"},
    "redis": {"host": "cache", "port": 6379},
}


def flaws(subject: Subject, groups: tuple[str, ...] = GROUPS) -> dict[str, set[str]]:
    """The rules that fire, by hook."""
    rules = [rule for rule in all_rules() if rule.group in groups]
    found: dict[str, set[str]] = {item.name.removeprefix("my-app-"): set() for item in subject.hooks}
    for finding in review(subject, Configuration(), rules).findings:
        found[finding.item.name.removeprefix("my-app-")].add(finding.rule)
    return found


def snippets(first: str, last: str) -> list[str]:
    """The lesson's YAML blocks between two headings."""
    if not LESSON.is_file():
        pytest.skip("the lesson is not here")
    part = LESSON.read_text().partition(f"## {first}")[2].partition(f"## {last}")[0]
    return re.findall(r"^```yaml\n(.*?)^```$", part, re.MULTILINE | re.DOTALL)


def test_nine_hooks() -> None:
    blocks = [block for block in snippets("Concept 2", "Concept 3") if "kind: Job" in block]
    found = flaws(from_manifest("---\n".join(blocks), "lesson.yaml"))
    assert found == {name: EVERY_JOB | rules for name, rules in NINE.items()}
    assert flaws(from_manifest("---\n".join(blocks), "lesson.yaml"), WORK) == NINE_AT_WORK


def test_misplaced_volumes_are_told_where_they_belong() -> None:
    blocks = [block for block in snippets("Concept 2", "Concept 3") if "name: export-data" in block]
    result = review(from_manifest(blocks[0], "lesson.yaml"), Configuration(only=frozenset(["unknown-field"])))
    assert [(finding.where, finding.hint) for finding in result.findings] == [
        ("spec.volumes", "It belongs into spec.template.spec.")
    ]


def test_other_kinds_as_hooks() -> None:
    block = next(block for block in snippets("Concept 3", "Concept 4") if "kind: Deployment" in block)
    pod, deployment = block.split("\n\n")
    found = flaws(from_manifest(f"{pod}\n---\n{deployment}", "lesson.yaml"))
    assert found == {"setup-pod": set(), "setup-deployment": {"hook-not-waited"}}


def test_weights_with_gaps_are_right() -> None:
    blocks = [block for block in snippets("Concept 4", "Concept 5") if "kind: Job" in block]
    assert flaws(from_manifest(blocks[0], "lesson.yaml")) == {
        "schema-init": set(),
        "seed-data": set(),
        "verify-init": set(),
    }


def test_exercises(tmp_path: Path) -> None:
    (tmp_path / "templates").mkdir()
    (tmp_path / "Chart.yaml").write_text("apiVersion: v2\nname: task-api-chart\nversion: 1.0.0\n")
    (tmp_path / "templates" / "_helpers.tpl").write_text(HELPERS)
    blocks = [block for block in snippets("Exercises", "Try With AI") if "kind: Job" in block]
    for number, block in enumerate(blocks):
        (tmp_path / "templates" / f"{number}.yaml").write_text(block)
    chart = from_chart(load(str(tmp_path)), VALUES, name="my-app")
    found = flaws(chart)
    assert found == {name: EVERY_JOB | rules for name, rules in EXERCISES.items()}
    assert {name: rules for name, rules in flaws(chart, WORK).items() if rules} == EXERCISES_AT_WORK


@pytest.mark.parametrize(("policy", "rules"), POLICIES.items())
def test_delete_policies(policy: str, rules: set[str]) -> None:
    found = flaws(from_manifest(text(job(f"pre-install,pre-upgrade 0 {policy}")), "x.yaml"))
    assert found["migrate"] == EVERY_JOB | rules


# What the lesson's hooks are, in words of our own.
MISPLACED: Json = {"volumes": [{"name": "b", "persistentVolumeClaim": {"claimName": "b"}}], "backoffLimit": 1}
FACTS: list[tuple[Json, set[str]]] = [
    (job("post-install", "announce", container={"image": "curl:latest"}), NINE["register-service"]),
    (
        job("pre-upgrade", "migrate", spec={"backoffLimit": 1}, script="psql -c 'ALTER TABLE a ADD COLUMN s text'"),
        NINE["db-migrate-v2"],
    ),
    (job("pre-delete", "export", spec=MISPLACED, script="pg_dump > /backup/x.sql"), NINE["export-data"]),
    (job("post-rollback", "verify", container={"image": "curl:latest"}), NINE["verify-rollback"]),
    (
        job("pre-upgrade", "step", container={"image": "busybox:latest", "command": ["sh", "-c", {'echo "1': 'x"'}]}),
        EXERCISES["step-1-backup"],
    ),
]


@pytest.mark.parametrize(("hook", "rules"), FACTS, ids=[hook["metadata"]["name"] for hook, _ in FACTS])
def test_facts(hook: Json, rules: set[str]) -> None:
    assert flaws(from_manifest(text(hook), "x.yaml")) == {hook["metadata"]["name"]: EVERY_JOB | rules}


def test_deployment_as_hook() -> None:
    hook = document("Deployment", "d", "pre-install", "apps/v1")
    assert flaws(from_manifest(text(hook), "x.yaml")) == {"d": {"hook-not-waited"}}
