"""The same requests to a real API server and to the embedded one: patches of generated objects, deletions, validation.

The real server is 1.20, so only what has not changed since is compared: status codes, specs, data, labels and annotations.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
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

NAMES = st.sampled_from(["a", "b", "c", "d"])
WORDS = st.sampled_from(["x", "y", "z", ""])
ENV = st.fixed_dictionaries({"name": st.sampled_from(["A", "B", "C"]), "value": st.sampled_from(["1", "2"])})
PORT = st.fixed_dictionaries(
    {"containerPort": st.sampled_from([80, 81, 82])}, optional={"name": st.sampled_from(["p", "q"])}
)


def unique(items: st.SearchStrategy[Json], key: str, most: int = 3) -> st.SearchStrategy[list[Json]]:
    return st.lists(items, max_size=most, unique_by=lambda item: item[key])


CONTAINER = st.fixed_dictionaries(
    {"name": NAMES, "image": st.sampled_from(["i:1", "i:2"])},
    optional={
        "env": unique(ENV, "name"),
        "args": st.lists(st.sampled_from(["1", "2"]), max_size=2),
        "ports": st.lists(PORT, max_size=1),
        "resources": st.fixed_dictionaries(
            {}, optional={"limits": st.dictionaries(st.sampled_from(["cpu", "memory"]), st.sampled_from(["1", "2"]))}
        ),
    },
)
VOLUME = st.fixed_dictionaries(
    {"name": st.sampled_from(["u", "v"])},
    optional={"emptyDir": st.fixed_dictionaries({}, optional={"medium": st.just("Memory")})},
)
LABELS = st.dictionaries(st.sampled_from(["l", "m"]), st.sampled_from(["1", "2"]))


@st.composite
def deployments(draw: st.DrawFn) -> Json:
    template = {
        "metadata": {"labels": {"app": "x", **draw(LABELS)}},
        "spec": {
            "containers": draw(unique(CONTAINER, "name").filter(bool)),
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


PATCHED_CONTAINER = st.fixed_dictionaries(
    {"name": NAMES},
    optional={
        "image": st.sampled_from(["i:1", "i:3"]),
        "env": st.lists(
            st.one_of(ENV, st.fixed_dictionaries({"name": st.sampled_from(["A", "B"]), "$patch": st.just("delete")})),
            max_size=2,
            unique_by=lambda item: item["name"],
        ),
        "args": st.one_of(st.none(), st.lists(st.sampled_from(["3"]), max_size=1)),
        "$patch": st.just("delete"),
        "$setElementOrder/env": st.just([{"name": "B"}, {"name": "A"}, {"name": "C"}]),
    },
)


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
UNEQUAL = ("creationTimestamp", "managedFields", "deployment.kubernetes.io/revision")


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
async def both() -> AsyncIterator[Both]:
    path = os.environ.get("STEERSMAN_TEST_KUBECONFIG")
    if not path:
        pytest.skip("STEERSMAN_TEST_KUBECONFIG names no cluster")
    real, url = real_session(Path(path))
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
