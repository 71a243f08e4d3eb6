"""The same requests to a real API server and to the embedded one: patches of generated objects, deletions, validation.

The real server is 1.20, so only what has not changed since is compared: status codes, specs, data, labels and annotations.
"""

from __future__ import annotations

import asyncio
import base64
import json
import ssl
import uuid
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import yaml
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from steersman.cluster.local import local_cluster

from .conftest import Api, Reply, kubeconfig_session
from .recorded import differences

Json = dict[str, Any]

pytestmark = [pytest.mark.kube, pytest.mark.xdist_group("kube")]

STRATEGIC = "application/strategic-merge-patch+json"
MERGE = "application/merge-patch+json"
JSON_PATCH = "application/json-patch+json"

EMPTY: dict[str, st.SearchStrategy[Any]] = {}
NAMES = st.sampled_from(["a", "b", "c", "d"])
WORDS = st.sampled_from(["x", "y", "z", ""])
ENV = st.fixed_dictionaries({"name": st.sampled_from(["A", "B", "C"]), "value": st.sampled_from(["1", "2"])})
PORT = st.fixed_dictionaries(
    {"containerPort": st.sampled_from([80, 81, 82])}, optional={"name": st.sampled_from(["p", "q"])}
)


def unique(items: st.SearchStrategy[Json], key: str, most: int = 3, least: int = 0) -> st.SearchStrategy[list[Json]]:
    return st.lists(items, min_size=least, max_size=most, unique_by=lambda item: item[key])


CONTAINER = st.fixed_dictionaries(
    {"name": NAMES, "image": st.sampled_from(["i:1", "i:2"])},
    optional={
        "env": unique(ENV, "name"),
        "args": st.lists(st.sampled_from(["1", "2"]), max_size=2),
        "ports": st.lists(PORT, max_size=1),
        "resources": st.fixed_dictionaries(
            EMPTY, optional={"limits": st.dictionaries(st.sampled_from(["cpu", "memory"]), st.sampled_from(["1", "2"]))}
        ),
    },
)
VOLUME = st.fixed_dictionaries(
    {"name": st.sampled_from(["u", "v"])},
    optional={"emptyDir": st.fixed_dictionaries(EMPTY, optional={"medium": st.just("Memory")})},
)
LABELS = st.dictionaries(st.sampled_from(["l", "m"]), st.sampled_from(["1", "2"]))


@st.composite
def deployments(draw: st.DrawFn) -> Json:
    template = {
        "metadata": {"labels": {"app": "x", **draw(LABELS)}},
        "spec": {
            "containers": draw(unique(CONTAINER, "name", 3, 1)),
            "volumes": draw(unique(VOLUME, "name", 2)),
            "nodeSelector": draw(LABELS),
            "tolerations": draw(
                st.lists(st.fixed_dictionaries({"key": NAMES, "operator": st.just("Exists")}), max_size=2)
            ),
        },
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"labels": draw(LABELS)},
        "spec": {"replicas": 0, "selector": {"matchLabels": {"app": "x"}}, "template": template},
    }


ENV_PATCH: st.SearchStrategy[Json] = st.one_of(
    ENV, st.fixed_dictionaries({"name": st.sampled_from(["A", "B"]), "$patch": st.just("delete")})
)
PATCHED_FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "image": st.sampled_from(["i:1", "i:3"]),
    "env": unique(ENV_PATCH, "name", 2),
    "args": st.one_of(st.none(), st.lists(st.sampled_from(["3"]), max_size=1)),
    "$patch": st.just("delete"),
    "$setElementOrder/env": st.just([{"name": "B"}, {"name": "A"}, {"name": "C"}]),
}
PATCHED_CONTAINER: st.SearchStrategy[Json] = st.fixed_dictionaries({"name": NAMES}, optional=PATCHED_FIELDS)


# Nulls and directives inside maps that the object does not have were kept by old servers, so none are made here.
@st.composite
def strategic_patches(draw: st.DrawFn) -> Json:
    spec: Json = {}
    if draw(st.booleans()):
        spec["containers"] = draw(unique(PATCHED_CONTAINER, "name", 2))
        if draw(st.booleans()):
            order = draw(st.permutations(["a", "b", "c", "d"]))
            if draw(st.integers(0, 5)):  # else the patch may contradict its own order, which is an error
                spec["containers"].sort(key=lambda item: order.index(item["name"]))
            spec["$setElementOrder/containers"] = [{"name": name} for name in order]
        elif draw(st.integers(0, 5)) == 0:
            replaced = [{"name": "a", "image": "i:9"}, {"$patch": "replace"}]
            spec["containers"] = replaced
    if draw(st.booleans()):
        spec["volumes"] = draw(unique(VOLUME, "name", 2))
    if draw(st.booleans()):
        spec["nodeSelector"] = draw(st.one_of(st.none(), LABELS))
    if draw(st.booleans()):
        spec["tolerations"] = draw(
            st.lists(st.fixed_dictionaries({"key": NAMES, "operator": st.just("Exists")}), max_size=1)
        )
    patch: Json = {"spec": {"template": {"spec": spec}}}
    if draw(st.booleans()):
        patch["metadata"] = {"labels": draw(st.dictionaries(st.sampled_from(["l", "m", "n"]), st.just("9")))}
    if draw(st.integers(0, 4)) == 0:
        patch["spec"]["strategy"] = {"$retainKeys": ["type"], "type": "Recreate"}
    return patch


@st.composite
def json_patches(draw: st.DrawFn) -> list[Json]:
    paths = st.sampled_from(["/data/a", "/data/b", "/data/c~1d", "/metadata/labels/l", "/data", "/metadata/labels"])
    operation = st.one_of(
        st.fixed_dictionaries({"op": st.sampled_from(["add", "replace", "test"]), "path": paths, "value": WORDS}),
        st.fixed_dictionaries({"op": st.just("remove"), "path": paths}),
        st.fixed_dictionaries({"op": st.sampled_from(["move", "copy"]), "from": paths, "path": paths}),
        st.just({"op": "add", "path": "/data", "value": {"n": "1"}}),
    )
    return draw(st.lists(operation, min_size=1, max_size=3))


# Set by the server, or by controllers at a moment of their own.
UNEQUAL = {"creationTimestamp", "managedFields", "deployment.kubernetes.io/revision"}
# Younger than 1.20, or given out from another range.
UNEQUAL |= {"internalTrafficPolicy", "ipFamilies", "ipFamilyPolicy", "clusterIP", "clusterIPs"}
UNEQUAL |= {
    "persistentVolumeClaimRetentionPolicy",
    "podReplacementPolicy",
    "manualSelector",
    "suspend",
    "completionMode",
}


def essence(value: Any) -> Any:
    """What both versions have in common of an object: no nulls, no server-set metadata."""
    if isinstance(value, dict):
        left = {key: essence(item) for key, item in value.items() if item is not None}
        return {key: item for key, item in left.items() if key not in UNEQUAL and item != {}}
    return [essence(item) for item in value] if isinstance(value, list) else value


def compared(reply: Reply) -> Any:
    if reply.status >= 400 or not isinstance(reply.body, dict):
        return reply.status
    meta = reply.body.get("metadata", {})
    found = {key: reply.body[key] for key in ("spec", "data", "type") if key in reply.body}
    kept = {key: meta[key] for key in ("labels", "annotations", "generation", "finalizers") if key in meta}
    return [reply.status, essence({**found, **kept})]


class Both:
    """Sends each request to both servers, in a namespace of the same name."""

    def __init__(self, ours: Api, theirs: Api, namespace: str) -> None:
        self.ours = ours
        self.theirs = theirs
        self.namespace = namespace

    async def send(self, method: str, path: str, body: Any = None, content_type: str = "application/json") -> Reply:
        """The embedded server's reply, after it was found to be like the real one's."""
        path = path.replace("NAMESPACE", self.namespace)
        theirs = await self.theirs.call(method, path, body, content_type)
        ours = await self.ours.call(method, path, body, content_type)
        problems = differences(compared(ours), compared(theirs))
        if problems:
            answers = "\n".join(
                f"{api}: {json.dumps(reply.body)}" for api, reply in (("ours", ours), ("theirs", theirs))
            )
            pytest.fail("\n".join([*problems, f"{method} {path} {json.dumps(body)}", answers]), pytrace=False)
        return ours


@pytest.fixture
async def both(real_kubeconfig: str) -> AsyncIterator[Both]:
    real, url = real_session(Path(real_kubeconfig))
    namespace = f"compare-{uuid.uuid4().hex[:8]}"
    body = {"metadata": {"name": namespace}}
    async with local_cluster() as running, real:
        session, own = kubeconfig_session(running.kubeconfig)
        async with session:
            pair = Both(Api(session, own), Api(real, url), namespace)
            for api in (pair.ours, pair.theirs):
                await api.post("/api/v1/namespaces", body)
            yield pair
            await pair.theirs.call("DELETE", f"/api/v1/namespaces/{namespace}")


def real_session(path: Path) -> tuple[aiohttp.ClientSession, str]:
    config = yaml.safe_load(path.read_text())
    cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
    tls: Any = False
    if "certificate-authority-data" in cluster:
        tls = ssl.create_default_context(cadata=base64.b64decode(cluster["certificate-authority-data"]).decode())
    headers = {"Authorization": f"Bearer {user['token']}"}
    return aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=tls), headers=headers), cluster["server"]


Check = Callable[..., Coroutine[Any, Any, None]]


async def for_examples(check: Check, count: int = 100, **strategies: st.SearchStrategy[Any]) -> None:
    """Run `check` on generated values: hypothesis drives from a thread of its own, the requests are made on this loop."""
    loop = asyncio.get_running_loop()

    # What is generated follows from this very text: other examples find where 1.20 differs from today's Kubernetes.
    @settings(
        max_examples=count,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        derandomize=True,
        database=None,
        phases=[Phase.generate],
    )
    @given(**strategies)
    def example(**values: Any) -> None:
        asyncio.run_coroutine_threadsafe(check(**values), loop).result()

    await asyncio.to_thread(example)


async def test_strategic_merge_patches_give_the_same_object(both: Both) -> None:
    async def check(deployment: Json, patches: list[Json]) -> None:
        path = "/apis/apps/v1/namespaces/NAMESPACE/deployments"
        name = f"d-{uuid.uuid4().hex[:8]}"
        await both.send("POST", path, {**deployment, "metadata": {**deployment["metadata"], "name": name}})
        for patch in patches:
            await both.send("PATCH", f"{path}/{name}", patch, STRATEGIC)

    await for_examples(check, deployment=deployments(), patches=st.lists(strategic_patches(), min_size=1, max_size=2))


async def test_json_and_merge_patches_give_the_same_object(both: Both) -> None:
    async def check(data: Json, patch: list[Json], merge: Json) -> None:
        path = "/api/v1/namespaces/NAMESPACE/configmaps"
        name = f"c-{uuid.uuid4().hex[:8]}"
        await both.send("POST", path, {"metadata": {"name": name, "labels": {"l": "1"}}, "data": data})
        await both.send("PATCH", f"{path}/{name}", patch, JSON_PATCH)
        await both.send("PATCH", f"{path}/{name}", merge, MERGE)

    values = st.one_of(st.none(), WORDS)
    merge = st.one_of(
        st.fixed_dictionaries({"data": st.one_of(st.none(), st.dictionaries(st.sampled_from(["a", "b"]), values))}),
        st.fixed_dictionaries({"metadata": st.fixed_dictionaries({"labels": st.one_of(st.none(), LABELS)})}),
    )
    data = st.dictionaries(st.sampled_from(["a", "b", "c"]), WORDS)
    await for_examples(check, data=data, patch=json_patches(), merge=merge)


@st.composite
def applied_configs(draw: st.DrawFn) -> list[tuple[str, bool, Json]]:
    """What two managers apply in turn to one Deployment, each sometimes by force."""
    steps: list[tuple[str, bool, Json]] = []
    for _ in range(draw(st.integers(2, 4))):
        spec: Json = {"selector": {"matchLabels": {"app": "x"}}}
        containers = draw(unique(CONTAINER, "name", 2, 1))
        template: Json = {"metadata": {"labels": {"app": "x", **draw(LABELS)}}, "spec": {"containers": containers}}
        if draw(st.booleans()):
            template["spec"]["volumes"] = draw(unique(VOLUME, "name", 2))
        if draw(st.booleans()):
            template["metadata"]["annotations"] = draw(LABELS)
        if draw(st.booleans()):
            spec["replicas"] = 0
        if draw(st.booleans()):
            spec["minReadySeconds"] = draw(st.sampled_from([1, 2]))
        config = {"apiVersion": "apps/v1", "kind": "Deployment", "spec": {**spec, "template": template}}
        steps.append((draw(st.sampled_from(["one", "two"])), draw(st.booleans()), without_empty(config)))
    steps[0][2]["spec"]["replicas"] = 0  # nothing else says how many, and Pods are not what is compared
    return steps


def without_empty(value: Any) -> Any:
    """Whoever applies an empty map owns it in newer versions only."""
    if isinstance(value, dict):
        left = {key: without_empty(item) for key, item in value.items()}
        return {key: item for key, item in left.items() if item not in ({}, [])}
    return [without_empty(item) for item in value] if isinstance(value, list) else value


def in_order(value: Any) -> Any:
    """Lists of named items by name: where new ones go has changed since 1.20."""
    if isinstance(value, dict):
        return {key: in_order(item) for key, item in value.items()}
    if isinstance(value, list):
        items = [in_order(item) for item in value]
        return sorted(items, key=lambda item: str(item["name"])) if items and all_named(items) else items
    return value


def all_named(items: list[Any]) -> bool:
    return all(isinstance(item, dict) and "name" in item for item in items)


def owners(reply: Reply) -> Any:
    """The field sets of those who applied."""
    if reply.status >= 400:
        return reply.body["details"]["causes"]
    entries = reply.body["metadata"].get("managedFields", ())
    return {entry["manager"]: entry["fieldsV1"] for entry in entries if entry["operation"] == "Apply"}


async def test_server_side_apply_gives_the_same_object_and_owners(both: Both) -> None:
    async def check(steps: list[tuple[str, bool, Json]]) -> None:
        name = f"d-{uuid.uuid4().hex[:8]}"
        path = f"/apis/apps/v1/namespaces/{both.namespace}/deployments/{name}"
        for manager, force, config in steps:
            query = f"?fieldManager={manager}&force={str(force).lower()}"
            body = {**config, "metadata": {"name": name}}
            # Controllers write meanwhile; what they touch (status, an annotation) is nothing that is applied here.
            theirs = await both.theirs.call("PATCH", path + query, body, "application/apply-patch+yaml")
            ours = await both.ours.call("PATCH", path + query, body, "application/apply-patch+yaml")
            problems = differences(in_order(compared(ours)), in_order(compared(theirs)))
            if ours.status == theirs.status and ours.status in (200, 201, 409):
                problems += differences(owners(ours), owners(theirs))
            if problems:
                shown = "\n".join(json.dumps(step) for step in steps)
                pytest.fail("\n".join([*problems, shown, str(ours.body), str(theirs.body)]), pytrace=False)

    await for_examples(check, 40, steps=applied_configs())


REQUESTS: list[tuple[str, str, Any]] = [
    ("POST", "/api/v1/namespaces/NAMESPACE/services", {"metadata": {"name": "s"}, "spec": {"ports": [{"port": 80}]}}),
    ("POST", "/api/v1/namespaces/NAMESPACE/services", {"metadata": {"name": "t"}, "spec": {}}),
    ("POST", "/api/v1/namespaces/NAMESPACE/services", {"metadata": {"name": "1t"}, "spec": {"ports": [{"port": 80}]}}),
    (
        "POST",
        "/api/v1/namespaces/NAMESPACE/services",
        {"metadata": {"name": "u"}, "spec": {"ports": [{"port": 80}, {"port": 81}]}},
    ),
    (
        "POST",
        "/api/v1/namespaces/NAMESPACE/services",
        {"metadata": {"name": "h"}, "spec": {"clusterIP": "None", "selector": {"a": "b"}}},
    ),
    ("POST", "/api/v1/namespaces/NAMESPACE/secrets", {"metadata": {"name": "s"}, "stringData": {"a": "b"}}),
    ("POST", "/api/v1/namespaces/NAMESPACE/secrets", {"metadata": {"name": "bad"}, "data": {"a": "!"}}),
    (
        "POST",
        "/api/v1/namespaces/NAMESPACE/secrets",
        {"metadata": {"name": "tls"}, "type": "kubernetes.io/tls", "data": {}},
    ),
    ("PUT", "/api/v1/namespaces/NAMESPACE/secrets/s", {"metadata": {"name": "s"}, "type": "other"}),
    ("PUT", "/api/v1/namespaces/NAMESPACE/secrets/s", {"metadata": {"name": "t"}}),
    (
        "POST",
        "/api/v1/namespaces/NAMESPACE/configmaps",
        {"metadata": {"name": "c"}, "immutable": True, "data": {"a": "b"}},
    ),
    (
        "PUT",
        "/api/v1/namespaces/NAMESPACE/configmaps/c",
        {"metadata": {"name": "c"}, "immutable": True, "data": {"a": "c"}},
    ),
    ("POST", "/api/v1/namespaces/NAMESPACE/configmaps", {"metadata": {"name": "k"}, "data": {"a b": "c"}}),
    ("POST", "/api/v1/namespaces/NAMESPACE/configmaps", {"metadata": {"name": "l", "labels": {"-": "x"}}}),
    ("POST", "/api/v1/namespaces/NAMESPACE/configmaps", {"metadata": {}}),
    ("POST", "/api/v1/namespaces/NAMESPACE/configmaps", {"metadata": {"name": "n", "namespace": "other"}}),
    ("POST", "/api/v1/namespaces/no-such-namespace/configmaps", {"metadata": {"name": "n"}}),
    ("POST", "/api/v1/namespaces/NAMESPACE/pods", {"metadata": {"name": "p"}, "spec": {"containers": [{"name": "c"}]}}),
    (
        "POST",
        "/api/v1/namespaces/NAMESPACE/pods",
        {
            "metadata": {"name": "p"},
            "spec": {"containers": [{"name": "c", "image": "i", "volumeMounts": [{"name": "v", "mountPath": "/x"}]}]},
        },
    ),
    (
        "POST",
        "/apis/apps/v1/namespaces/NAMESPACE/deployments",
        {
            "metadata": {"name": "d"},
            "spec": {
                "selector": {"matchLabels": {"a": "b"}},
                "template": {"metadata": {"labels": {"a": "c"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}},
            },
        },
    ),
    (
        "POST",
        "/apis/apps/v1/namespaces/NAMESPACE/statefulsets",
        {
            "metadata": {"name": "d"},
            "spec": {
                "serviceName": "s",
                "replicas": 0,
                "selector": {"matchLabels": {"a": "b"}},
                "template": {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}},
            },
        },
    ),
    ("GET", "/apis/apps/v1/namespaces/NAMESPACE/statefulsets/d/scale", None),
    (
        "PUT",
        "/apis/apps/v1/namespaces/NAMESPACE/statefulsets/d/scale",
        {"metadata": {"name": "d", "namespace": "NAMESPACE"}, "spec": {"replicas": -1}},
    ),
    (
        "POST",
        "/apis/batch/v1/namespaces/NAMESPACE/jobs",
        {
            "metadata": {"name": "j"},
            "spec": {"parallelism": 0, "template": {"spec": {"containers": [{"name": "c", "image": "i"}]}}},
        },
    ),
    (
        "POST",
        "/api/v1/namespaces/NAMESPACE/persistentvolumeclaims",
        {"metadata": {"name": "v"}, "spec": {"accessModes": ["ReadWriteOnce"]}},
    ),
    (
        "POST",
        "/apis/rbac.authorization.k8s.io/v1/namespaces/NAMESPACE/rolebindings",
        {
            "metadata": {"name": "a:b"},
            "roleRef": {"kind": "Role", "name": "x"},
            "subjects": [{"kind": "User", "name": "u"}],
        },
    ),
    (
        "POST",
        "/apis/networking.k8s.io/v1/namespaces/NAMESPACE/ingresses",
        {"metadata": {"name": "i"}, "spec": {"rules": [{"http": {"paths": [{"path": "/"}]}}]}},
    ),
    ("POST", "/apis/policy/v1beta1/namespaces/NAMESPACE/nothing", {"metadata": {"name": "x"}}),
    ("GET", "/api/v1/namespaces/NAMESPACE/configmaps?labelSelector=a%20in%20b", None),
    ("GET", "/api/v1/namespaces/NAMESPACE/pods?fieldSelector=spec.nothing%3Dx", None),
    ("DELETE", "/api/v1/namespaces/NAMESPACE/configmaps/c?propagationPolicy=Nothing", None),
    ("DELETE", "/api/v1/namespaces/NAMESPACE/configmaps/c", {"preconditions": {"uid": "other"}}),
    ("DELETE", "/api/v1/namespaces/NAMESPACE/configmaps/c", None),
    ("DELETE", "/api/v1/namespaces/NAMESPACE/configmaps/c", None),
    ("PUT", "/api/v1/namespaces/NAMESPACE/configmaps/c", {"metadata": {"name": "c"}}),
    ("PATCH", "/api/v1/namespaces/NAMESPACE/configmaps/c", {"data": {}}),
]


async def test_requests_have_the_same_outcome(both: Both) -> None:
    """One after the other, on the same few objects; error messages are compared where both refuse."""
    failed: list[str] = []
    for method, path, body in REQUESTS:
        path = path.replace("NAMESPACE", both.namespace)
        kind = MERGE if method == "PATCH" else "application/json"
        body = json.loads(json.dumps(body).replace("NAMESPACE", both.namespace))
        theirs = await both.theirs.call(method, path, body, kind)
        ours = await both.ours.call(method, path, body, kind)
        problems = differences(compared(ours), compared(theirs))
        if not problems and ours.status >= 400 and isinstance(ours.body, dict):
            problems = differences(causes(ours.body), causes(theirs.body))
        failed += [f"{method} {path} {json.dumps(body)}: {problem}" for problem in problems]
    if failed:
        pytest.fail("\n".join(failed), pytrace=False)


def causes(status: Json) -> Any:
    found = status.get("details", {}).get("causes", ())
    return [status.get("reason"), sorted((cause.get("field", ""), cause["reason"]) for cause in found)]
