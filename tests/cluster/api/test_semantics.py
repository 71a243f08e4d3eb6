"""What Kubernetes makes of requests at the edges: asked of a real 1.20, or read in the sources of 1.36 where that is newer."""

from __future__ import annotations

from typing import Any

import pytest

from steersman.cluster.controllers.cluster_addresses import ServiceAddresses
from steersman.cluster.controllers.runtime_classes import PodRuntimeClasses
from steersman.cluster.local import LocalCluster

from .conftest import Api

Json = dict[str, Any]

CONFIGMAPS = "/api/v1/namespaces/default/configmaps"
SERVICES = "/api/v1/namespaces/default/services"
PODS = "/api/v1/namespaces/default/pods"
DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments"
DAEMONSETS = "/apis/apps/v1/namespaces/default/daemonsets"
CLAIMS = "/api/v1/namespaces/default/persistentvolumeclaims"
MERGE = "application/merge-patch+json"
APPLY = "application/apply-patch+yaml"
CONTAINERS = [{"name": "c", "image": "i"}]


def configmap(name: str, **fields: Any) -> Json:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, **fields}


def workload(name: str, **fields: Any) -> Json:
    template = {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
    return {
        "metadata": {"name": name},
        "spec": {"selector": {"matchLabels": {"a": "b"}}, "template": template, **fields},
    }


# (method, path, body, content type, status, words in the message)
REFUSED: list[tuple[str, str, Any, str, int, str]] = [
    ("POST", f"{CONFIGMAPS}?fieldManager={'x' * 129}", configmap("a"), "", 422, "CreateOptions.meta.k8s.io \"\" is invalid: "
     "fieldManager: Too long: may not be more than 128 bytes"),
    ("POST", f"{CONFIGMAPS}?fieldManager=%07", configmap("a"), "", 422, "invalid character U+0007 (at position 0)"),
    ("POST", f"{CONFIGMAPS}?dryRun=None", configmap("a"), "", 422,
     'dryRun: Unsupported value: ["None"]: supported values: "All"'),
    ("PATCH", f"{CONFIGMAPS}/a", configmap("a"), APPLY, 422, "fieldManager: Required value: is required for apply patch"),
    ("PATCH", f"{CONFIGMAPS}/there?force=true", {}, MERGE, 422, "force: Forbidden: may not be specified for non-apply patch"),
    ("PATCH", f"{CONFIGMAPS}/there?fieldManager=m", {"apiVersion": "v1", "kind": "Secret"}, APPLY, 500,
     "expected objects of the same type"),
    ("PATCH", f"{CONFIGMAPS}/there?fieldManager=m", {"apiVersion": "v2", "kind": "ConfigMap"}, APPLY, 400,
     "Specified patch version: v2, expected: v1"),
    ("PATCH", f"{CONFIGMAPS}/there", {"metadata": {"uid": "x"}}, MERGE, 422,
     "metadata.uid: Invalid value: \"x\": field is immutable"),
    ("PATCH", f"{CONFIGMAPS}/there", "{", MERGE, 400, "error decoding patch: unexpected end of JSON input"),
    ("PATCH", f"{CONFIGMAPS}/there", '{"a" 1}', MERGE, 400, "invalid character '1' after object key"),
    ("POST", CONFIGMAPS, '{"a":}', "", 400, "json parse error: invalid character '}' looking for beginning of value"),
    ("POST", CONFIGMAPS, configmap("there"), "", 409, 'configmaps "there" already exists'),
    ("POST", CONFIGMAPS, configmap("going"), "", 409, 'object is being deleted: configmaps "going" already exists'),
    ("DELETE", f"{CONFIGMAPS}/there", {"preconditions": {"uid": "x"}}, "", 409,
     'Operation cannot be fulfilled on ConfigMap "there": the UID in the precondition (x)'),
    ("DELETE", f"{CONFIGMAPS}/there", {"preconditions": {"resourceVersion": "1"}}, "", 409, "might have been modified"),
    ("DELETE", f"{CONFIGMAPS}/there", {"propagationPolicy": "Foreground", "orphanDependents": True}, "", 422,
     "orphanDependents and deletionPropagation cannot be both set"),
    ("DELETE", "/api/v1/namespaces/default", None, "", 403, "this namespace may not be deleted"),
    ("DELETE", "/api/v1/namespaces", None, "", 405, "the server does not allow this method"),
    ("GET", "/api/v1/namespaces/default/nothings", None, "", 404, "the server could not find the requested resource"),
    ("GET", f"{CONFIGMAPS}?continue=xyz", None, "", 400,
     "invalid continue token: continue key is not valid: invalid character 'Ç' looking for beginning of value"),
    ("GET", f"{CONFIGMAPS}?resourceVersion=abc", None, "", 400, 'strconv.ParseUint: parsing "abc": invalid syntax'),
    ("GET", f"{CONFIGMAPS}?resourceVersion=99999", None, "", 504, "Timeout: Too large resource version: 99999, current: "),
    ("GET", f"{CONFIGMAPS}/there?resourceVersion=99999", None, "", 504, "Too large resource version"),
    ("GET", f"{CONFIGMAPS}?resourceVersionMatch=Exact", None, "", 422, "is forbidden unless resourceVersion is provided"),
    ("GET", f"{CONFIGMAPS}?resourceVersionMatch=Exact&resourceVersion=0", None, "", 422,
     'is forbidden for resourceVersion "0"'),
    ("GET", f"{CONFIGMAPS}?resourceVersionMatch=x&resourceVersion=1", None, "", 422,
     'Unsupported value: "x": supported values: "Exact", "NotOlderThan", ""'),
    ("GET", f"{CONFIGMAPS}?sendInitialEvents=true", None, "", 422, "sendInitialEvents is forbidden for list"),
    ("GET", f"{CONFIGMAPS}?watch=1&sendInitialEvents=true", None, "", 422,
     "requires setting resourceVersionMatch to NotOlderThan"),
    ("GET", f"{CONFIGMAPS}?fieldSelector=data.a%3Db", None, "", 400,
     '"data.a" is not a known field selector: only "metadata.name", "metadata.namespace"'),
    ("GET", f"{PODS}?fieldSelector=spec.x%3Db", None, "", 400, "field label not supported: spec.x"),
    ("GET", "/apis/batch/v1/jobs?fieldSelector=spec.x%3Db", None, "", 400, 'field label "spec.x" not supported for batchv1.Job'),
    ("POST", CONFIGMAPS, {"metadata": {"name": "a", "ownerReferences": [
        {"apiVersion": "v1", "kind": "Event", "name": "e", "uid": "u"}]}}, "", 422,
     "Kind=Event is disallowed from being an owner"),
    ("POST", SERVICES, {"metadata": {"name": "a"}, "spec": {"externalIPs": ["127.0.0.1"], "ports": [{"port": 80}]}}, "", 422,
     "may not be in the loopback range"),
    ("POST", SERVICES, {"metadata": {"name": "a"}, "spec": {"type": "LoadBalancer", "loadBalancerSourceRanges": ["x"],
                                                          "ports": [{"port": 80}]}}, "", 422, "must be a valid CIDR value"),
    ("POST", PODS, {"metadata": {"name": "a"}, "spec": {"overhead": {"cpu": "1"}, "containers": CONTAINERS}}, "", 403,
     "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead"),
    ("POST", PODS, {"metadata": {"name": "a"}, "spec": {"runtimeClassName": "x", "containers": CONTAINERS}}, "", 403,
     'pod rejected: RuntimeClass "x" not found'),
    ("PATCH", f"{PODS}/p", {"spec": {"activeDeadlineSeconds": 20}}, MERGE, 422, "must be less than or equal to previous value"),
    ("PATCH", f"{PODS}/p", {"spec": {"tolerations": []}}, MERGE, 422,
     "existing toleration can not be modified except its tolerationSeconds"),
]  # fmt: skip


async def test_what_cannot_be_is_refused_as_kubernetes_does(api: Api, cluster: LocalCluster) -> None:
    cluster.objects.admission += [ServiceAddresses(cluster.objects), PodRuntimeClasses(cluster.objects)]
    await api.post(CONFIGMAPS, configmap("there"))
    await api.post(CONFIGMAPS, {"metadata": {"name": "going", "finalizers": ["example.com/hold"]}})
    await api.call("DELETE", f"{CONFIGMAPS}/going")
    tolerations = [{"key": "mine", "operator": "Exists"}]
    spec = {"activeDeadlineSeconds": 10, "containers": [{"name": "c", "image": "i"}], "tolerations": tolerations}
    await api.post(PODS, {"metadata": {"name": "p"}, "spec": spec})
    failed = []
    for method, path, body, kind, code, words in REFUSED:
        reply = await api.call(method, path, body, kind or "application/json")
        if reply.status != code or words not in reply.body["message"]:
            failed.append(f"{method} {path}\n  wanted {code} {words}\n  found {reply.status} {reply.body}")
    assert not failed, "\n".join(failed)


async def test_a_service_of_another_type_drops_what_that_has_not(api: Api, cluster: LocalCluster) -> None:
    cluster.objects.admission.append(ServiceAddresses(cluster.objects))
    await api.post(SERVICES, {"metadata": {"name": "s"}, "spec": {"ports": [{"port": 80}]}})

    async def patch(spec: Json) -> Json:
        reply = await api.call("PATCH", f"{SERVICES}/s", {"spec": spec}, MERGE)
        assert reply.status == 200, reply.body
        found: Json = reply.body["spec"]
        return found

    wider = await patch({"type": "NodePort"})
    assert wider["ports"][0]["nodePort"] in range(30000, 32768)
    assert wider["externalTrafficPolicy"] == "Cluster"
    narrower = await patch({"type": "ClusterIP"})
    assert "nodePort" not in narrower["ports"][0]
    assert "externalTrafficPolicy" not in narrower
    assert narrower["clusterIP"] == wider["clusterIP"]
    outside = await patch({"type": "ExternalName", "externalName": "a.b"})
    assert {"clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"} & outside.keys() == set()
    back = await patch({"type": "ClusterIP", "externalName": None})
    assert back["clusterIPs"] == [back["clusterIP"]]
    free = await patch({"type": "LoadBalancer", "allocateLoadBalancerNodePorts": False})
    assert "nodePort" not in free["ports"][0]


async def test_what_counts_as_a_change_of_the_spec(api: Api) -> None:
    """A Deployment's annotations do, labels and the status do not; templates of DaemonSets are counted apart."""

    async def generation(path: str, patch: Json) -> int:
        reply = await api.call("PATCH", path, patch, MERGE)
        return int(reply.body["metadata"]["generation"])

    await api.post(DEPLOYMENTS, workload("d"))
    path = f"{DEPLOYMENTS}/d"
    assert await generation(path, {"metadata": {"labels": {"a": "b"}}}) == 1
    assert await generation(path, {"metadata": {"annotations": {"a": "b"}}}) == 2
    assert await generation(path, {"status": {"replicas": 3}}) == 2
    assert await generation(f"{path}/status", {"status": {"replicas": 3}, "spec": {"replicas": 9}}) == 2
    assert await generation(path, {"spec": {"replicas": 4}}) == 3
    assert await generation(path, {"spec": {"replicas": 4}}) == 3
    made = await api.post(DAEMONSETS, workload("ds"))
    annotation = "deprecated.daemonset.template.generation"
    assert made["metadata"]["annotations"] == {annotation: "1"}
    path = f"{DAEMONSETS}/ds"
    assert await generation(path, {"metadata": {"annotations": {"a": "b"}}}) == 1
    assert await generation(path, {"spec": {"minReadySeconds": 3}}) == 2
    changed = await api.call("PATCH", path, {"spec": {"template": {"metadata": {"labels": {"x": "y"}}}}}, MERGE)
    assert changed.body["metadata"]["annotations"][annotation] == "2"
    forged = await api.call("PATCH", path, {"metadata": {"annotations": {annotation: "7"}}}, MERGE)
    assert forged.body["metadata"]["annotations"][annotation] == "2"


async def test_owners_that_were_forgotten_are_noted_from_the_next_apply_on(api: Api) -> None:
    path = f"{CONFIGMAPS}/c"
    await api.post(f"{CONFIGMAPS}?fieldManager=one", configmap("c", data={"a": "b"}))
    await api.call("PATCH", f"{path}?fieldManager=two", {"metadata": {"managedFields": [{}]}}, MERGE)
    found = (await api.call("PATCH", f"{path}?fieldManager=two", {"data": {"c": "d"}}, MERGE)).body
    assert "managedFields" not in found["metadata"]
    found = (await api.call("PATCH", f"{path}?fieldManager=three", configmap("c", data={"e": "f"}), APPLY)).body
    owners = {entry["manager"]: entry["fieldsV1"]["f:data"] for entry in found["metadata"]["managedFields"]}
    assert owners == {"before-first-apply": {".": {}, "f:a": {}, "f:c": {}}, "three": {"f:e": {}}}


async def test_pages_and_lists_of_a_revision_show_what_was_there_then(api: Api) -> None:
    for name in ("a", "b", "c"):
        await api.post(CONFIGMAPS, configmap(name, data={"v": "1"}))
    first = await api.get(f"{CONFIGMAPS}?limit=1")
    await api.post(CONFIGMAPS, configmap("bb"))
    await api.call("DELETE", f"{CONFIGMAPS}/c")
    await api.call("PATCH", f"{CONFIGMAPS}/b", {"data": {"v": "2"}}, MERGE)
    then, now = first["metadata"]["resourceVersion"], (await api.get(CONFIGMAPS))["metadata"]["resourceVersion"]
    rest = await api.get(f"{CONFIGMAPS}?limit=5&continue={first['metadata']['continue']}")
    assert [(item["metadata"]["name"], item["data"]["v"]) for item in rest["items"]] == [("b", "1"), ("c", "1")]
    assert rest["metadata"]["resourceVersion"] == then != now
    exact = await api.get(f"{CONFIGMAPS}?resourceVersion={then}&resourceVersionMatch=Exact")
    assert [item["metadata"]["name"] for item in exact["items"]] == ["a", "b", "c"]
    newest = await api.get(f"{CONFIGMAPS}?resourceVersion={then}&resourceVersionMatch=NotOlderThan")
    assert [item["metadata"]["name"] for item in newest["items"]] == ["a", "b", "bb"]


async def test_pages_of_a_forgotten_revision_have_expired(api: Api, cluster: LocalCluster) -> None:
    for name in ("a", "b"):
        await api.post(CONFIGMAPS, configmap(name))
    token = (await api.get(f"{CONFIGMAPS}?limit=1"))["metadata"]["continue"]
    await api.post(CONFIGMAPS, configmap("c"))
    cluster.objects.store.history.compact(cluster.objects.store.revision)
    reply = await api.call("GET", f"{CONFIGMAPS}?limit=1&continue={token}")
    assert (reply.status, reply.body["reason"]) == (410, "Expired")


@pytest.mark.parametrize(("path", "finalizer"), [(CLAIMS, "kubernetes.io/pvc-protection")])
async def test_claims_are_protected_from_the_first_moment(api: Api, path: str, finalizer: str) -> None:
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    made = await api.post(path, {"metadata": {"name": "c"}, "spec": spec})
    assert made["metadata"]["finalizers"] == [finalizer]
    assert all(
        "f:finalizers" not in entry["fieldsV1"].get("f:metadata", {}) for entry in made["metadata"]["managedFields"]
    )


async def test_a_collection_is_deleted_by_selector(api: Api) -> None:
    """Items of the answer name no kind, as in every list."""
    for name, group in (("a", "1"), ("b", "1"), ("c", "2")):
        await api.post(CONFIGMAPS, {"metadata": {"name": name, "labels": {"g": group}}})
    dry = await api.call("DELETE", f"{CONFIGMAPS}?labelSelector=g%3D1&dryRun=All")
    done = await api.call("DELETE", f"{CONFIGMAPS}?labelSelector=g%3D1")
    for reply in (dry, done):
        assert [(item["metadata"]["name"], item.get("kind")) for item in reply.body["items"]] == [
            ("a", None),
            ("b", None),
        ]
    assert [item["metadata"]["name"] for item in (await api.get(CONFIGMAPS))["items"]] == ["c"]
