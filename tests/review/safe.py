"""Hooks that are right in everything, to be changed in one thing."""

from __future__ import annotations

import textwrap
from typing import Any

from steersman.review.build import from_manifest
from steersman.review.runner import review

from .kit import Json, document, text

SAFE_POD: Json = {
    "restartPolicy": "Never",
    "automountServiceAccountToken": False,
    "securityContext": {"runAsNonRoot": True, "runAsUser": 65534},
}
SAFE_CONTAINER: Json = {
    "name": "main",
    "image": "registry.local/tools:16.4",
    "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
    "resources": {"requests": {"cpu": "20m", "memory": "64Mi"}, "limits": {"memory": "256Mi"}},
}
BOTH = "pre-install,pre-upgrade"
KEEP = "hook-succeeded,before-hook-creation"


def hook(
    script: str = "true", *, on: str = BOTH, name: str = "work", weight: int = 0, policy: str = KEEP, **given: Any
) -> Json:
    """A Job that is right in everything, with what is given changed: `shell`, `container`, `pod`, `spec`."""
    command = given.get("command") or [*given.get("shell", ("/bin/sh", "-ec")), textwrap.dedent(script)]
    container = {**SAFE_CONTAINER, "command": command, **given.get("container", {})}
    pod = {**SAFE_POD, "containers": [container], **given.get("pod", {})}
    spec = {"backoffLimit": 1, "activeDeadlineSeconds": 120, "template": {"spec": pod}, **given.get("spec", {})}
    return document("Job", name, f"{on} {weight} {policy}", "batch/v1", spec=spec)


def found(*objects: Json) -> set[str]:
    return {finding.rule for finding in review(from_manifest(text(*objects), "x.yaml")).findings}


def psql(sql: str, head: str = "psql -v ON_ERROR_STOP=1") -> str:
    return f"{WAIT}\n{head} <<'SQL'\nSET lock_timeout = '5s';\n{sql}\nSQL\n"


WAIT = 'n=0; until pg_isready; do n=$((n+1)); [ "$n" -lt 30 ] || exit 1; sleep 2; done'
BASH = ("/bin/bash", "-euo", "pipefail", "-c")
FROM_SECRET = {"env": [{"name": "DB_PASSWORD", "valueFrom": {"secretKeyRef": {"name": "outside", "key": "k"}}}]}
VOLUME: Json = {"volumes": [{"name": "b", "persistentVolumeClaim": {"claimName": "outside"}}]}
MOUNTED = {"volumeMounts": [{"name": "b", "mountPath": "/backup"}]}
SCRIPTS: Json = {"volumes": [{"name": "s", "configMap": {"name": "scripts"}}]}
AT_SCRIPTS = {"volumeMounts": [{"name": "s", "mountPath": "/scripts"}]}
MYSQL = "mysql --host=db <<SQL\nSET SESSION lock_wait_timeout = 5;\n"


def files(**data: str) -> Json:
    return document(
        "ConfigMap", "scripts", f"{BOTH} -10", data={name.replace("_", "."): body for name, body in data.items()}
    )
