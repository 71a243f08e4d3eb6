"""The embedded cluster's answers beside those of a real Kubernetes 1.36.2."""

from __future__ import annotations

from typing import Any

import pytest

from steersman.cluster.api.paths import parse
from steersman.cluster.local import LocalCluster
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
