"""What must hold of a release whatever broke off the action before, once the recovery has run."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import yaml

from steersman.client import AsyncClient
from steersman.lifecycle.runs import read_runs
from steersman.manifest.documents import split
from steersman.release.record import Release, Status

if TYPE_CHECKING:
    from steersman.cluster.api.server import LoggedRequest

Live = dict[str, Any]
KINDS = (("v1", "ConfigMap"), ("v1", "Service"))
PARTS = ("data", "type", "selector")


async def check_at_rest(client: AsyncClient, name: str, policy: str) -> None:
    """The records are at rest, one revision is deployed at most, the live objects are that revision's and nobody holds the
    lease."""
    history = [stored.release() for stored in await client.storage.history(name)]
    told = " ".join(f"{release.version}:{release.info.status}" for release in history)
    unfinished = [release for release in history if release.info.status.pending]
    if policy == "rollback":
        unfinished += [release for release in history if release.info.status is Status.UNINSTALLING]
    elif history and history[-1].info.status is Status.PENDING_ROLLBACK:
        unfinished = []  # as Helm leaves it when its hooks fail
    assert not unfinished, told
    deployed = [release for release in history if release.info.status is Status.DEPLOYED]
    assert len(deployed) <= 1, told
    await _check_live(client, history, deployed, policy, told)
    leases = (await client.kube.list("coordination.k8s.io/v1", "Lease", namespace=client.namespace)).items
    assert not leases, leases


async def _check_live(
    client: AsyncClient, history: list[Release], deployed: list[Release], policy: str, told: str
) -> None:
    live, recorded = await live_objects(client), [recorded_objects(release) for release in history]
    if policy == "rollback":
        # A first attempt that failed has left nothing; else the release is whole, as one revision says.
        assert live == (recorded_objects(deployed[0]) if deployed else {}), told
        return
    for key, content in live.items():  # Helm leaves what a failed action had done
        assert content in [objects[key] for objects in recorded if key in objects], (key, told)


async def check_hooks(client: AsyncClient, name: str, log: list[LoggedRequest], warned: bool) -> None:
    """Every creation of a hook's object is told of by a run in the history; a second one for the same revision was announced."""
    created: Counter[str] = Counter()
    for request in log:
        if request.method == "POST" and request.status == 201 and f"/namespaces/{client.namespace}/" in request.path:
            body = json.loads(request.body)
            if "helm.sh/hook" in (body["metadata"].get("annotations") or {}):
                created[f"{body['kind']}/{body['metadata']['name']}"] += 1
    if not await client.storage.history(name):
        return  # the history of runs went with the release
    told = await read_runs(client.kube, name, client.namespace)
    runs = Counter(f"{run.kind}/{run.hook}" for run in told)
    unknown = {hook: (times, runs[hook]) for hook, times in created.items() if times > runs[hook]}
    assert not unknown, f"hooks that ran (times, times in the history): {unknown}"
    again = Counter(f"{run.event} {run.hook} of revision {run.revision}" for run in told)
    assert warned or all(times == 1 for times in again.values()), again


async def live_objects(client: AsyncClient) -> dict[str, Live]:
    """What is there of the release's resources, hooks left out."""
    found: dict[str, Live] = {}
    for kind in KINDS:
        for obj in (await client.kube.list(*kind, namespace=client.namespace)).items:
            annotations = obj["metadata"].get("annotations") or {}
            if "meta.helm.sh/release-name" in annotations:
                found[f"{kind[1]}/{obj['metadata']['name']}"] = _content(obj)
    return found


def recorded_objects(release: Release) -> dict[str, Live]:
    documents = [yaml.safe_load(document.text) for document in split("manifest", release.manifest)]
    return {f"{obj['kind']}/{obj['metadata']['name']}": _content(obj) for obj in documents if obj}


def _content(obj: Live) -> Live:
    """What a chart says of an object; the server's defaults left out."""
    return {"data": obj.get("data"), "selector": (obj.get("spec") or {}).get("selector")}
