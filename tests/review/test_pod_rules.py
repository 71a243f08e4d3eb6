"""Good and bad cases for each rule of the group pod."""

from __future__ import annotations

import pytest

from .kit import Json, document, job, pod, said

DEADLINE: Json = {"activeDeadlineSeconds": 60}

BAD: list[tuple[str, list[Json], str]] = [
    ("hook-deadline", [job()], "at spec: no activeDeadlineSeconds"),
    ("hook-deadline", [pod()], "no activeDeadlineSeconds"),
    (
        "hook-deadline",
        [job(spec={"activeDeadlineSeconds": 600})],
        "at spec.activeDeadlineSeconds: the deadline of 600 s",
    ),
    ("hook-retries", [job(spec={"backoffLimit": None})], "no backoffLimit"),
    ("hook-retries", [job(restartPolicy="OnFailure")], "restarts the container in place"),
    ("mutable-image-tag", [job(container={"image": "busybox"})], "no tag"),
    ("mutable-image-tag", [job(container={"image": "localhost:5000/busybox"})], "no tag"),
    ("mutable-image-tag", [pod(container={"image": "ghcr.io/x/y:latest"})], "'latest' moves"),
    ("unlikely-image", [job(container={"image": "curl:latest"})], "no official image 'curl'"),
]

GOOD: list[tuple[str, list[Json]]] = [
    ("hook-deadline", [job(spec=DEADLINE), pod(**DEADLINE), job(name="b", **DEADLINE)]),
    ("hook-deadline", [document("Secret", "s", "pre-install")]),
    ("hook-retries", [job()]),
    ("mutable-image-tag", [job(container={"image": "busybox:1.37"}), pod(container={"image": "x@sha256:0f"})]),
    ("mutable-image-tag", [document("Deployment", "d", "", "apps/v1", spec=job(container={"image": "x"})["spec"])]),
    (
        "unlikely-image",
        [job(container={"image": "curlimages/curl:8.11.1"}), pod(container={"image": "ghcr.io/me/curl:1"})],
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


def test_longer_timeout_allows_longer_deadline() -> None:
    assert said("hook-deadline", job(spec={"activeDeadlineSeconds": 600}), timeout=900) == []
