"""The access layer of the cluster: every read and write, from HTTP or from a controller, goes through `Objects`.

It gives writes their meaning as Kubernetes' generic registry does: names and uids, generation, optimistic concurrency,
finalizers and graceful deletion, status apart from spec, field ownership. All methods but `watch` are plain calls that
finish at once on the event loop's thread, so a read-modify-write without an `await` in between cannot be raced.

For a controller::

    pod = objects.create("pods", {...}, namespace="default")
    pod["status"]["phase"] = "Running"
    objects.update_status("pods", pod)
    async for event in objects.watch("jobs.batch"):  # first ADDED for what is there, then changes for ever
        ...

Resources are named as for kubectl: `pods`, `jobs.batch`, `widgets.example.com`. Objects are JSON dictionaries of which the
caller may change its copy at will. Errors are those of `steersman.errors` (NotFound, AlreadyExists, Conflict, Invalid …).
"""

from __future__ import annotations

from typing import Any

from steersman.cluster import status
from steersman.cluster.deleting import Deleting
from steersman.cluster.options import (
    CONTROLLER,
    Admission,
    Check,
    Deleted,
    Json,
    Operation,
    PatchKind,
    ReviewNeeded,
    WatchEvent,
    WriteOptions,
    Written,
    now,
)
from steersman.cluster.reading import selected
from steersman.cluster.resources import Resource

__all__ = [
    "CONTROLLER",
    "Admission",
    "Check",
    "Deleted",
    "Json",
    "Objects",
    "Operation",
    "PatchKind",
    "ReviewNeeded",
    "WatchEvent",
    "WriteOptions",
    "Written",
    "now",
    "selected",
]


class Objects(Deleting):
    """All objects of a cluster. `admission` hooks and then `checks` run in order before every write, `written` hooks after it.

    Reading is in `reading`, the steps of a write in `writing`, deletion in `deleting`; here is what controllers call.
    """

    def create(
        self,
        resource: str | Resource,
        obj: Json,
        namespace: str | None = None,
        *,
        field_manager: str = CONTROLLER,
        dry_run: bool = False,
    ) -> Json:
        """Raises AlreadyExists, Invalid, NotFound (no such namespace), Forbidden (namespace terminating, admission)."""
        options = WriteOptions(field_manager, dry_run)
        return self.create_object(self._resource(resource), obj, namespace, options)

    def update(
        self, resource: str | Resource, obj: Json, *, field_manager: str = CONTROLLER, dry_run: bool = False
    ) -> Json:
        """Replace all but the status. Raises Conflict where `obj` carries an older resourceVersion than the store's."""
        return self.update_object(self._resource(resource), obj, "", WriteOptions(field_manager, dry_run))

    def finalize(self, namespace: Json) -> Json:
        """Replace a Namespace's `spec.finalizers`; the last one gone, the Namespace is removed."""
        return self.update_object(self._resource("namespaces"), namespace, "finalize", WriteOptions())

    def bind(
        self, name: str, namespace: str, node: str, *, uid: str = "", labels: Json | None = None, dry_run: bool = False
    ) -> Json:
        """Give a Pod to a node, for once and all: no new generation, and nobody's in managedFields.

        Raises NotFound, and Conflict where the Pod has a node, is being deleted, or is not the one with that `uid`.
        """
        pods = self._resource("pods")
        record = self.record(pods, name, namespace)
        pod = self.decode(pods, record)
        meta: Json = pod["metadata"]
        if uid and meta["uid"] != uid:
            why = f"Precondition failed: UID in precondition: {uid}, UID in object meta: {meta['uid']}"
            raise status.conflict(pods, name, why)
        if meta.get("deletionTimestamp"):
            raise status.conflict(pods, name, f"pod {name} is being deleted, cannot be assigned to a host")
        if pod["spec"].get("nodeName"):
            raise status.conflict(pods, name, f'pod {name} is already assigned to node "{pod["spec"]["nodeName"]}"')
        pod["spec"]["nodeName"] = node
        if labels:
            meta["labels"] = {**(meta.get("labels") or {}), **labels}
        found: Json = pod.setdefault("status", {})
        found.setdefault("phase", "Pending")
        scheduled = {"type": "PodScheduled", "status": "True", "lastProbeTime": None, "lastTransitionTime": now()}
        others = [each for each in found.get("conditions") or () if each["type"] != "PodScheduled"]
        found["conditions"] = [*others, scheduled]
        return self._commit(pods, pod, record, WriteOptions(dry_run=dry_run))

    def update_status(self, resource: str | Resource, obj: Json, *, field_manager: str = CONTROLLER) -> Json:
        """Replace the status only; whatever else `obj` says is not looked at, but for its resourceVersion."""
        return self.update_object(self._resource(resource), obj, "status", WriteOptions(field_manager))

    def patch(
        self,
        resource: str | Resource,
        name: str,
        patch: Any,
        namespace: str | None = None,
        *,
        kind: PatchKind = "merge",
        subresource: str = "",
        field_manager: str = CONTROLLER,
        dry_run: bool = False,
    ) -> Json:
        """Apply one patch to the object as it is now. Raises NotFound, Invalid, Conflict."""
        found = self._resource(resource)
        options = WriteOptions(field_manager, dry_run)
        return self.patch_object(found, name, namespace, patch, kind, subresource, options)
