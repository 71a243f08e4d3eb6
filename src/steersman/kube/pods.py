"""Which Pods an object runs: by ownership, and of the newest revision only."""

from __future__ import annotations

from collections.abc import Iterable

from steersman.kube.interface import Object

REVISION = "deployment.kubernetes.io/revision"


def owned_by(obj: Object, uid: str) -> bool:
    """Whether `uid` is among the object's owners."""
    return any(owner.get("uid") == uid for owner in (obj.get("metadata") or {}).get("ownerReferences") or [])


def pods_of(obj: Object, pods: Iterable[Object], replica_sets: Iterable[Object] = ()) -> list[Object]:
    """Those of `pods` that run the present revision of `obj`, oldest first.

    A Deployment's Pods belong to its ReplicaSets, so these must be given for it; a Pod is its own.
    """
    metadata = obj.get("metadata") or {}
    uid, kind = str(metadata.get("uid") or ""), obj.get("kind")
    if kind == "Pod":
        found = [pod for pod in pods if pod["metadata"].get("uid") == uid]
    elif kind == "Deployment":
        newest = _newest(replica_set for replica_set in replica_sets if owned_by(replica_set, uid))
        found = [pod for pod in pods if newest and owned_by(pod, newest)]
    else:
        found = [pod for pod in pods if owned_by(pod, uid)]
        if kind == "StatefulSet" and (revision := (obj.get("status") or {}).get("updateRevision")):
            found = [pod for pod in found if _label(pod, "controller-revision-hash") in (revision, None)]
    return sorted(found, key=lambda pod: str(pod["metadata"].get("creationTimestamp") or ""))


def _newest(replica_sets: Iterable[Object]) -> str:
    """The uid of the ReplicaSet with the highest revision, "" if there is none."""
    by_revision = [(int((rs["metadata"].get("annotations") or {}).get(REVISION) or 0), rs) for rs in replica_sets]
    return str(max(by_revision, key=lambda pair: pair[0])[1]["metadata"]["uid"]) if by_revision else ""


def _label(obj: Object, name: str) -> str | None:
    return (obj["metadata"].get("labels") or {}).get(name)
