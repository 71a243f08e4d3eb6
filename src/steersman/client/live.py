"""The objects of a release as they are in the cluster now, and the Pods that belong to them, as Helm's status finds them."""

from __future__ import annotations

from steersman.errors import ApiError, KubernetesError, NoMatchingKind
from steersman.kube.interface import Kubernetes, Object, ObjectRef
from steersman.lazy import Protocol
from steersman.lifecycle.resources import resources_of
from steersman.record import field, record

RELATED = "v1/Pod(related)"
_WITH_MATCH_LABELS = frozenset({"ReplicaSet", "Deployment", "StatefulSet", "DaemonSet", "Job"})


class Reader(Protocol):
    """How they are read: as objects, or as tables (`kube.tables.Tables`)."""

    async def get(self, ref: ObjectRef) -> Object: ...

    async def pods(self, namespace: str | None, label_selector: str) -> Object:
        """These Pods in one answer."""
        ...


class Objects:
    """The objects themselves; Pods as a PodList."""

    def __init__(self, kube: Kubernetes) -> None:
        self._kube = kube

    async def get(self, ref: ObjectRef) -> Object:
        return await self._kube.get(ref)

    async def pods(self, namespace: str | None, label_selector: str) -> Object:
        found = await self._kube.list("v1", "Pod", namespace=namespace, label_selector=label_selector)
        metadata = {"resourceVersion": found.resource_version}
        return {"apiVersion": "v1", "items": found.items, "kind": "PodList", "metadata": metadata}


@record(slots=True)
class LiveResources:
    """`found` by `version/Kind`, in the manifest's order, Pods of workloads under RELATED; `missing` is what could not be read,
    and why."""

    found: dict[str, list[Object]] = field(default_factory=dict)
    missing: list[tuple[ObjectRef, KubernetesError]] = field(default_factory=list)


async def live_resources(reader: Reader, manifest: str, namespace: str) -> LiveResources:
    """What is there of a manifest's objects. Raises YamlError, ClusterUnreachable."""
    live = LiveResources()
    selectors: list[dict[str, str]] = []
    for resource in resources_of(manifest, namespace):
        ref = resource.ref
        try:
            obj = await reader.get(ref)
        except (ApiError, NoMatchingKind) as error:
            live.missing.append((ref, error))
            continue
        live.found.setdefault(f"{ref.api_version.rpartition('/')[2]}/{ref.kind}", []).append(obj)
        selector = pod_selector(resource.object)
        if selector is None or selector in selectors:
            continue
        selectors.append(selector)
        try:
            pods = await reader.pods(ref.namespace, ",".join(f"{key}={selector[key]}" for key in sorted(selector)))
        except ApiError as error:
            live.missing.append((ObjectRef("v1", "Pod", "", ref.namespace), error))
            continue
        live.found.setdefault(RELATED, []).append(pods)
    return live


def pod_selector(obj: Object) -> dict[str, str] | None:
    """The labels by which a workload of the manifest finds its Pods; None where it names none."""
    spec = obj.get("spec")
    selector = spec.get("selector") if isinstance(spec, dict) else None
    if obj["kind"] in _WITH_MATCH_LABELS and isinstance(selector, dict):
        selector = selector.get("matchLabels")
    elif obj["kind"] != "ReplicationController":
        return None
    if not isinstance(selector, dict) or not all(isinstance(value, str) for value in selector.values()):
        return None
    return selector
