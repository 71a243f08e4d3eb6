"""Pod Security admission: what each level forbids, and in which words."""

from __future__ import annotations

from typing import Any

import pytest

from steersman.cluster.controllers.pod_security import PodSecurity, told_as_one, violations
from steersman.cluster.machinery import Objects, WriteOptions
from steersman.cluster.store import Store
from steersman.errors import Forbidden

Json = dict[str, Any]

SAFE = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}, "runAsNonRoot": True,
        "seccompProfile": {"type": "RuntimeDefault"}}  # fmt: skip


def pod(*contexts: Json, **spec: Any) -> Json:
    return {
        "containers": [{"name": f"c{n}", "image": "i", "securityContext": each} for n, each in enumerate(contexts)],
        **spec,
    }


PLAIN = (
    'allowPrivilegeEscalation != false (container "c0" must set securityContext.allowPrivilegeEscalation=false), '
    'unrestricted capabilities (container "c0" must set securityContext.capabilities.drop=["ALL"]), '
    'runAsNonRoot != true (pod or container "c0" must set securityContext.runAsNonRoot=true), '
    'seccompProfile (pod or container "c0" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")'
)


@pytest.mark.parametrize(
    ("level", "spec", "told"),
    [
        ("baseline", pod({}), ""),
        ("restricted", pod({}), PLAIN),
        ("restricted", pod(SAFE, SAFE), ""),
        ("baseline", pod({"privileged": True}, hostNetwork=True, hostPID=True),
         "host namespaces (hostNetwork=true, hostPID=true), "
         'privileged (container "c0" must not set securityContext.privileged=true)'),
        ("baseline", pod({"capabilities": {"add": ["SYS_TIME", "NET_ADMIN", "KILL"]}}),
         'non-default capabilities (container "c0" must not include "NET_ADMIN", "SYS_TIME" in '
         "securityContext.capabilities.add)"),
        ("baseline", pod({}, volumes=[{"name": "a", "hostPath": {"path": "/"}}, {"name": "b", "hostPath": {"path": "/"}}]),
         'hostPath volumes (volumes "a", "b")'),
        ("baseline", {"containers": [{"name": "c0", "ports": [{"containerPort": 80, "hostPort": 80}]}]},
         'hostPort (container "c0" uses hostPort 80)'),
        ("baseline", pod({"seccompProfile": {"type": "Unconfined"}}),
         'seccompProfile (container "c0" must not set securityContext.seccompProfile.type to "Unconfined")'),
        ("restricted", pod({**SAFE, "runAsUser": 0}), 'runAsUser=0 (container "c0" must not set runAsUser=0)'),
        ("restricted", pod({**SAFE, "runAsNonRoot": False}, SAFE),
         'runAsNonRoot != true (container "c0" must not set securityContext.runAsNonRoot=false)'),
        ("restricted", pod({**SAFE, "capabilities": {"drop": ["ALL"], "add": ["KILL"]}}),
         'unrestricted capabilities (container "c0" must not include "KILL" in securityContext.capabilities.add)'),
        ("restricted", pod(SAFE, volumes=[{"name": "n", "nfs": {}}, {"name": "s", "secret": {}}]),
         'restricted volume types (volume "n" uses restricted volume type "nfs")'),
    ],
)  # fmt: skip
def test_what_a_level_forbids(level: str, spec: Json, told: str) -> None:
    assert told_as_one(violations(level, {}, spec)) == told


@pytest.fixture
def objects() -> Objects:
    found = Objects(Store())
    labels = {"pod-security.kubernetes.io/enforce": "baseline", "pod-security.kubernetes.io/warn": "restricted"}
    found.create("namespaces", {"metadata": {"name": "default", "labels": labels}})
    found.checks.append(PodSecurity(found))
    return found


def test_a_namespace_forbids_pods_and_warns_of_templates(objects: Objects) -> None:
    def create(resource: str, obj: Json) -> list[str]:
        options = WriteOptions()
        objects.create_object(objects.registry.named(resource), obj, "default", options)
        return options.warnings

    with pytest.raises(Forbidden) as caught:
        create("pods", {"metadata": {"name": "p"}, "spec": pod({}, hostIPC=True)})
    assert (
        str(caught.value)
        == 'pods "p" is forbidden: violates PodSecurity "baseline:latest": host namespaces (hostIPC=true)'
    )
    expected = [f'would violate PodSecurity "restricted:latest": {PLAIN}']
    assert create("pods", {"metadata": {"name": "q"}, "spec": pod({})}) == expected
    template = {"spec": {**pod({}, hostIPC=True), "restartPolicy": "Never"}}
    (warning,) = create("jobs.batch", {"metadata": {"name": "j"}, "spec": {"template": template}})
    assert warning.startswith('would violate PodSecurity "restricted:latest": host namespaces (hostIPC=true), ')
