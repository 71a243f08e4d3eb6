"""LimitRanges, pinned as a real LimitRanger (1.20) said."""

from __future__ import annotations

from typing import Any

import pytest

from steersman.cluster.controllers.limits import LimitAdmission
from steersman.cluster.machinery import Objects
from steersman.cluster.store import Store
from steersman.errors import Forbidden

Json = dict[str, Any]

LIMITS = [
    {"type": "Container", "default": {"cpu": "500m", "memory": "256Mi"}, "defaultRequest": {"cpu": "100m"},
     "max": {"memory": "1Gi", "cpu": "1"}, "min": {"memory": "32Mi"}, "maxLimitRequestRatio": {"cpu": "6"}},
    {"type": "Pod", "max": {"cpu": "1500m"}, "min": {"memory": "64Mi"}},
    {"type": "PersistentVolumeClaim", "min": {"storage": "1Gi"}, "max": {"storage": "2Gi"}},
]  # fmt: skip


@pytest.fixture
def objects() -> Objects:
    found = Objects(Store())
    found.create("namespaces", {"metadata": {"name": "default"}})
    found.create("limitranges", {"metadata": {"name": "l"}, "spec": {"limits": LIMITS}}, "default")
    found.admission.append(LimitAdmission(found))
    return found


def container(name: str = "c", limits: Json | None = None, requests: Json | None = None) -> Json:
    resources = {key: value for key, value in (("limits", limits), ("requests", requests)) if value}
    return {"name": name, "image": "b", "resources": resources}


def pod(*containers: Json, **spec: Any) -> Json:
    return {"metadata": {"name": "p"}, "spec": {"containers": list(containers), **spec}}


def test_containers_get_what_they_do_not_say(objects: Objects) -> None:
    made = objects.create("pods", pod(container()), "default")
    resources = {"limits": {"cpu": "500m", "memory": "256Mi"}, "requests": {"cpu": "100m", "memory": "256Mi"}}
    assert made["spec"]["containers"][0]["resources"] == resources
    assert made["metadata"]["annotations"]["kubernetes.io/limit-ranger"] == (
        "LimitRanger plugin set: cpu, memory request for container c; cpu, memory limit for container c"
    )


@pytest.mark.parametrize(
    ("containers", "why"),
    [
        ([container(limits={"memory": "2Gi", "cpu": "2"})],
         "[maximum memory usage per Container is 1Gi, but limit is 2Gi, maximum cpu usage per Container is 1, but limit is 2, "
         "maximum cpu usage per Pod is 1500m, but limit is 2]"),
        ([container(requests={"memory": "1Mi", "cpu": "10m"}), container("d", {"cpu": "800m"})],
         "[minimum memory usage per Container is 32Mi, but request is 1Mi, cpu max limit to request ratio per Container is 6, "
         "but provided ratio is 50.000000]"),
        ([container("c", {"cpu": "1"}, {"cpu": "1"}), container("d", {"cpu": "800m"}, {"cpu": "800m"})],
         "maximum cpu usage per Pod is 1500m, but limit is 1800m"),
        ([container(requests={"memory": "40Mi"})], "minimum memory usage per Pod is 64Mi, but request is 41943040"),
    ],
)  # fmt: skip
def test_what_is_out_of_bounds_is_forbidden(objects: Objects, containers: list[Json], why: str) -> None:
    with pytest.raises(Forbidden) as caught:
        objects.create("pods", pod(*containers), "default")
    assert str(caught.value) == f'pods "p" is forbidden: {why}'


@pytest.mark.parametrize(
    ("size", "why"),
    [
        ("5Gi", "maximum storage usage per PersistentVolumeClaim is 2Gi, but request is 5Gi"),
        ("1Mi", "minimum storage usage per PersistentVolumeClaim is 1Gi, but request is 1Mi"),
        ("1Gi", ""),
    ],
)
def test_claims_have_bounds_too(objects: Objects, size: str, why: str) -> None:
    claim = {
        "metadata": {"name": "v"},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": size}}},
    }
    if not why:
        objects.create("persistentvolumeclaims", claim, "default")
        return
    with pytest.raises(Forbidden) as caught:
        objects.create("persistentvolumeclaims", claim, "default")
    assert str(caught.value) == f'persistentvolumeclaims "v" is forbidden: {why}'
