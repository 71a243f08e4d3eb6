"""What single requests do: paging, deletions, subresources, authentication, discovery, OpenAPI."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from steersman.cluster.local import LocalCluster
from steersman.cluster.node import LogRequest
from steersman.errors import Invalid

from .conftest import Api, api_server, kubeconfig_session
from .recorded import recording

Json = dict[str, Any]

CONFIGMAPS = "/api/v1/namespaces/default/configmaps"
JOBS = "/apis/batch/v1/namespaces/default/jobs"
CONTAINERS = [{"name": "c", "image": "i"}]
POD: Json = {"metadata": {"name": "p"}, "spec": {"containers": CONTAINERS}}
JOB_POD: Json = {"restartPolicy": "Never", "containers": CONTAINERS}
JOB: Json = {"metadata": {"name": "j"}, "spec": {"template": {"spec": JOB_POD}}}
META = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"


async def test_lists_come_in_pages(api: Api, cluster: LocalCluster) -> None:
    for name in "abcde":
        cluster.objects.create("configmaps", {"metadata": {"name": name}}, "default")
    for path in (CONFIGMAPS, "/api/v1/configmaps"):
        seen: list[str] = []
        token, left = "", []
        while True:
            page = await api.get(f"{path}?limit=2&continue={token}")
            seen += [item["metadata"]["name"] for item in page["items"]]
            left.append(page["metadata"].get("remainingItemCount"))
            token = page["metadata"].get("continue", "")
            if not token:
                break
        assert seen == list("abcde")
        assert left == [3, 1, None]
    cluster.objects.store.history.compact(cluster.objects.store.revision)
    page = await api.get(f"{CONFIGMAPS}?limit=2")
    cluster.objects.create("configmaps", {"metadata": {"name": "f"}}, "default")
    cluster.objects.store.history.compact(cluster.objects.store.revision)
    reply = await api.call("GET", f"{CONFIGMAPS}?limit=2&continue={page['metadata']['continue']}")
    assert (reply.status, reply.body["reason"]) == (410, "Expired")


@pytest.mark.parametrize(
    ("policy", "finalizers", "kind"),
    [
        ("Background", None, "Status"),
        ("Foreground", ["foregroundDeletion"], "Job"),
        ("Orphan", ["orphan"], "Job"),
        (None, ["orphan"], "Job"),
    ],
)
async def test_the_propagation_policy_is_left_as_a_finalizer(
    api: Api, policy: str | None, finalizers: list[str] | None, kind: str
) -> None:
    await api.post(JOBS, JOB)
    reply = await api.call("DELETE", f"{JOBS}/j", {"propagationPolicy": policy} if policy else None)
    assert (reply.status, reply.body["kind"]) == (200, kind)
    assert reply.body.get("metadata", {}).get("finalizers") == finalizers
    assert ("child pods are preserved" in reply.header("Warning")) is (policy is None)


async def test_a_pod_that_runs_gets_its_grace(api: Api, cluster: LocalCluster) -> None:
    pods = "/api/v1/namespaces/default/pods"
    await api.post(pods, POD)
    cluster.objects.patch("pods", "p", {"spec": {"nodeName": "n"}}, "default")
    first = (await api.call("DELETE", f"{pods}/p", {"gracePeriodSeconds": 20})).body
    assert first["metadata"]["deletionGracePeriodSeconds"] == 20
    longer = (await api.call("DELETE", f"{pods}/p", {"gracePeriodSeconds": 25})).body
    assert longer["metadata"]["deletionGracePeriodSeconds"] == 20
    shorter = (await api.call("DELETE", f"{pods}/p", {"gracePeriodSeconds": 5})).body
    assert shorter["metadata"]["deletionGracePeriodSeconds"] == 5
    assert shorter["metadata"]["deletionTimestamp"] < first["metadata"]["deletionTimestamp"]
    await api.call("DELETE", f"{pods}/p", {"gracePeriodSeconds": 0})
    assert (await api.call("GET", f"{pods}/p")).status == 404


async def test_a_collection_is_deleted_by_selector(api: Api, cluster: LocalCluster) -> None:
    for name, value in (("a", "1"), ("b", "2"), ("c", "1")):
        cluster.objects.create("configmaps", {"metadata": {"name": name, "labels": {"x": value}}}, "default")
    reply = await api.call("DELETE", f"{CONFIGMAPS}?labelSelector=x%3D1")
    assert [item["metadata"]["name"] for item in reply.body["items"]] == ["a", "c"]
    assert [obj["metadata"]["name"] for obj in cluster.objects.list("configmaps")] == ["b"]


async def test_nothing_is_created_in_a_namespace_that_ends(api: Api, cluster: LocalCluster) -> None:
    cluster.objects.create("namespaces", {"metadata": {"name": "gone"}})
    ended = (await api.call("DELETE", "/api/v1/namespaces/gone")).body
    assert ended["status"]["phase"] == "Terminating"
    reply = await api.call("POST", "/api/v1/namespaces/gone/configmaps", {"metadata": {"name": "a"}})
    assert (reply.status, reply.body["details"]["causes"][0]["reason"]) == (403, "NamespaceTerminating")
    await api.call(
        "PUT", "/api/v1/namespaces/gone/finalize", {"metadata": {"name": "gone"}, "spec": {"finalizers": []}}
    )
    assert (await api.call("GET", "/api/v1/namespaces/gone")).status == 404


async def test_the_status_is_written_apart_from_the_rest(api: Api) -> None:
    await api.post(JOBS, {**JOB, "status": {"succeeded": 7}})
    job = await api.get(f"{JOBS}/j")
    assert "succeeded" not in job["status"]
    job["status"], job["spec"]["suspend"] = {"active": 1}, True
    after = (await api.call("PUT", f"{JOBS}/j/status", job)).body
    assert (after["status"], after["spec"]["suspend"], after["metadata"]["generation"]) == ({"active": 1}, False, 1)
    after["spec"]["suspend"], after["status"] = True, {}
    after = (await api.call("PUT", f"{JOBS}/j", after)).body
    assert (after["status"], after["spec"]["suspend"], after["metadata"]["generation"]) == ({"active": 1}, True, 2)


async def test_a_dry_run_says_what_would_be_and_does_nothing(api: Api, cluster: LocalCluster) -> None:
    made = (await api.call("POST", f"{CONFIGMAPS}?dryRun=All", {"metadata": {"generateName": "g-"}})).body
    assert made["metadata"]["name"].startswith("g-")
    assert cluster.objects.list("configmaps") == []


async def test_nobody_gets_in_with_a_wrong_token(api: Api) -> None:
    for header in ("Bearer wrong", "Basic eDp5"):
        reply = await api.call("GET", CONFIGMAPS, headers={"Authorization": header})
        assert (reply.status, reply.body["reason"]) == (401, "Unauthorized")


async def test_questions_about_access_are_answered(api: Api) -> None:
    path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
    assert (await api.post(path, {"spec": {"resourceAttributes": {"verb": "get"}}}))["status"] == {"allowed": True}
    path = "/apis/authentication.k8s.io/v1/tokenreviews"
    assert "authenticated" not in (await api.post(path, {"spec": {"token": "x"}}))["status"]


async def test_discovery_tells_what_kubernetes_tells(api: Api) -> None:
    """Verbs, short names, categories and subresources of every kind that is served here."""
    for path in ("/api", "/apis"):
        wanted = {
            (group["metadata"].get("name"), resource["resource"]): resource
            for group in recording("discovery.json")[f"{path} aggregated"]["response"]["items"]
            for version in group["versions"][:1]
            for resource in version["resources"]
        }
        accept = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json"
        found = (await api.call("GET", path, accept=accept)).body
        for group in found["items"]:
            for resource in group["versions"][0]["resources"]:
                expected = wanted[group["metadata"].get("name"), resource["resource"]]
                for key in ("scope", "singularResource", "verbs", "shortNames", "categories"):
                    assert resource.get(key) == expected.get(key), resource["resource"]
    assert (await api.get("/apis/batch"))["preferredVersion"]["groupVersion"] == "batch/v1"
    assert {"name": "jobs/status", "kind": "Job"}.items() <= (await api.get("/apis/batch/v1"))["resources"][3].items()


async def test_the_openapi_documents_hold_the_merge_keys(api: Api) -> None:
    index = await api.get("/openapi/v3")
    document = await api.get(index["paths"]["apis/apps/v1"]["serverRelativeURL"])
    spec = document["components"]["schemas"]["io.k8s.api.core.v1.PodSpec"]["properties"]
    recorded = recording("openapi-v3-apps-v1.json")
    recorded = recorded.get("response", recorded)["components"]["schemas"]["io.k8s.api.core.v1.PodSpec"]["properties"]
    assert set(spec) == set(recorded)
    for name, found in recorded.items():
        for key in ("x-kubernetes-patch-merge-key", "x-kubernetes-list-type", "x-kubernetes-list-map-keys"):
            assert spec[name].get(key) == found.get(key), name
    definitions = (await api.get("/openapi/v2"))["definitions"]
    assert definitions["io.k8s.api.batch.v1.Job"]["x-kubernetes-group-version-kind"][0]["kind"] == "Job"


async def test_metadata_alone_can_be_listed(api: Api, cluster: LocalCluster) -> None:
    cluster.objects.create("configmaps", {"metadata": {"name": "a"}, "data": {"k": "v"}}, "default")
    found = (await api.call("GET", CONFIGMAPS, accept=META)).body
    assert (found["kind"], found["items"][0]["kind"]) == ("PartialObjectMetadataList", "PartialObjectMetadata")
    assert "data" not in found["items"][0]


async def test_one_object_is_served_in_two_versions(api: Api) -> None:
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "d"}
    body = {
        "metadata": {"name": "h"},
        "spec": {"maxReplicas": 3, "scaleTargetRef": target, "targetCPUUtilizationPercentage": 50},
    }
    old, new = (f"/apis/autoscaling/{version}/namespaces/default/horizontalpodautoscalers" for version in ("v1", "v2"))
    await api.post(old, body)
    assert (await api.get(f"{new}/h"))["spec"]["metrics"][0]["resource"]["target"]["averageUtilization"] == 50
    assert (await api.get(f"{old}/h"))["spec"]["targetCPUUtilizationPercentage"] == 50
    assert (await api.get(old))["items"][0]["spec"]["targetCPUUtilizationPercentage"] == 50


class Logs:
    """Says back what it was asked."""

    async def logs(self, request: LogRequest) -> AsyncIterator[bytes]:
        if request.previous:
            raise Invalid("previous terminated container not found", code=400, reason="BadRequest")
        yield f"{request.container} {request.tail_lines} {request.follow}\n".encode()
        yield b"end\n"


async def test_logs_are_passed_on(tmp_path: Path) -> None:
    async with api_server(tmp_path, Logs()) as running:
        session, url = kubeconfig_session(running.kubeconfig)
        async with session:
            api = Api(session, url)
            await api.post("/api/v1/namespaces/default/pods", POD)
            path = "/api/v1/namespaces/default/pods/p/log"
            assert (await api.get(f"{path}?tailLines=5&follow=true")) == "c 5 True\nend\n"
            for query, status in (("previous=true", 400), ("container=x", 400)):
                assert (await api.call("GET", f"{path}?{query}")).status == status


async def test_a_secret_too_large_is_refused_before_it_is_stored(api: Api, cluster: LocalCluster) -> None:
    data = base64.b64encode(b"x" * 1_100_000).decode()
    reply = await api.call(
        "POST", "/api/v1/namespaces/default/secrets", {"metadata": {"name": "s"}, "data": {"k": data}}
    )
    assert (reply.status, "Too long" in reply.body["message"]) == (422, True)
    reply = await api.call("POST", "/api/v1/namespaces/default/secrets", b"x" * 4_000_000)
    assert (reply.status, reply.body["reason"]) == (413, "RequestEntityTooLarge")


async def test_a_field_given_twice_is_found_by_strict_validation(api: Api) -> None:
    body = b'{"metadata": {"name": "a"}, "data": {"k": "1", "k": "2"}}'
    reply = await api.call("POST", f"{CONFIGMAPS}?fieldValidation=Strict", body)
    assert reply.status == 400
    assert 'strict decoding error: duplicate field "data.k"' in reply.body["message"]
    reply = await api.call("POST", CONFIGMAPS, body)
    assert (reply.status, reply.body["data"]) == (201, {"k": "2"})
    assert reply.header("Warning") == '299 - "duplicate field \\"data.k\\""'


async def test_bodies_may_be_yaml(api: Api) -> None:
    text = "metadata:\n  name: yaml\ndata:\n  k: 'on'\n"
    reply = await api.call("POST", CONFIGMAPS, text, "application/yaml")
    assert (reply.status, reply.body["data"]) == (201, {"k": "on"})
    reply = await api.call("POST", CONFIGMAPS, "a: [", "application/yaml")
    assert (reply.status, reply.body["reason"]) == (400, "BadRequest")
    assert (await api.call("POST", CONFIGMAPS, "x", "text/plain")).status == 415


CRD: dict[str, Any] = {
    "metadata": {"name": "ws.example.com"},
    "spec": {
        "group": "example.com",
        "scope": "Namespaced",
        "names": {"plural": "ws", "kind": "W"},
        "versions": [
            {
                "name": "v1",
                "served": True,
                "storage": True,
                "schema": {
                    "openAPIV3Schema": {
                        "type": "object",
                        "properties": {
                            "spec": {"type": "object", "x-kubernetes-validations": [{"rule": "isIP(self.a)"}]},
                        },
                    }
                },
            }
        ],
    },
}


async def test_what_is_stored_but_does_nothing_is_said(api: Api) -> None:
    policies = "/apis/admissionregistration.k8s.io/v1/mutatingadmissionpolicies"
    reply = await api.call("POST", policies, {"metadata": {"name": "a"}, "spec": {}})
    assert "stores policies that change objects, but applies none" in reply.header("Warning")
    crds = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
    reply = await api.call("POST", crds, CRD)
    assert (reply.status, "x-kubernetes-validations: this" in reply.header("Warning")) == (201, True)


async def test_a_version_that_is_still_stored_stays(api: Api) -> None:
    crds = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
    made = (await api.call("POST", crds, CRD)).body
    first = made["spec"]["versions"][0]
    newer = {**first, "name": "v9"}
    path = f"{crds}/{made['metadata']['name']}"
    refused = await api.call("PUT", path, {**made, "spec": {**made["spec"], "versions": [newer]}})
    assert refused.status == 422
    assert f"missing from spec.versions; {first['name']} was previously a storage version" in refused.body["message"]
    both = {**made["spec"], "versions": [newer, {**first, "storage": False}]}
    changed = await api.call("PUT", path, {**made, "spec": both})
    assert (changed.status, changed.body["status"]["storedVersions"]) == (200, [first["name"], "v9"])


async def test_a_pod_is_bound_once(api: Api, cluster: LocalCluster) -> None:
    spec = {"schedulerName": "mine", "containers": [{"name": "c", "image": "i"}]}
    await api.post("/api/v1/namespaces/default/pods", {"metadata": {"name": "p"}, "spec": spec})
    path = "/api/v1/namespaces/default/pods/p/binding"
    binding = {"apiVersion": "v1", "kind": "Binding", "target": {"kind": "Node", "name": "there"}}
    assert (await api.call("POST", path, binding)).status == 201
    pod = cluster.objects.get("pods", "p", "default")
    assert (pod["spec"]["nodeName"], pod["metadata"]["generation"]) == ("there", 1)
    assert [entry["manager"] for entry in pod["metadata"]["managedFields"]] == ["Python-urllib"]
    assert pod["status"]["conditions"][0]["lastProbeTime"] is None
    reply = await api.call("POST", path, binding)
    assert reply.status == 409
    assert 'pod p is already assigned to node "there"' in reply.body["message"]
