"""A law: whatever stands in a manifest, a review ends with findings and never with an exception."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from steersman.review.build import from_manifest
from steersman.review.output import FORMATS, render
from steersman.review.runner import review

from .kit import Json, document, job, text

FULL: list[Json] = [
    document("Secret", "database", "pre-install -5", data={"password": "eA=="}),
    document("ServiceAccount", "migrator"),
    document("Service", "postgres", spec={"selector": {"a": "b"}, "ports": [{"port": 5432}]}),
    document("PersistentVolumeClaim", "backups", "pre-upgrade", spec={"accessModes": ["ReadWriteOnce"]}),
    document(
        "RoleBinding",
        "b",
        api="rbac.authorization.k8s.io/v1",
        subjects=[{"kind": "ServiceAccount", "name": "migrator"}],
    ),
    job(
        "pre-install,pre-upgrade 0 hook-failed",
        spec={"ttlSecondsAfterFinished": 1, "activeDeadlineSeconds": 5, "volumes": []},
        script="psql -h postgres <<E\nALTER TABLE a ADD COLUMN b int;\nE\ncurl -X POST http://postgres:80/x | tee /x/y",
        serviceAccountName="migrator",
        securityContext={"runAsUser": 5},
        volumes=[
            {"name": "b", "persistentVolumeClaim": {"claimName": "backups"}},
            {"name": "p", "projected": {"sources": [{"secret": {"name": "database", "items": [{"key": "x"}]}}]}},
        ],
        initContainers=[
            {"name": "wait", "image": "busybox", "command": ["sh", "-c", "until nc -z postgres 1; do :; done"]}
        ],
        container={
            "env": [
                {"name": "PGHOST", "value": "postgres"},
                {"name": "P", "valueFrom": {"secretKeyRef": {"name": "database"}}},
            ],
            "envFrom": [{"configMapRef": {"name": "c"}}],
            "volumeMounts": [{"name": "b", "mountPath": "/b"}],
            "securityContext": {"capabilities": {"add": ["SYS_ADMIN"]}},
            "resources": {"limits": {"cpu": 1}},
        },
    ),
]
ODD: st.SearchStrategy[Any] = st.sampled_from(
    [None, True, 0, -1, 1.5, "", "x", "x: y", [], [None], ["a", 1], {}, {"a": None}, [[]], [{}], {"name": [1]}]
)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if path:
        yield path
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from places(inner, (*path, key))


def has(value: Any, step: Any) -> bool:
    """Whether an earlier change has left the place there."""
    return (
        step in value
        if isinstance(value, dict)
        else isinstance(value, list) and isinstance(step, int) and step < len(value)
    )


# Helm itself refuses manifests whose head is not what it should be; those never come to a review.
HEAD = {("metadata",), ("apiVersion",), ("kind",), ("metadata", "name"), ("metadata", "annotations")}
PLACES = [
    (number, path)
    for number, item in enumerate(FULL)
    for path in places(item)
    if path not in HEAD and path[:2] != ("metadata", "annotations")
]


@given(changes=st.lists(st.tuples(st.sampled_from(PLACES), ODD), min_size=1, max_size=3))
@settings(max_examples=100)
def test_no_manifest_breaks_a_review(changes: list[tuple[tuple[int, tuple[Any, ...]], Any]]) -> None:
    objects = copy.deepcopy(FULL)
    for (number, path), value in changes:
        parent: Any = objects[number]
        for step in path[:-1]:
            parent = parent[step] if has(parent, step) else None
        if has(parent, path[-1]):
            parent[path[-1]] = value
    result = review(from_manifest(text(*objects), "x.yaml"))
    for output in FORMATS:
        assert render(result, output)
