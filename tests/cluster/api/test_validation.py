"""Mistakes in manifests, told in Kubernetes' own words.

`invalid.json` holds requests, one after the other, with what a real API server (1.20.2) answered to each: method, path, content
type, body, status, message (null where the object was accepted). Left out are those of which 1.36 says otherwise.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from steersman.cluster.local import LocalCluster

from .conftest import Api

Json = dict[str, Any]

RECORDED: list[list[Any]] = json.loads((Path(__file__).parent / "invalid.json").read_text())


async def test_mistakes_are_refused_in_kubernetes_words(api: Api, cluster: LocalCluster) -> None:
    cluster.objects.create("namespaces", {"metadata": {"name": "val"}})
    failed: list[str] = []
    for method, path, content_type, body, code, message in RECORDED:
        path = path.replace("NAMESPACE", "val")
        reply = await api.call(method, path, body, content_type)
        found = reply.body.get("message") if reply.status >= 400 else None
        if (reply.status, found) != (code, message):
            failed.append(
                f"{method} {path} {json.dumps(body)}\n  wanted {code} {message}\n  found  {reply.status} {found}"
            )
        if method == "POST" and reply.status == 201 and body["metadata"].get("name") == "x":
            await api.call("DELETE", f"{path}/x?gracePeriodSeconds=0&propagationPolicy=Background")
    if failed:
        pytest.fail("\n".join(failed), pytrace=False)


CONTAINER: Json = {"name": "c", "image": "i"}
TEMPLATE: Json = {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [CONTAINER]}}
JOB: Json = {"template": {"spec": {"restartPolicy": "Never", "containers": [CONTAINER]}}}


INIT: Json = {"name": "d", "image": "i", "livenessProbe": {"exec": {"command": ["x"]}}}


def deployment(**spec: Any) -> Json:
    return {"selector": {"matchLabels": {"a": "b"}}, "template": TEMPLATE, **spec}


# Words that are those of 1.36 (its own validation and apimachinery's field errors), where 1.20 had others.
NEWER: list[tuple[str, Json, str]] = [
    ("apps/v1/deployments", deployment(selector={}),
     "spec.selector: Invalid value: {}: empty selector is invalid for deployment"),
    ("apps/v1/deployments", deployment(strategy={"rollingUpdate": {"maxUnavailable": "101%"}}),
     'spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "101%": must not be greater than 100%'),
    ("apps/v1/deployments", deployment(strategy={"rollingUpdate": {"maxSurge": 0, "maxUnavailable": 0}}),
     "spec.strategy.rollingUpdate.maxUnavailable: Invalid value: 0: may not be 0 when `maxSurge` is 0"),
    ("apps/v1/daemonsets", deployment(updateStrategy={"rollingUpdate": {"maxUnavailable": 0}}),
     "spec.updateStrategy.rollingUpdate.maxUnavailable: Required value: cannot be 0 when maxSurge is 0"),
    ("batch/v1/jobs", {**JOB, "backoffLimitPerIndex": 1}, "requires indexed completion mode"),
    ("batch/v1/jobs", {**JOB, "completionMode": "Indexed", "completions": 2, "maxFailedIndexes": 1},
     "spec.backoffLimitPerIndex: Required value: when maxFailedIndexes is specified"),
    ("batch/v1/cronjobs", {"schedule": "60 * * * *", "jobTemplate": {"spec": JOB}},
     'spec.schedule: Invalid value: "60 * * * *": end of range (60) above maximum (59): 60'),
    ("batch/v1/cronjobs", {"schedule": "0 0 * * 7", "jobTemplate": {"spec": JOB}}, "end of range (7) above maximum (6): 7"),
    ("batch/v1/cronjobs", {"schedule": "@never", "jobTemplate": {"spec": JOB}}, "unrecognized descriptor: @never"),
    ("batch/v1/cronjobs", {"schedule": "* * * * *", "timeZone": "Mars/Base", "jobTemplate": {"spec": JOB}},
     'spec.timeZone: Invalid value: "Mars/Base": unknown time zone Mars/Base'),
    ("v1/pods", {"containers": [CONTAINER], "initContainers": [INIT]},
     "spec.initContainers[0].livenessProbe: Forbidden: may not be set for init containers without restartPolicy=Always"),
    ("v1/pods", {"containers": [CONTAINER], "dnsConfig": {"nameservers": ["x"]}},
     'spec.dnsConfig.nameservers[0]: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'),
]  # fmt: skip


@pytest.mark.parametrize(("where", "spec", "says"), NEWER)
async def test_words_of_newer_versions(api: Api, where: str, spec: Json, says: str) -> None:
    version, plural = where.rsplit("/", 1)
    path = f"/{'apis' if '/' in version else 'api'}/{version}/namespaces/default/{plural}"
    reply = await api.call("POST", path, {"metadata": {"name": "x"}, "spec": spec})
    assert reply.status == 422
    assert says in reply.body["message"]


async def test_a_patch_makes_no_other_object_of_one(api: Api) -> None:
    await api.post("/api/v1/namespaces/default/configmaps", {"metadata": {"name": "a"}})
    for patch, code in (
        ({"metadata": {"name": "b"}}, 400),
        ({"metadata": {"namespace": "b"}}, 400),
        ({"kind": "Secret"}, 422),
    ):
        reply = await api.call(
            "PATCH", "/api/v1/namespaces/default/configmaps/a", patch, "application/merge-patch+json"
        )
        assert reply.status == code, reply.body
