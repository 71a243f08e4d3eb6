"""The embedded cluster's answers beside those of a real Kubernetes 1.36.2."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from steersman.cluster.api.paths import parse
from steersman.cluster.local import LocalCluster
from steersman.cluster.machinery import WriteOptions
from steersman.cluster.resources import Registry
from steersman.cluster.tables.table import printer_of, table

from .conftest import Api
from .recorded import NAMESPACE, alike, differences, recording

Json = dict[str, Any]

ERRORS = [
    "create",
    "create again: AlreadyExists",
    "not found",
    "update with an old resourceVersion: Conflict",
    "missing required fields: Invalid",
    "bad name",
    "unknown field, Strict",
    "unknown field, Warn",
    "wrong type",
    "unknown kind path",
    "bad selector",
]


async def send(api: Api, request: Json) -> Any:
    return await api.call(
        request["method"], request["path"], request["body"], request["contentType"], request["accept"]
    )


@pytest.fixture
def namespace(cluster: LocalCluster) -> str:
    made: str = cluster.objects.create("namespaces", {"metadata": {"name": NAMESPACE}})["metadata"]["name"]
    return made


async def test_errors_are_those_of_kubernetes(api: Api, namespace: str) -> None:
    found = recording("errors.json")
    for name in ERRORS:
        recorded = found[name]
        reply = await send(api, recorded["request"])
        assert reply.status == recorded["status"], name
        assert differences(alike(reply.body), alike(recorded["response"])) == [], name
        assert reply.header("Content-Type") == recorded["headers"]["Content-Type"], name
        assert reply.header("Warning") == recorded["headers"].get("Warning", ""), name


async def test_a_job_template_cannot_be_changed(api: Api, namespace: str) -> None:
    found = recording("errors.json")
    container = {"name": "main", "image": "busybox:latest", "command": ["true"]}
    spec = {"template": {"spec": {"restartPolicy": "Never", "containers": [container]}}}
    await api.post(f"/apis/batch/v1/namespaces/{namespace}/jobs", {"metadata": {"name": "ok"}, "spec": spec})
    recorded = found["immutable Job template: Invalid"]
    reply = await send(api, recorded["request"])
    assert reply.status == recorded["status"]
    assert differences(alike(reply.body), alike(recorded["response"])) == []


async def test_a_watch_from_too_long_ago_is_told_so(api: Api, cluster: LocalCluster, namespace: str) -> None:
    recorded = recording("errors.json")["expired watch"]
    cluster.objects.store.history.compact(cluster.objects.store.revision)
    reply = await send(api, recorded["request"])
    assert reply.status == recorded["status"]
    reply.body["object"]["message"] = recorded["response"]["object"]["message"]  # other revisions
    assert reply.body == recorded["response"]


# What a patch or a deletion was answered with, of an object as it was a moment before.
CHANGES = [
    "strategic, containers merged by name",
    "merge",
    "json",
    "json ok",
    "delete with background propagation",
    "delete with foreground propagation",
    "delete a Job with no option",
    "dry run",
]
SEEDED = {"jobs": "jobs.batch", "deployments": "deployments.apps", "replicasets": "replicasets.apps"}
RECORDED_AT = 67.8  # seconds after the watches began: then the requests were sent


def seed(cluster: LocalCluster) -> None:
    """The recorded cluster's objects as they were when the requests were sent; uids and all."""
    objects = cluster.objects
    last: dict[str, tuple[str, Json]] = {}
    for kind, watched in recording("watches.json.gz").items():
        for event in watched:
            if kind in SEEDED and event["type"] in ("ADDED", "MODIFIED") and event["t"] < RECORDED_AT:
                obj = event["object"]
                if not obj["metadata"].get("deletionTimestamp"):
                    last[obj["metadata"]["uid"]] = (SEEDED[kind], obj)
    for resource, obj in last.values():
        objects._commit(objects.registry.named(resource), obj, None, WriteOptions())


def steady(value: Any) -> Any:
    """`alike`, and generated names; managedFields are compared as what each manager owns, in whatever order."""
    found = alike(value)
    if not isinstance(found, dict) or "metadata" not in found:
        return found
    meta = dict(found["metadata"])
    if meta.get("generateName"):
        meta["name"] = "GENERATED"
    entries = meta.pop("managedFields", [])
    meta["owners"] = {(each["manager"], each.get("subresource", "")): each["fieldsV1"] for each in entries}
    return {**found, "metadata": meta}


async def test_patches_and_deletions_are_answered_alike(api: Api, cluster: LocalCluster, namespace: str) -> None:
    seed(cluster)
    found = recording("patches-and-deletes.json")
    await send(api, recording("errors.json")["create"]["request"])
    for name in CHANGES:
        reply = await send(api, found[name]["request"])
        assert reply.status == found[name]["status"], (name, reply.body)
        assert differences(steady(reply.body), steady(found[name]["response"])) == [], name
        assert reply.header("Warning") == found[name]["headers"].get("Warning", ""), name


async def test_pages_are_cut_alike(api: Api, cluster: LocalCluster, namespace: str) -> None:
    """Names, the number of those left, and a token in the same form."""
    recorded = recording("patches-and-deletes.json")["list in pages"]
    whole = recording("errors.json")["unauthorized"]  # sent without a token, to a server that let everybody in
    pods = whole["response"]["items"]
    resource = cluster.objects.registry.named("pods")
    for pod in pods:
        cluster.objects._commit(resource, {"kind": "Pod", "apiVersion": "v1", **pod}, None, WriteOptions())
    reply = await send(api, whole["request"])
    assert differences(alike(reply.body), alike(whole["response"])) == []
    reply = await send(api, recorded["request"])
    wanted = recorded["response"]
    assert [item["metadata"]["name"] for item in reply.body["items"]] == [
        item["metadata"]["name"] for item in wanted["items"]
    ]
    assert differences(alike(reply.body["items"]), alike(wanted["items"])) == []
    left = len(pods) - len(wanted["items"])
    assert reply.body["metadata"]["remainingItemCount"] == left

    def token(text: str) -> Json:
        made: Json = json.loads(base64.b64decode(text + "=="))
        return {**made, "rv": 0}

    assert token(reply.body["metadata"]["continue"]) == token(wanted["metadata"]["continue"])


@pytest.mark.parametrize("kind", ["configmap", "deployment"])
async def test_server_side_apply_step_by_step(api: Api, cluster: LocalCluster, namespace: str, kind: str) -> None:
    for number, step in enumerate(recording("server-side-apply.json")[kind]):
        reply = await send(api, step["request"])
        assert reply.status == step["status"], number
        found, wanted = strip_controllers(alike(reply.body)), strip_controllers(alike(step["response"]))
        assert differences(found, wanted) == [], number


def strip_controllers(obj: Json) -> Json:
    """Without what the Deployment controller, which does not run in this test, had written meanwhile."""
    if obj["kind"] != "Deployment":
        return obj
    meta = {key: value for key, value in obj["metadata"].items() if key != "annotations"}
    meta["managedFields"] = [item for item in meta["managedFields"] if item["manager"] != "kube-controller-manager"]
    return {**obj, "metadata": meta, "status": {}}


async def test_tables_have_the_same_columns_and_cells(api: Api, namespace: str) -> None:
    registry = Registry()
    rows: dict[str, dict[str, list[Any]]] = {}
    for path, recorded in recording("tables.json.gz").items():
        target = parse(path, registry)
        assert target is not None
        found = [(c.name, c.type, c.format, int(c.wide)) for c in printer_of(target.resource).columns]
        wanted = recorded["response"]["columnDefinitions"]
        assert found == [(c["name"], c["type"], c["format"], c["priority"]) for c in wanted], path
        reply = await send(api, recorded["request"])
        assert reply.body["kind"] == "Table"
        assert reply.header("Warning") == recorded["headers"].get("Warning", ""), path
        rows[target.resource.name] = {row["cells"][0]: row["cells"] for row in recorded["response"]["rows"] or ()}
    for name, ages in (("pods", [4]), ("jobs.batch", [3, 4])):
        resource = registry.named(name)
        items = recording(f"{name.partition('.')[0]}-final.json")["response"]["items"]
        for row in table(resource, [{"kind": resource.kind, **item} for item in items], {}, "None")["rows"]:
            wanted = rows[name].get(row["cells"][0])
            if wanted is None:
                continue  # gone when the tables were recorded
            for index, (cell, expected) in enumerate(zip(row["cells"], wanted, strict=True)):
                assert cell == expected or index in ages, row["cells"]
